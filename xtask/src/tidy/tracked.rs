//! The files that belong to the repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo::output;

/// A text file of the repository.
#[derive(Debug)]
pub(super) struct TrackedFile {
    /// Relative to the root of the repository.
    pub(super) path: String,
    pub(super) text: String,
}

/// Text files that are tracked, or would be with the next `git add`.
///
/// Files that are not UTF-8 are left out, as are those that were deleted but not yet committed.
pub(super) fn files(root: &Path) -> Result<Vec<TrackedFile>> {
    let list = output(Command::new("git").current_dir(root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    let mut files = Vec::new();
    for path in list.split_terminator('\0') {
        let full = root.join(path);
        if !full.is_file() {
            continue;
        }
        let bytes = fs::read(&full).with_context(|| format!("cannot read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(TrackedFile {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(files)
}

/// A file that a test makes up.
#[cfg(test)]
pub(super) fn made_up(path: &str, text: &str) -> TrackedFile {
    TrackedFile {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

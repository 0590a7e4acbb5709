//! The number of crates that a user's build takes in.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use crate::cargo::{command, output};

use super::violation::Violation;

/// Crates, ours and others', in the default build of the server. Each one is code that somebody
/// has to trust and rebuild, so that the number may only be raised on purpose.
const CRATES_MAX: usize = 145;

/// What the server is built from, as `cargo tree` prints it: one crate per line.
pub(super) fn tree(root: &Path) -> Result<String> {
    output(command().current_dir(root).args([
        "tree",
        "--locked",
        "--package=fanfare-server",
        "--edges=normal,build",
        "--prefix=none",
        "--format={p}",
    ]))
}

/// More crates than agreed upon.
pub(super) fn check(tree: &str) -> Option<Violation> {
    let count = crates(tree);
    (count > CRATES_MAX).then(|| {
        Violation::new(
            "Cargo.lock",
            format!(
                "the server is built from {count} crates, at most {CRATES_MAX}: see with \
                 `cargo tree -p fanfare-server -e normal,build` what came along, and do without it"
            ),
        )
    })
}

/// Different crates, two versions being two; the rest of a line is a path or a mark.
fn crates(tree: &str) -> usize {
    tree.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        })
        .collect::<BTreeSet<_>>()
        .len()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn a_crate_counts_once_and_a_version_too() {
        let tree =
            "a v1.0.0 (somewhere/a)\nb v1.0.0\nb v1.0.0 (*)\nb v2.0.0\n\nc v1.0.0 (proc-macro)";
        assert_eq!(crates(tree), 4);
    }

    #[test]
    fn the_ceiling_holds() {
        let mut tree = String::new();
        for number in 0..CRATES_MAX {
            writeln!(tree, "a{number} v1.0.0").unwrap();
        }
        assert_eq!(check(&tree), None);
        tree.push_str("one-more v1.0.0");
        assert!(check(&tree).is_some());
    }
}

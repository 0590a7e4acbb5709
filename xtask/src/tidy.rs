//! `cargo xtask tidy`: the rules of this repository that no compiler knows.
//!
//! Each rule is a file: a plain function from text or manifests to [`Violation`]s. This one only
//! collects what they look at and prints what they say, one line each.

mod arrows;
mod ceiling;
mod length;
mod lints;
mod machine_paths;
mod reasons;
mod tracked;
mod unfinished;
mod violation;

use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::cargo::Workspace;
use tracked::TrackedFile;
use violation::Violation;

/// Checks the whole repository; fails if any rule is broken.
pub(crate) fn run() -> Result<ExitCode> {
    let workspace = Workspace::read()?;
    let violations = violations(&workspace)?;
    for violation in &violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => {
            println!("tidy: {} crates, nothing to do", workspace.packages.len());
            Ok(ExitCode::SUCCESS)
        }
        count => {
            println!("tidy: {count} to do");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn violations(workspace: &Workspace) -> Result<Vec<Violation>> {
    let manifest_path = workspace.root.join("Cargo.toml");
    let manifest = fs::read_to_string(&manifest_path)
        .with_context(|| format!("cannot read {}", manifest_path.display()))?;

    let mut violations = arrows::check(workspace);
    violations.extend(reasons::check(&manifest));
    violations.extend(lints::check_workspace(&manifest)?);
    for package in &workspace.packages {
        let place = package.manifest_in(&workspace.root);
        let text = fs::read_to_string(&package.manifest)
            .with_context(|| format!("cannot read {place}"))?;
        violations.extend(lints::check_crate(&place, &text)?);
    }
    for file in tracked::files(&workspace.root)? {
        violations.extend(check_file(&file));
    }
    violations.extend(ceiling::check(&ceiling::tree(&workspace.root)?));
    Ok(violations)
}

fn check_file(file: &TrackedFile) -> Vec<Violation> {
    let mut violations = machine_paths::check(file);
    if file.path.ends_with(".rs") {
        violations.extend(unfinished::check(file));
        violations.extend(length::check(file));
    }
    violations
}

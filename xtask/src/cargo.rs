//! What cargo says about the workspace.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

/// The manifests of the workspace, as `cargo metadata` reads them.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// A crate of ours.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    #[serde(rename = "manifest_path")]
    pub(crate) manifest: PathBuf,
    /// Registries it may be published in; absent means all of them.
    pub(crate) publish: Option<Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a crate's dependencies.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `dev` or `build`; absent for what the crate itself is built from.
    pub(crate) kind: Option<String>,
    pub(crate) optional: bool,
    /// Present if the crate is of this workspace.
    pub(crate) path: Option<PathBuf>,
}

impl Workspace {
    /// Reads the manifests of the workspace in which this runs.
    pub(crate) fn read() -> Result<Self> {
        let text = output(command().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        serde_json::from_str(&text).context("cargo metadata printed something else than expected")
    }
}

impl Package {
    /// The manifest as a person calls it: relative to the root of the workspace.
    pub(crate) fn manifest_in(&self, root: &Path) -> String {
        let path = self.manifest.strip_prefix(root).unwrap_or(&self.manifest);
        path.display().to_string()
    }
}

/// The cargo that runs this task, else the one on the path.
pub(crate) fn command() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// What a command prints; its standard error goes where ours goes.
///
/// # Errors
/// When it cannot be run, says that it failed, or prints what is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    ensure!(output.status.success(), "{name} failed: {}", output.status);
    match String::from_utf8(output.stdout) {
        Ok(text) => Ok(text),
        Err(_) => bail!("{name} printed what is not UTF-8"),
    }
}

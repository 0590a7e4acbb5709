//! Socket.IO servers that ours is compared with, from `examples/socketio-comparison`: programs of
//! their own, so that neighbours never become dependencies of the product.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo::{self, Workspace};

/// The same application on a library of ours, on `socketioxide`, and on the Node server.
#[derive(Debug)]
pub(super) struct SocketIoApps {
    /// Serves with the library that it is told.
    libraries: PathBuf,
    /// The program of the Node server.
    script: PathBuf,
    pub(super) versions: String,
}

impl SocketIoApps {
    /// Builds the program of the libraries, and installs the Node server with npm.
    pub(super) fn prepare() -> Result<Self> {
        let workspace = Workspace::read()?;
        let folder = workspace.root.join("examples/socketio-comparison");
        build(&folder, &workspace.target)?;
        let node = folder.join("node");
        cargo::output(
            Command::new("npm")
                .args(["ci", "--silent"])
                .current_dir(&node),
        )
        .context("the Node server is installed with npm")?;
        Ok(Self {
            libraries: workspace.target.join("release/socketio-comparison"),
            script: node.join("server.js"),
            versions: versions(&folder)?,
        })
    }

    /// Our library, or `socketioxide`.
    pub(super) fn library(&self, name: &str) -> Command {
        let mut command = Command::new(&self.libraries);
        command.arg(name);
        command
    }

    pub(super) fn node(&self) -> Command {
        let mut command = Command::new("node");
        command.arg(&self.script);
        command
    }
}

fn build(folder: &Path, target: &Path) -> Result<()> {
    cargo::output(
        cargo::command()
            .args(["build", "--release", "--manifest-path"])
            .arg(folder.join("Cargo.toml"))
            .env("CARGO_TARGET_DIR", target),
    )?;
    Ok(())
}

/// What is compared, to the digit: both manifests pin it.
fn versions(folder: &Path) -> Result<String> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let crates: toml::Table = toml::from_str(&read("Cargo.toml")?)?;
    let socketioxide = crates
        .get("dependencies")
        .and_then(|it| it.get("socketioxide"));
    let socketioxide = socketioxide.and_then(|it| it.as_str());
    let packages: serde_json::Value = serde_json::from_str(&read("node/package.json")?)?;
    let socket_io = packages.pointer("/dependencies/socket.io");
    let socket_io = socket_io.and_then(|it| it.as_str());
    let node = cargo::output(Command::new("node").arg("--version"))?;
    Ok(format!(
        "socketioxide {}; socket.io {} on Node {}",
        socketioxide
            .context("no version of socketioxide")?
            .trim_start_matches('='),
        socket_io.context("no version of socket.io")?,
        node.trim().trim_start_matches('v'),
    ))
}

//! The servers that are compared, as processes.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::cargo::{self, Workspace};

use super::nchan::{Nchan, NchanServer};
use super::options::Options;
use super::process::Processes;
use super::socketio::SocketIoApps;

/// Who is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contestant {
    /// `axum::response::Sse` in axum, from `examples/sse-comparison`.
    AxumSse,
    Fanfare,
    /// `fanfare_sse::Sse` in axum, from there too.
    FanfareSse,
    /// `fanfare_socketio` in axum, from `examples/socketio-comparison`.
    FanfareSocketIo,
    /// See [`super::floor`].
    Floor,
    Nchan,
    /// `socket.io` on Node, from there too.
    NodeSocketIo,
    /// In axum, from there too.
    Socketioxide,
}

/// A column of ratios: one of ours, by the better of those it is compared with.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    pub(super) title: String,
    pub(super) ours: Contestant,
    pub(super) others: Vec<Contestant>,
}

impl Contestant {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AxumSse => "axum",
            Self::Fanfare => "fanfare",
            Self::FanfareSocketIo => "fanfare-socketio",
            Self::FanfareSse => "fanfare-sse",
            Self::Floor => "floor",
            Self::Nchan => "nchan",
            Self::NodeSocketIo => "socket.io",
            Self::Socketioxide => "socketioxide",
        }
    }
}

/// What is compared with what: our server with each of the others, but on Socket.IO our server and
/// our library with the better of their neighbours.
pub(super) fn comparisons(contestants: &[Contestant]) -> Vec<Comparison> {
    if contestants.contains(&Contestant::FanfareSocketIo) {
        let ours = [
            ("× better", Contestant::Fanfare),
            ("library × better", Contestant::FanfareSocketIo),
        ];
        return ours
            .map(|(title, ours)| Comparison {
                title: title.to_owned(),
                ours,
                others: vec![Contestant::Socketioxide, Contestant::NodeSocketIo],
            })
            .into();
    }
    let others = contestants.iter().filter(|it| **it != Contestant::Fanfare);
    others
        .map(|other| Comparison {
            title: format!("× {}", other.name()),
            ours: Contestant::Fanfare,
            others: vec![*other],
        })
        .collect()
}

/// Starts servers.
#[derive(Debug)]
pub(super) struct Starter {
    fanfare: PathBuf,
    shards: usize,
    against: Against,
}

/// What our server is compared with, beside the floor.
#[derive(Debug)]
enum Against {
    /// Libraries, in this program.
    Libraries(PathBuf),
    Nchan(Option<Nchan>),
    SocketIo(SocketIoApps),
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) processes: Processes,
    _running: Running,
}

#[derive(Debug)]
#[expect(dead_code, reason = "what is in it ends when it is dropped")]
enum Running {
    Nchan(NchanServer),
    Ours(OwnServer),
}

impl Starter {
    /// Builds our server, and builds or looks for what it is compared with.
    pub(super) fn prepare(options: &Options) -> Result<Self> {
        let fanfare = match &options.server {
            Some(path) => path.clone(),
            None => build()?,
        };
        let against = if options.socketio {
            Against::SocketIo(SocketIoApps::prepare()?)
        } else if options.libraries {
            Against::Libraries(build_comparison()?)
        } else {
            Against::Nchan(Nchan::find())
        };
        Ok(Self {
            fanfare,
            shards: options.shards,
            against,
        })
    }

    /// Those that can be started here.
    pub(super) fn contestants(&self) -> Vec<Contestant> {
        use Contestant::{
            AxumSse, Fanfare, FanfareSocketIo, FanfareSse, Floor, NodeSocketIo, Socketioxide,
        };
        match &self.against {
            Against::Libraries(_) => vec![Floor, Fanfare, FanfareSse, AxumSse],
            Against::Nchan(None) => vec![Floor, Fanfare],
            Against::Nchan(Some(_)) => vec![Floor, Fanfare, Contestant::Nchan],
            Against::SocketIo(_) => vec![Fanfare, FanfareSocketIo, Socketioxide, NodeSocketIo],
        }
    }

    /// The versions of what our server is compared with, for a person.
    pub(super) fn neighbours(&self) -> String {
        match &self.against {
            Against::Libraries(_) => "axum, see examples/Cargo.lock".to_owned(),
            Against::Nchan(None) => {
                "nchan: not compared, as nginx and its module nchan are not installed".to_owned()
            }
            Against::Nchan(Some(nchan)) => format!("nchan: {}", nchan.version),
            Against::SocketIo(apps) => apps.versions.clone(),
        }
    }

    /// Starts a server; it accepts connections when this returns.
    pub(super) fn start(&self, contestant: Contestant) -> Result<Server> {
        let server = match contestant {
            Contestant::AxumSse | Contestant::FanfareSse => {
                let Against::Libraries(program) = &self.against else {
                    bail!("libraries were not asked for");
                };
                Server::of_ours(Command::new(program).arg(contestant.name()))
            }
            Contestant::Fanfare => Server::of_ours(&mut self.fanfare_command()),
            Contestant::Floor => {
                let program = env::current_exe().context("cannot find this program")?;
                Server::of_ours(Command::new(program).arg("floor"))
            }
            Contestant::FanfareSocketIo | Contestant::Socketioxide => {
                Server::of_ours(&mut self.socketio()?.library(contestant.name()))
            }
            Contestant::NodeSocketIo => Server::of_ours(&mut self.socketio()?.node()),
            Contestant::Nchan => {
                let nchan = self.nchan().context("Nchan is not installed")?;
                Server::of_nchan(nchan.start()?)
            }
        };
        server.with_context(|| format!("cannot start {}", contestant.name()))
    }

    fn nchan(&self) -> Option<&Nchan> {
        match &self.against {
            Against::Nchan(nchan) => nchan.as_ref(),
            Against::Libraries(_) | Against::SocketIo(_) => None,
        }
    }

    fn socketio(&self) -> Result<&SocketIoApps> {
        match &self.against {
            Against::SocketIo(apps) => Ok(apps),
            Against::Libraries(_) | Against::Nchan(_) => bail!("Socket.IO was not asked for"),
        }
    }

    /// Our server with its defaults, whatever this shell's environment says. Only the clock is off,
    /// which would be heard by nobody, and information in the log.
    fn fanfare_command(&self) -> Command {
        let mut command = Command::new(&self.fanfare);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--shards", &self.shards.to_string()]);
        command.args(["--set", "clock.enabled=false", "--set", "server.log=warn"]);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("FANFARE_") {
                command.env_remove(name);
            }
        }
        command
    }
}

impl Server {
    fn of_ours(command: &mut Command) -> Result<Self> {
        let (server, address) = OwnServer::start(command)?;
        Ok(Self {
            address,
            processes: Processes::family_of(server.child.id())?,
            _running: Running::Ours(server),
        })
    }

    fn of_nchan(server: NchanServer) -> Result<Self> {
        Ok(Self {
            address: server.address,
            processes: server.processes()?,
            _running: Running::Nchan(server),
        })
    }
}

/// Builds our server as it is released, and says where it is.
fn build() -> Result<PathBuf> {
    let workspace = Workspace::read()?;
    cargo::output(cargo::command().current_dir(&workspace.root).args([
        "build",
        "--release",
        "--package=fanfare-server",
    ]))?;
    Ok(workspace.target.join("release").join("fanfare"))
}

/// Builds the program that serves with either library, and says where it is.
fn build_comparison() -> Result<PathBuf> {
    let workspace = Workspace::read()?;
    let manifest = workspace.root.join("examples").join("Cargo.toml");
    cargo::output(
        cargo::command()
            .args(["build", "--release", "--package=sse-comparison"])
            .arg("--manifest-path")
            .arg(manifest)
            .env("CARGO_TARGET_DIR", &workspace.target),
    )?;
    Ok(workspace.target.join("release").join("sse-comparison"))
}

/// A server that prints its address, and keeps nothing that would have to be saved at its end.
///
/// Its standard output stays open with the child: it must not find it closed.
#[derive(Debug)]
struct OwnServer {
    child: Child,
}

impl OwnServer {
    fn start(command: &mut Command) -> Result<(Self, SocketAddr)> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", command.get_program().display()))?;
        let mut server = Self { child };
        let output = server.child.stdout.as_mut();
        let output = output.context("a pipe was asked for")?;
        let address = announced_address(&mut BufReader::new(output))?;
        Ok((server, address))
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // Fails only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the first line that has one.
fn announced_address(output: &mut impl BufRead) -> Result<SocketAddr> {
    let mut line = String::new();
    while output.read_line(&mut line)? > 0 {
        if let Some((_, address)) = line.split_once("listening on http://") {
            let address = address.trim();
            return address
                .parse()
                .with_context(|| format!("odd address `{address}`"));
        }
        line.clear();
    }
    bail!("it ended without telling its address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_banner() {
        let banner =
            "\n  Fanfare 0.1.0 is listening on http://127.0.0.1:4711\n\n  Look http://x/\n";
        let address = announced_address(&mut banner.as_bytes()).unwrap();
        assert_eq!(address, "127.0.0.1:4711".parse().unwrap());
    }

    #[test]
    fn a_server_that_says_nothing_is_an_error() {
        assert!(announced_address(&mut b"\nbad configuration\n".as_slice()).is_err());
        assert!(announced_address(&mut b"listening on http://here\n".as_slice()).is_err());
    }
}

//! The rule that keeps a server from being open to strangers by accident.
//!
//! A server that others can reach needs a publish key, and a decision on who may subscribe. There
//! is no setting that waives both: a flag of that kind ends up in every example.
//!
//! What a refusal prints works as it stands: the command line is the one that was used and what it
//! lacks, and the lines for the file have a key in them that was made for this refusal alone.

use std::fmt;
use std::net::SocketAddr;

use super::Config;
use super::command_line::{CommandLine, KEY_FLAG};
use super::origin::Origin;
use super::secret::Secret;

/// The configuration is valid but too open for its address. The operator must add the lines that
/// the text shows; nothing was started.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(Box<Undecided>);

/// What is missing, and with what it could be there.
#[derive(Debug, Clone)]
struct Undecided {
    listen: SocketAddr,
    origin: Origin,
    /// Invariant: not empty.
    missing: Vec<Decision>,
    /// Starts the server with what is missing, and on a loopback address.
    commands: Option<[CommandLine; 2]>,
    /// Nobody else's yet; `None` if the system has no random numbers.
    key: Option<Secret>,
}

/// Something that has to be decided before others can reach the server.
#[derive(Debug, Clone, Copy)]
enum Decision {
    Publishers,
    Subscribers,
}

/// Keeps a key that the shell has already, so that its clients go on to work.
const EXPORT: &str = "export FANFARE_KEY=\"${FANFARE_KEY:-$(head -c 18 /dev/urandom | base64)}\"";

/// Stands in the file where no key could be made. It has spaces: left as it is, it is refused.
const NO_KEY: &str = "the key of your choice";

pub(super) fn check(config: &Config) -> Result<(), Refusal> {
    let listen = config.server.listen;
    // `::ffff:127.0.0.1` is 127.0.0.1.
    if listen.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    let mut missing = Vec::new();
    if config.publish.keys.is_empty() {
        missing.push(Decision::Publishers);
    }
    if config.subscribe.allow.is_none() {
        missing.push(Decision::Subscribers);
    }
    if missing.is_empty() {
        return Ok(());
    }
    let commands = CommandLine::of(config).map(|line| {
        let decided = missing.iter().fold(line.clone(), |line, decision| {
            line.with(decision.key(), decision.flag().to_owned())
        });
        let local = format!("--listen 127.0.0.1:{}", listen.port());
        [decided, line.with("server.listen", local)]
    });
    Err(Refusal(Box::new(Undecided {
        listen,
        origin: config.general.of("server.listen").origin.clone(),
        missing,
        commands,
        key: Secret::random().ok(),
    })))
}

impl Decision {
    fn key(self) -> &'static str {
        match self {
            Self::Publishers => "publish.keys",
            Self::Subscribers => "subscribe.allow",
        }
    }

    fn question(self) -> &'static str {
        match self {
            Self::Publishers => "who may publish",
            Self::Subscribers => "who may subscribe",
        }
    }

    fn flag(self) -> &'static str {
        match self {
            Self::Publishers => KEY_FLAG,
            Self::Subscribers => "--allow-subscribe everyone",
        }
    }

    fn toml(self, key: &str) -> String {
        match self {
            Self::Publishers => format!("  [publish]\n  keys = [\"{key}\"]\n"),
            Self::Subscribers => {
                "  [subscribe]\n  allow = \"everyone\"  # or \"nobody\"\n".to_owned()
            }
        }
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, origin, .. } = self;
        let questions: Vec<_> = self.missing.iter().map(|d| d.question()).collect();
        let key = self.key.as_ref().map_or(NO_KEY, Secret::expose);
        let toml: Vec<_> = self.missing.iter().map(|d| d.toml(key)).collect();
        write!(
            f,
            "others can reach {listen} (from {origin}), and it is not decided {}.\n\n",
            questions.join(" and ")
        )?;
        if let Some([decided, _]) = &self.commands {
            write!(f, "Decide it with flags:\n\n{}\n\nor", lines(decided))?;
        } else {
            f.write_str("Decide it")?;
        }
        write!(
            f,
            " in the configuration file:\n\n{}\nor listen for this machine alone:\n\n",
            toml.join("\n")
        )?;
        match &self.commands {
            Some([_, local]) => f.write_str(&lines(local)),
            None => write!(f, "  [server]\n  listen = \"127.0.0.1:{}\"", listen.port()),
        }
    }
}

/// A command line, and in front of it what it needs in the shell.
fn lines(command: &CommandLine) -> String {
    let command = command.to_string();
    if command.contains(KEY_FLAG) {
        return format!("  {EXPORT}\n  {command}");
    }
    format!("  {command}")
}

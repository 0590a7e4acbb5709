//! The rule that keeps a server from being open to strangers by accident.
//!
//! A server that others can reach needs a publish key, and a decision on who may subscribe. There
//! is no setting that waives both: a flag of that kind ends up in every example.

use std::fmt;
use std::net::SocketAddr;

use super::Config;
use super::origin::Origin;

/// The configuration is valid but too open for its address. The operator must add the lines that
/// the text shows; nothing was started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    listen: SocketAddr,
    origin: Origin,
    /// Invariant: not empty.
    missing: Vec<&'static Decision>,
}

/// Something that has to be decided before others can reach the server.
#[derive(Debug, PartialEq, Eq)]
struct Decision {
    question: &'static str,
    prepare: &'static str,
    flag: &'static str,
    toml: &'static str,
}

/// The key comes from the shell, so that the lines work as they stand, and under the name that
/// `fanfare publish` reads, so that the next command works too. What stands in its place in the
/// file has spaces: left as it is, it is refused.
const PUBLISHERS: Decision = Decision {
    question: "who may publish",
    prepare: "  export FANFARE_KEY=\"$(head -c 24 /dev/urandom | base64)\"\n",
    flag: "--publish-key \"$FANFARE_KEY\"",
    toml: "  [publish]\n  keys = [\"the key of your choice\"]\n",
};

const SUBSCRIBERS: Decision = Decision {
    question: "who may subscribe",
    prepare: "",
    flag: "--allow-subscribe everyone",
    toml: "  [subscribe]\n  allow = \"everyone\"  # or \"nobody\"\n",
};

pub(super) fn check(config: &Config) -> Result<(), Refusal> {
    let listen = config.server.listen;
    // `::ffff:127.0.0.1` is 127.0.0.1.
    if listen.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    let mut missing = Vec::new();
    if config.publish.keys.is_empty() {
        missing.push(&PUBLISHERS);
    }
    if config.subscribe.allow.is_none() {
        missing.push(&SUBSCRIBERS);
    }
    if missing.is_empty() {
        return Ok(());
    }
    let origin = config.general.of("server.listen").origin.clone();
    Err(Refusal {
        listen,
        origin,
        missing,
    })
}

impl Refusal {
    fn join(&self, part: fn(&Decision) -> &'static str, separator: &str) -> String {
        let parts: Vec<_> = self.missing.iter().map(|decision| part(decision)).collect();
        parts.join(separator)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, origin, .. } = self;
        let questions = self.join(|decision| decision.question, " and ");
        let prepare = self.join(|decision| decision.prepare, "");
        let flags = self.join(|decision| decision.flag, " ");
        let toml = self.join(|decision| decision.toml, "\n");
        write!(
            f,
            "others can reach {listen} (from {origin}), and it is not decided {questions}.\n\n\
             Decide it with flags:\n\n{prepare}  {flags}\n\n\
             or in the configuration file:\n\n{toml}\n\
             or listen for this machine alone:\n\n  --listen 127.0.0.1:{}",
            listen.port()
        )
    }
}

//! The configuration of the server.
//!
//! Two steps, two types. First everything that was [written](Sources) is collected: flags,
//! environment, file. Then it is checked against the [table of settings](settings()) and becomes
//! a [`Config`], whose values need no further doubt. All problems are reported at once, each with
//! its place. Flags go before environment, environment before file, file before default.
//!
//! [`Config::refuse_unsafe`] is a step of its own, for whoever is about to listen: a configuration
//! can be valid and still be too open to run.
//!
//! Reading order: [`settings`](settings()), `raw`, `effective`, `rules`, `safety`.

mod choice;
mod command_line;
mod effective;
mod explain;
mod kind;
mod literal;
mod nearest;
mod origin;
mod problem;
mod raw;
mod reference;
mod rules;
mod safety;
mod secret;
mod setting;
mod settings;
pub mod unit;
mod value;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use choice::{Allow, Concurrency, FirstMessage, LogFormat, ProfileKind, SlowReader};
pub use explain::Explanation;
pub use kind::Kind;
pub use origin::Origin;
pub use problem::{Invalid, Problem};
pub use raw::{Flag, Sources};
pub use reference::{markdown, sample};
pub use safety::Refusal;
pub use secret::{KEY_CHARS_MAX, KEY_CHARS_MIN, Secret, SecretError};
pub use setting::{Fallback, Setting};
pub use settings::{Clock, Limits, Profile, Publish, Server, SocketIo, Subscribe, settings};

use effective::Values;
use raw::{Raw, RawProfile};

/// What the server runs on: every value typed, within its bounds, and in accord with the others.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// Where the server listens, how wide it runs, what it logs.
    pub server: Server,
    /// What one node will hold at most.
    pub limits: Limits,
    /// What subscribers get.
    pub subscribe: Subscribe,
    /// Who may publish.
    pub publish: Publish,
    /// The clients of Socket.IO.
    pub socketio: SocketIo,
    /// The channel that always has something to say.
    pub clock: Clock,
    /// Path prefixes with behaviour of their own, in the order of the file.
    pub profiles: Vec<Profile>,
    /// What the fields above were made of, and where it came from.
    general: Values,
    profile_values: Vec<Values>,
    /// With which program and which file it was made, if with a command line.
    program: Option<String>,
    file: Option<PathBuf>,
}

impl Config {
    /// Collects what the sources have and checks it.
    ///
    /// # Errors
    /// [`Invalid`] holds every problem there is, not only the first.
    pub fn load(sources: &Sources<'_>) -> Result<Self, Invalid> {
        let Raw {
            written,
            profiles,
            mut problems,
        } = Raw::gather(sources);
        let mut general = Values::resolve(settings(), &written, None, &mut problems);
        rules::settle_shards(&mut general, sources.cores);
        let profile_values = resolve_profiles(&profiles, &general, &mut problems);
        Invalid::check(problems)?;
        Ok(Self {
            server: Server::from_values(&general),
            limits: Limits::from_values(&general),
            subscribe: Subscribe::from_values(&general),
            publish: Publish::from_values(&general),
            socketio: SocketIo::from_values(&general),
            clock: Clock::from_values(&general),
            profiles: profile_values.iter().map(Profile::from_values).collect(),
            general,
            profile_values,
            program: sources.program.clone(),
            file: sources.file.clone(),
        })
    }

    /// Reads a configuration from a text in TOML, without environment, flags or files, as an
    /// application does that brings its own. The number of shards is that of the cores.
    ///
    /// # Errors
    /// As for [`Config::load`]; the file is called `(text)` in them.
    pub fn parse(toml: &str) -> Result<Self, Invalid> {
        Self::load(&Sources {
            file: Some("(text)".into()),
            read: &|_| Ok(toml.to_owned()),
            cores: std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN),
            ..Sources::none()
        })
    }

    /// Refuses to be reachable for others before it is decided who may publish and subscribe.
    ///
    /// # Errors
    /// [`Refusal`] prints the lines that are missing.
    pub fn refuse_unsafe(&self) -> Result<(), Refusal> {
        safety::check(self)
    }

    /// Every effective value and where it comes from, for people and for programs.
    pub fn explain(&self) -> Explanation<'_> {
        Explanation::new(&self.general, &self.profile_values)
    }

    /// Where the value of a setting comes from; `None` if there is no such setting.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        let setting = settings().find(|setting| setting.key == key)?;
        Some(&self.general.of(setting.key).origin)
    }
}

impl Default for Config {
    /// What the server runs on when nobody wrote anything, on one core.
    fn default() -> Self {
        Self::load(&Sources::none()).expect("defaults in the table are in accord")
    }
}

fn resolve_profiles(
    profiles: &[RawProfile],
    general: &Values,
    problems: &mut Vec<Problem>,
) -> Vec<Values> {
    let mut resolved = Vec::with_capacity(profiles.len());
    for raw in profiles {
        rules::check_complete(raw, problems);
        let settings = Profile::SETTINGS.iter();
        resolved.push(Values::resolve(
            settings,
            &raw.written,
            Some(general),
            problems,
        ));
    }
    rules::check_prefixes(&resolved, problems);
    resolved
}

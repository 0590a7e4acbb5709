//! What the environment says: `FANFARE_SECTION__KEY`, and `…_FILE` for secrets.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::{Raw, Written};
use crate::config::literal::Literal;
use crate::config::nearest::nearest;
use crate::config::origin::Origin;
use crate::config::problem::Problem;
use crate::config::setting::Setting;
use crate::config::settings::settings;

const PREFIX: &str = "FANFARE_";

/// Between section and key.
const SEPARATOR: &str = "__";

/// What the command line reads by itself, behind the prefix.
const NOT_SETTINGS: [&str; 3] = ["CONFIG", "KEY", "SERVER"];

/// End of a variable that names a file with the value in it.
const FILE: &str = "_FILE";

/// What a variable is about.
enum Meaning {
    /// It holds the value.
    Holds(&'static Setting),
    /// It names a file that holds the value.
    Points(&'static Setting),
}

impl Raw {
    pub(super) fn gather_environment(
        &mut self,
        environment: &[(OsString, OsString)],
        read: &dyn Fn(&Path) -> io::Result<String>,
    ) {
        let mut ours: Vec<_> = environment
            .iter()
            .filter_map(|(name, value)| Some((our_name(name, value)?, value)))
            .collect();
        // The order of an environment means nothing; messages should have one.
        ours.sort();
        let start = self.written.len();
        for (variable, value) in ours {
            // Compose files and unit files cannot take a variable away, only empty it.
            if value.is_empty() {
                continue;
            }
            match understand(variable, value, read) {
                Ok(written) => self.written.push(written),
                Err(problem) => self.problems.push(problem),
            }
        }
        self.refuse_twice(start);
    }
}

fn understand(
    variable: &str,
    value: &OsString,
    read: &dyn Fn(&Path) -> io::Result<String>,
) -> Result<Written, Problem> {
    let origin = Origin::Environment {
        variable: variable.to_owned(),
    };
    let (setting, text) = match meaning(variable).ok_or_else(|| unknown(variable))? {
        Meaning::Holds(setting) => (setting, utf8(setting, &origin, value)?),
        Meaning::Points(setting) => {
            let path = Path::new(value);
            let text = read(path).map_err(|error| Problem::Unreadable {
                origin: origin.clone(),
                path: path.to_owned(),
                reason: error.to_string(),
            })?;
            (setting, text)
        }
    };
    Ok(Written {
        setting,
        literal: Literal::Untyped(text),
        origin,
    })
}

/// The name if it must be that of a setting. All that begin like ours must, so that one with a slip
/// in it is not taken for nothing.
fn our_name<'a>(name: &'a OsString, value: &OsString) -> Option<&'a str> {
    let name = name.to_str()?;
    let rest = name.strip_prefix(PREFIX)?;
    let is_foreign = NOT_SETTINGS.contains(&rest) || is_service_link(rest, value);
    (!is_foreign).then_some(name)
}

/// Whether this is one of the variables that Kubernetes puts into every pod for each service beside
/// it: for one named `fanfare` they begin like ours.
///
/// Source: Kubernetes, "Service", "Environment variables", where they have the form of Docker's
/// links: `{NAME}_SERVICE_HOST`, `{NAME}_SERVICE_PORT[_{PORT}]`, `{NAME}_PORT` with a URL in it,
/// `{NAME}_PORT_{NUMBER}_{PROTOCOL}[_ADDR|_PORT|_PROTO]`.
fn is_service_link(rest: &str, value: &OsString) -> bool {
    let rest = format!("_{rest}");
    let is_url = || value.to_str().is_some_and(|value| value.contains("://"));
    let has_number = |(_, behind): (&str, &str)| behind.starts_with(|c: char| c.is_ascii_digit());
    rest.ends_with("_SERVICE_HOST")
        || rest.ends_with("_SERVICE_PORT")
        || rest.contains("_SERVICE_PORT_")
        || (rest.ends_with("_PORT") && is_url())
        || rest.rsplit_once("_PORT_").is_some_and(has_number)
}

fn meaning(variable: &str) -> Option<Meaning> {
    let by_name = |name: &str| settings().find(|setting| setting.variable() == name);
    if let Some(setting) = by_name(variable) {
        return Some(Meaning::Holds(setting));
    }
    variable
        .strip_suffix(FILE)
        .and_then(by_name)
        .filter(|setting| setting.is_secret())
        .map(Meaning::Points)
}

fn unknown(variable: &str) -> Problem {
    let rest = variable.strip_prefix(PREFIX).unwrap_or(variable);
    let key = rest.replacen(SEPARATOR, ".", 1).to_lowercase();
    let near = nearest(&key, settings().map(|setting| setting.key));
    let setting = settings().find(|setting| Some(setting.key) == near);
    let other = || nearest(rest, NOT_SETTINGS.into_iter()).map(|name| format!("{PREFIX}{name}"));
    Problem::Unknown {
        origin: Origin::Environment {
            variable: variable.to_owned(),
        },
        key,
        nearest: setting.map(Setting::variable).or_else(other),
    }
}

fn utf8(setting: &Setting, origin: &Origin, value: &OsString) -> Result<String, Problem> {
    value
        .to_str()
        .map(str::to_owned)
        .ok_or_else(|| Problem::Value {
            origin: origin.clone(),
            key: setting.key.to_owned(),
            found: "bytes that are not UTF-8".to_owned(),
            allowed: setting.allowed(),
        })
}

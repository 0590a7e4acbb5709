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

/// Between section and key. A variable without it is not ours: for a service named `fanfare`,
/// container orchestrators set `FANFARE_PORT`, `FANFARE_SERVICE_HOST` and more like them.
const SEPARATOR: &str = "__";

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
            .filter_map(|(name, v)| Some((our_name(name)?, v)))
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

/// The name if it is one that this program claims.
fn our_name(name: &OsString) -> Option<&str> {
    let name = name.to_str()?;
    name.strip_prefix(PREFIX)?
        .contains(SEPARATOR)
        .then_some(name)
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
    let key = variable
        .strip_prefix(PREFIX)
        .unwrap_or(variable)
        .replacen(SEPARATOR, ".", 1)
        .to_lowercase();
    let near = nearest(&key, settings().map(|setting| setting.key));
    let setting = settings().find(|setting| Some(setting.key) == near);
    Problem::Unknown {
        origin: Origin::Environment {
            variable: variable.to_owned(),
        },
        key,
        nearest: setting.map(Setting::variable),
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

//! What the command line says.

use super::{Raw, Written};
use crate::config::literal::Literal;
use crate::config::nearest::nearest;
use crate::config::origin::Origin;
use crate::config::problem::Problem;
use crate::config::settings::settings;

/// A flag that sets a setting.
#[derive(Clone)]
pub struct Flag {
    /// As it was written, such as `--listen`.
    name: String,
    /// The setting, known or not.
    key: String,
    /// `None` if there is none where there should be one.
    literal: Option<Literal>,
}

impl Flag {
    /// The flag `name`, which sets `key` to `text`.
    pub fn new(name: &str, key: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            key: key.to_owned(),
            literal: Some(Literal::Untyped(text.to_owned())),
        }
    }

    /// The repeatable flag `name`, which sets the list `key` to all of its values.
    pub fn list(name: &str, key: &str, texts: impl IntoIterator<Item = String>) -> Self {
        let entries = texts.into_iter().map(Literal::Untyped).collect();
        Self {
            name: name.to_owned(),
            key: key.to_owned(),
            literal: Some(Literal::Array(entries)),
        }
    }

    /// `--set section.key=value`.
    pub fn set(assignment: &str) -> Self {
        // Without the sign it may be anything, a secret too: it is not repeated.
        let (key, text) = match assignment.split_once('=') {
            Some((key, text)) => (key.trim(), Some(text.trim())),
            None => ("", None),
        };
        Self {
            name: "--set".to_owned(),
            key: key.to_owned(),
            literal: text.map(|text| Literal::Untyped(text.to_owned())),
        }
    }

    fn origin(&self) -> Origin {
        Origin::Flag {
            name: self.name.clone(),
        }
    }
}

impl std::fmt::Debug for Flag {
    /// Leaves out the value, which may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Flag").field(&self.name).finish()
    }
}

impl Raw {
    pub(super) fn gather_flags(&mut self, flags: &[Flag]) {
        let start = self.written.len();
        for flag in flags {
            match understand(flag) {
                Ok(written) => self.written.push(written),
                Err(problem) => self.problems.push(problem),
            }
        }
        self.refuse_twice(start);
    }

    /// Refuses a setting that one source names twice: which of the two is meant, nobody knows.
    pub(super) fn refuse_twice(&mut self, start: usize) {
        let mut rest = self.written.get(start..).unwrap_or_default();
        while let Some((written, others)) = rest.split_first() {
            rest = others;
            let Some(other) = others.iter().find(|o| o.setting.key == written.setting.key) else {
                continue;
            };
            self.problems.push(Problem::Value {
                origin: other.origin.clone(),
                key: other.setting.key.to_owned(),
                found: "a second value".to_owned(),
                allowed: format!("one; the other comes from {}", written.origin),
            });
        }
    }
}

fn understand(flag: &Flag) -> Result<Written, Problem> {
    let Some(literal) = &flag.literal else {
        return Err(Problem::Value {
            origin: flag.origin(),
            key: "section.key".to_owned(),
            found: "no \"=\"".to_owned(),
            allowed: "section.key=value".to_owned(),
        });
    };
    match settings().find(|setting| setting.key == flag.key) {
        Some(setting) => Ok(Written {
            setting,
            literal: literal.clone(),
            origin: flag.origin(),
        }),
        None => Err(Problem::Unknown {
            origin: flag.origin(),
            key: flag.key.clone(),
            nearest: nearest(&flag.key, settings().map(|s| s.key)).map(str::to_owned),
        }),
    }
}

//! What a TOML file says, with the line and column of each value.

use std::io;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Raw, RawProfile, Written};
use crate::config::literal::Literal;
use crate::config::nearest::nearest;
use crate::config::origin::Origin;
use crate::config::problem::Problem;
use crate::config::setting::Setting;
use crate::config::settings::{PROFILE, Profile, SECTIONS, settings};

/// Profiles in a file. Each request compares its path with all of their prefixes.
const PROFILES_MAX: usize = 64;

/// A file while it is being read.
#[derive(Clone, Copy)]
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn origin<T>(&self, spanned: &Spanned<T>) -> Origin {
        Origin::in_file(self.path, self.text, spanned.span().start)
    }
}

impl Raw {
    pub(super) fn gather_file(&mut self, path: &Path, read: &dyn Fn(&Path) -> io::Result<String>) {
        let text = match read(path) {
            Ok(text) => text,
            Err(error) => return self.problems.push(unreadable(path, &error)),
        };
        let source = Source { path, text: &text };
        let (document, errors) = DeTable::parse_recoverable(&text);
        if errors.is_empty() {
            self.gather_document(source, document.get_ref());
        }
        // After a syntax error the parser's guesses would only yield misleading follow-ups.
        self.problems
            .extend(errors.iter().map(|error| Problem::Syntax {
                origin: Origin::in_file(path, &text, error.span().map_or(0, |span| span.start)),
                reason: error.message().to_owned(),
            }));
    }

    fn gather_document(&mut self, source: Source<'_>, document: &DeTable<'_>) {
        for (name, value) in document {
            if name.get_ref() == PROFILE {
                self.gather_profiles(source, value);
                continue;
            }
            let section = SECTIONS
                .into_iter()
                .find(|settings| settings.iter().any(|s| s.section() == name.get_ref()));
            match (section, value.get_ref()) {
                (Some(settings), DeValue::Table(table)) => {
                    let written = self.assign(source, settings, table, name.get_ref());
                    self.written.extend(written);
                }
                (Some(_), _) => self.problems.push(not_a_table(source, name, value)),
                (None, value) => self.problems.push(unknown_name(source, name, value)),
            }
        }
    }

    fn gather_profiles(&mut self, source: Source<'_>, value: &Spanned<DeValue<'_>>) {
        let entries = value
            .get_ref()
            .as_array()
            .filter(|entries| entries.len() <= PROFILES_MAX);
        let tables: Option<Vec<_>> = entries.and_then(|e| {
            e.iter()
                .map(|e| Some((e, e.get_ref().as_table()?)))
                .collect()
        });
        let Some(tables) = tables else {
            return self.problems.push(Problem::Value {
                origin: source.origin(value),
                key: PROFILE.to_owned(),
                found: found_profiles(value.get_ref()),
                allowed: format!("up to {PROFILES_MAX} tables, each under [[profile]]"),
            });
        };
        for (entry, table) in tables {
            let written = self.assign(source, Profile::SETTINGS, table, PROFILE);
            let origin = source.origin(entry);
            self.profiles.push(RawProfile { origin, written });
        }
    }

    /// Finds the setting for each key of a table, and notes the keys that are none.
    fn assign(
        &mut self,
        source: Source<'_>,
        settings: &'static [Setting],
        table: &DeTable<'_>,
        section: &str,
    ) -> Vec<Written> {
        let mut written = Vec::with_capacity(table.len());
        for (name, value) in table {
            match settings.iter().find(|s| s.name() == name.get_ref()) {
                Some(setting) => written.push(Written {
                    setting,
                    literal: Literal::from(value.get_ref()),
                    origin: source.origin(value),
                }),
                None => self
                    .problems
                    .push(unknown_key(source, settings, section, name)),
            }
        }
        written
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::Unreadable {
        origin: Origin::Flag {
            name: "--config".to_owned(),
        },
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn not_a_table(
    source: Source<'_>,
    name: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
) -> Problem {
    Problem::Value {
        origin: source.origin(value),
        key: name.get_ref().to_string(),
        found: Literal::from(value.get_ref()).masked().to_owned(),
        allowed: format!("a section [{}]", name.get_ref()),
    }
}

/// A name at the top of the file: a misspelt section, or a key that lacks its section.
fn unknown_name(source: Source<'_>, name: &Spanned<DeString<'_>>, value: &DeValue<'_>) -> Problem {
    let written = name.get_ref();
    let sections = SECTIONS
        .into_iter()
        .flatten()
        .map(Setting::section)
        .chain([PROFILE]);
    let near = if value.is_table() || value.is_array() {
        nearest(written, sections)
    } else {
        nearest(written, settings().map(|s| s.key))
    };
    Problem::Unknown {
        origin: source.origin(name),
        key: written.to_string(),
        nearest: near.map(str::to_owned),
    }
}

/// A key in a known section: misspelt, or at home in another one.
fn unknown_key(
    source: Source<'_>,
    here: &'static [Setting],
    section: &str,
    name: &Spanned<DeString<'_>>,
) -> Problem {
    let key = format!("{section}.{}", name.get_ref());
    let known = here.iter().chain(settings()).map(|s| s.key);
    Problem::Unknown {
        origin: source.origin(name),
        nearest: nearest(&key, known).map(str::to_owned),
        key,
    }
}

fn found_profiles(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Array(entries) if entries.len() > PROFILES_MAX => {
            format!("{} of them", entries.len())
        }
        other => Literal::from(other).masked().to_owned(),
    }
}

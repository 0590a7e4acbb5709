//! The command line that makes a configuration, to be printed with a change in it.

use std::borrow::Cow;
use std::fmt;

use super::Config;
use super::effective::Effective;
use super::origin::Origin;
use super::settings::settings;
use super::value::Value;

/// Where a shell keeps the key: the name that `fanfare publish` reads, so that the next command
/// works too.
pub(super) const KEY_FLAG: &str = "--publish-key \"$FANFARE_KEY\"";

/// Program, configuration file and flags. What the environment says is still there when the line is
/// used. Keys are not repeated: the shell has them in its own variable.
#[derive(Debug, Clone)]
pub(super) struct CommandLine {
    start: String,
    /// A key of a setting, and the flag that sets it.
    flags: Vec<(&'static str, String)>,
}

impl CommandLine {
    /// `None` if the configuration does not come from a command line.
    pub(super) fn of(config: &Config) -> Option<Self> {
        let program = config.program.as_deref()?;
        let mut start = quote(program).into_owned();
        if let Some(file) = &config.file {
            start.push_str(" --config ");
            start.push_str(&quote(&file.to_string_lossy()));
        }
        let flags = settings().filter_map(|setting| {
            let flag = flag(setting.key, config.general.of(setting.key))?;
            Some((setting.key, flag))
        });
        Some(Self {
            start,
            flags: flags.collect(),
        })
    }

    /// The same with this flag for this setting.
    #[must_use]
    pub(super) fn with(mut self, key: &'static str, flag: String) -> Self {
        match self.flags.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = flag,
            None => self.flags.push((key, flag)),
        }
        self
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.start)?;
        let mut flags = self.flags.iter();
        flags.try_for_each(|(_, flag)| write!(f, " {flag}"))
    }
}

fn flag(key: &str, Effective { value, origin }: &Effective) -> Option<String> {
    let Origin::Flag { name } = origin else {
        return None;
    };
    match value {
        Value::Secrets(keys) => (!keys.is_empty()).then(|| KEY_FLAG.to_owned()),
        Value::List(entries) if entries.is_empty() => None,
        value if name == "--set" => Some(format!("--set {}", quote(&format!("{key}={value}")))),
        value => Some(format!("{name} {}", quote(&value.to_string()))),
    }
}

/// One word for a shell. More is quoted than `sh` asks for: brackets are patterns to `zsh`.
fn quote(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''")).into()
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_read_more_into_it() {
        for plain in [
            "fanfare",
            "target/release/fanfare",
            "0.0.0.0:7474",
            "a.b=c,d",
        ] {
            assert_eq!(quote(plain), plain);
        }
        assert_eq!(quote("[::]:7474"), "'[::]:7474'");
        assert_eq!(quote("a b$c"), "'a b$c'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote(""), "''");
    }
}

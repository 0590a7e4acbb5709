//! What was written, before anybody knows what it should have been.

use std::fmt;

use toml::de::{DeInteger, DeValue};

/// Characters of a wrong value that an error repeats; enough to recognise it.
const SHOWN_CHARS_MAX: usize = 60;

/// One value as its source has it. `Display` describes it for an error. There is no `Debug`: nobody
/// knows yet whether it is a secret.
#[derive(Clone)]
pub(super) enum Literal {
    /// Several values.
    Array(Vec<Self>),
    /// `true` or `false`, where the source tells it from text.
    Boolean(bool),
    /// A whole number in decimal digits, where the source tells it from text.
    Integer(String),
    /// Something no setting is made of: what it is.
    Other(&'static str),
    /// Text in quotes.
    String(String),
    /// What a flag or an environment variable holds: may stand for any type.
    Untyped(String),
}

impl Literal {
    /// The text, if it is one or may be one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Untyped(text) => Some(text),
            _ => None,
        }
    }

    /// The digits of a whole number, if it is one or may be one.
    pub(super) fn number(&self) -> Option<&str> {
        match self {
            Self::Integer(text) | Self::Untyped(text) => Some(text),
            _ => None,
        }
    }

    /// The switch, if it is one or may be one.
    pub(super) fn switch(&self) -> Option<bool> {
        match self {
            Self::Boolean(on) => Some(*on),
            Self::Untyped(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The texts of a list, or what is in the place of one.
    ///
    /// Untyped text is divided at commas and whitespace: a variable can name several origins, a
    /// mounted secret can hold one key per line.
    pub(super) fn texts(&self) -> Result<Vec<&str>, &Self> {
        match self {
            Self::Array(entries) => entries.iter().map(|e| e.text().ok_or(e)).collect(),
            Self::Untyped(text) => Ok(text
                .split(|c: char| c == ',' || c.is_whitespace())
                .filter(|entry| !entry.is_empty())
                .collect()),
            other => Err(other),
        }
    }

    /// What it is without what it says, for a value that must not be repeated.
    pub(super) fn masked(&self) -> &'static str {
        match self {
            Self::Array(_) => "a list",
            Self::Boolean(_) => "a switch",
            Self::Integer(_) => "a number",
            Self::Other(what) => what,
            Self::String(_) | Self::Untyped(_) => "a text",
        }
    }
}

impl From<&DeValue<'_>> for Literal {
    fn from(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::Array(entries) => {
                Self::Array(entries.iter().map(|e| e.get_ref().into()).collect())
            }
            DeValue::Boolean(on) => Self::Boolean(*on),
            DeValue::Datetime(_) => Self::Other("a date"),
            DeValue::Float(_) => Self::Other("a number with a fraction"),
            DeValue::Integer(integer) => Self::Integer(decimal(integer)),
            DeValue::String(text) => Self::String(text.to_string()),
            DeValue::Table(_) => Self::Other("a table"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(on) => on.fmt(f),
            Self::Integer(digits) => write!(f, "the number {digits}"),
            // Escaped, because it may hold anything and is on its way to a terminal.
            Self::String(text) | Self::Untyped(text) => {
                match text.char_indices().nth(SHOWN_CHARS_MAX) {
                    Some((end, _)) => write!(f, "{:?}…", text.split_at(end).0),
                    None => write!(f, "{text:?}"),
                }
            }
            Self::Array(_) | Self::Other(_) => f.write_str(self.masked()),
        }
    }
}

/// TOML also writes `0xff`; a number too large for 128 bits stays as it was written.
fn decimal(integer: &DeInteger<'_>) -> String {
    i128::from_str_radix(integer.as_str(), integer.radix())
        .map_or_else(|_| integer.to_string(), |number| number.to_string())
}

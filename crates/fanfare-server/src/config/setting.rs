//! One setting: its name, what it takes, what it is when nobody writes it, and what it is for.

use super::kind::{Found, Kind};
use super::literal::Literal;
use super::value::Value;

/// A setting. Validation, the help, the reference and the sample file all come from this.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Setting {
    /// Section and key, such as `limits.message_bytes_max`.
    pub key: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it is when nobody writes it.
    pub fallback: Fallback,
    /// What zero means, if zero means something of its own. Zero is then allowed beside the
    /// bounds of the kind.
    pub zero: Option<&'static str>,
    /// What it is for, and what happens at the bound.
    pub about: &'static str,
}

/// What a setting is when nobody writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// This value, as it would be written in a flag.
    Default(&'static str),
    /// The value of this other setting.
    Inherits(&'static str),
    /// Nothing: it has to be written.
    Required,
    /// Nothing: it may be left open, and that is a state of its own.
    Unset,
}

impl Setting {
    /// Section, such as `limits`.
    pub fn section(&self) -> &'static str {
        self.key
            .split_once('.')
            .map_or(self.key, |(section, _)| section)
    }

    /// Name within its section, such as `message_bytes_max`.
    pub fn name(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, name)| name)
    }

    /// The environment variable, such as `FANFARE_LIMITS__MESSAGE_BYTES_MAX`.
    pub fn variable(&self) -> String {
        format!("FANFARE_{}", self.key.replacen('.', "__", 1).to_uppercase())
    }

    /// True if the value is never printed.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secrets)
    }

    /// What may be written, in words.
    pub fn allowed(&self) -> String {
        match self.zero {
            Some(meaning) => format!("{}, or {} ({meaning})", self.kind, self.kind.zero()),
            None => self.kind.to_string(),
        }
    }

    /// Reads a value of this setting, or says what was found instead of one.
    pub(super) fn read(&self, literal: &Literal) -> Result<Value, Found> {
        let value = self.kind.read(literal)?;
        let is_special = self.zero.is_some() && value.is_zero();
        if is_special || self.kind.contains(&value) {
            return Ok(value);
        }
        Err(literal.to_string())
    }
}

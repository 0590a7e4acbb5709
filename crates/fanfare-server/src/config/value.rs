//! Checked values: what a setting is, once it has been understood.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use fanfare_hub::ChannelName;
use serde_json::json;

use super::secret::Secret;
use super::unit::{format_duration, format_size};

/// The value of a setting. Prints as it would be written in a configuration, secrets masked.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Address(SocketAddr),
    Channel(ChannelName),
    Count(u64),
    Duration(Duration),
    List(Vec<String>),
    Secrets(Vec<Secret>),
    Size(u64),
    Switch(bool),
    Text(String),
    Unset,
    Word(&'static str),
}

impl Value {
    pub(super) fn is_zero(&self) -> bool {
        matches!(
            self,
            Self::Count(0) | Self::Size(0) | Self::Duration(Duration::ZERO)
        )
    }

    /// The value for programs: numbers and switches as such, quantities as text with their unit.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Count(count) => json!(count),
            Self::List(entries) => json!(entries),
            Self::Switch(on) => json!(on),
            Self::Unset => serde_json::Value::Null,
            other => json!(other.to_string()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Channel(name) => name.fmt(f),
            Self::Count(count) => count.fmt(f),
            Self::Duration(duration) => f.write_str(&format_duration(*duration)),
            Self::List(entries) if entries.is_empty() => f.write_str("none"),
            Self::List(entries) => f.write_str(&entries.join(", ")),
            Self::Secrets(secrets) => match secrets.len() {
                0 => f.write_str("none"),
                1 => f.write_str("1 secret"),
                count => write!(f, "{count} secrets"),
            },
            Self::Size(bytes) => f.write_str(&format_size(*bytes)),
            Self::Switch(on) => on.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Unset => f.write_str("unset"),
            Self::Word(word) => word.fmt(f),
        }
    }
}

/// A Rust type that a setting's value has in [`Config`](super::Config).
pub(super) trait Typed: Sized {
    /// `None` if the value is of another kind: a mistake in the table of settings.
    fn typed(value: Value) -> Option<Self>;
}

macro_rules! typed {
    ($($type:ty: $pattern:pat => $value:expr;)+) => {
        $(impl Typed for $type {
            fn typed(value: Value) -> Option<Self> {
                match value {
                    $pattern => Some($value),
                    _ => None,
                }
            }
        })+
    };
}

typed! {
    bool: Value::Switch(on) => on;
    ChannelName: Value::Channel(name) => name;
    Duration: Value::Duration(duration) => duration;
    Option<Duration>: Value::Duration(duration) => Some(duration).filter(|d| !d.is_zero());
    Option<NonZeroUsize>: Value::Count(count) => NonZeroUsize::new(clamp(count));
    SocketAddr: Value::Address(address) => address;
    String: Value::Text(text) => text;
    usize: Value::Count(number) | Value::Size(number) => clamp(number);
    Vec<Secret>: Value::Secrets(secrets) => secrets;
    Vec<String>: Value::List(entries) => entries;
}

impl Typed for NonZeroUsize {
    fn typed(value: Value) -> Option<Self> {
        Option::<Self>::typed(value)?
    }
}

impl Typed for Option<super::Allow> {
    fn typed(value: Value) -> Option<Self> {
        match value {
            Value::Unset => Some(None),
            word => super::Allow::typed(word).map(Some),
        }
    }
}

/// A bound beyond the address space is the address space.
fn clamp(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

//! The kinds of setting: what may be written for each, and how it is read.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use fanfare_hub::ChannelName;
use fanfare_hub::limits::CHANNEL_NAME_BYTES_MAX;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::literal::Literal;
use super::secret::{KEY_CHARS_MAX, KEY_CHARS_MIN, Secret};
use super::unit::{format_duration, format_size, parse_duration, parse_size};
use super::value::Value;

/// Entries in a list. Each request may be compared with all of them; more belongs into a proxy or
/// an identity provider.
const ENTRIES_MAX: usize = 64;

/// Bytes of a path prefix.
const PREFIX_BYTES_MAX: usize = 128;

/// What a setting takes. `Display` says what is allowed, in words.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Kind {
    /// An IP address with its port.
    Address,
    /// The name of a channel.
    Channel,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number within these bounds.
    Count(RangeInclusive<u64>),
    /// A time with its unit, within these bounds.
    Duration(RangeInclusive<Duration>),
    /// Which log events are written, in the syntax of `tracing-subscriber`, but each part with its
    /// level.
    Filter,
    /// Origins as browsers send them. Source: RFC 6454, 6.2.
    Origins,
    /// Origins as browsers send them, or `*` for all of them.
    OriginsOrAll,
    /// A path prefix, such as `/nchan`.
    Prefix,
    /// Keys that are never printed.
    Secrets,
    /// A number of bytes with its unit, within these bounds.
    Size(RangeInclusive<u64>),
    /// `true` or `false`.
    Switch,
}

/// What was found instead of an allowed value, for people. Never holds a secret.
pub(super) type Found = String;

impl Kind {
    /// Reads a value of this kind, whether within its bounds or not.
    pub(super) fn read(&self, literal: &Literal) -> Result<Value, Found> {
        let value = match self {
            Self::Origins => return origins(literal, is_origin),
            Self::OriginsOrAll => return origins(literal, |text| text == "*" || is_origin(text)),
            Self::Secrets => return secrets(literal),
            Self::Count(_) => literal.number().and_then(count).map(Value::Count),
            Self::Switch => literal.switch().map(Value::Switch),
            _ => literal.text().and_then(|text| self.read_text(text)),
        };
        value.ok_or_else(|| literal.to_string())
    }

    /// How nought is written, where it may be.
    pub(super) fn zero(&self) -> &'static str {
        match self {
            Self::Duration(_) => "\"0s\"",
            Self::Size(_) => "\"0B\"",
            _ => "0",
        }
    }

    /// True if the value is within the bounds, if there are any.
    pub(super) fn contains(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Count(range), Value::Count(number))
            | (Self::Size(range), Value::Size(number)) => range.contains(number),
            (Self::Duration(range), Value::Duration(duration)) => range.contains(duration),
            _ => true,
        }
    }

    fn read_text(&self, text: &str) -> Option<Value> {
        match self {
            Self::Address => text.parse().ok().map(Value::Address),
            Self::Channel => ChannelName::new(text).ok().map(Value::Channel),
            Self::Choice(words) => words.iter().find(|w| **w == text).copied().map(Value::Word),
            Self::Duration(_) => parse_duration(text).map(Value::Duration),
            Self::Filter => is_filter(text).then(|| Value::Text(text.to_owned())),
            Self::Prefix => is_prefix(text).then(|| Value::Text(text.to_owned())),
            Self::Size(_) => parse_size(text).map(Value::Size),
            Self::Count(_) | Self::Origins | Self::OriginsOrAll | Self::Secrets | Self::Switch => {
                None
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("an IP address with its port, such as \"127.0.0.1:7474\""),
            Self::Channel => write!(
                f,
                "a channel name of 1 to {CHANNEL_NAME_BYTES_MAX} bytes without control characters"
            ),
            Self::Choice(words) => {
                let quoted: Vec<_> = words.iter().map(|word| format!("{word:?}")).collect();
                f.write_str(&quoted.join(" or "))
            }
            Self::Count(range) => {
                write!(
                    f,
                    "a whole number from {} to {}",
                    range.start(),
                    range.end()
                )
            }
            Self::Duration(range) => write!(
                f,
                "a whole number of ms, s, m, h or d without a space, from \"{}\" to \"{}\"",
                format_duration(*range.start()),
                format_duration(*range.end()),
            ),
            Self::Filter => f.write_str(
                "a level (off, error, warn, info, debug or trace), or a list with levels of parts, \
                 such as \"warn,fanfare=debug\"",
            ),
            Self::Origins => f.write_str("a list of origins, such as [\"https://app.example\"]"),
            Self::OriginsOrAll => {
                f.write_str("a list of origins, such as [\"https://app.example\"], or [\"*\"]")
            }
            Self::Prefix => f.write_str(
                "a path of letters, digits, \"-\", \"_\", \".\" and \"~\", such as \"/nchan\"",
            ),
            Self::Secrets => write!(
                f,
                "a list of keys of {KEY_CHARS_MIN} to {KEY_CHARS_MAX} characters without whitespace, \
                 commas or control characters"
            ),
            Self::Size(range) => write!(
                f,
                "a whole number of B, kB, KiB, MB, MiB, GB or GiB without a space, from \"{}\" to \"{}\"",
                format_size(*range.start()),
                format_size(*range.end()),
            ),
            Self::Switch => f.write_str("true or false"),
        }
    }
}

fn count(text: &str) -> Option<u64> {
    // `parse` would also take a plus sign; TOML's 1_000_000 is understood everywhere.
    let digits = text.replace('_', "");
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit());
    is_plain.then(|| digits.parse().ok()).flatten()
}

fn origins(literal: &Literal, allowed: fn(&str) -> bool) -> Result<Value, Found> {
    let texts = literal.texts().map_err(ToString::to_string)?;
    within_bounds(&texts)?;
    if let Some(wrong) = texts.iter().find(|text| !allowed(text)) {
        return Err(Literal::String((*wrong).to_owned()).to_string());
    }
    Ok(Value::List(texts.into_iter().map(str::to_owned).collect()))
}

fn secrets(literal: &Literal) -> Result<Value, Found> {
    let texts = literal.texts().map_err(|wrong| wrong.masked().to_owned())?;
    within_bounds(&texts)?;
    let secrets: Result<_, _> = texts.into_iter().map(Secret::new).collect();
    secrets
        .map(Value::Secrets)
        .map_err(|error| error.to_string())
}

fn within_bounds(entries: &[&str]) -> Result<(), Found> {
    match entries.len() {
        0..=ENTRIES_MAX => Ok(()),
        count => Err(format!("{count} entries, which is more than {ENTRIES_MAX}")),
    }
}

/// `scheme://host[:port]` exactly as a browser writes it: lower case, no default port, no path.
/// Anything else could be configured and would never match.
fn is_origin(text: &str) -> bool {
    let (rest, default_port) = match text.split_once("://") {
        Some(("http", rest)) => (rest, "80"),
        Some(("https", rest)) => (rest, "443"),
        _ => return false,
    };
    let Ok(authority) = rest.parse::<http::uri::Authority>() else {
        return false;
    };
    let bare = |c: char| !c.is_ascii_uppercase() && c != '@' && c != '*';
    rest.chars().all(bare)
        && !authority.host().is_empty()
        && !rest.ends_with(':')
        && authority.port().is_none_or(|p| p.as_str() != default_port)
}

/// Segments of unreserved characters (RFC 3986, 2.3), so that no peer can write it in two ways.
fn is_prefix(text: &str) -> bool {
    let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let segment = |s: &str| !s.is_empty() && s != "." && s != ".." && s.chars().all(unreserved);
    text.len() <= PREFIX_BYTES_MAX
        && text
            .strip_prefix('/')
            .is_some_and(|rest| rest.split('/').all(segment))
}

/// Takes less than `tracing-subscriber` would: there a misspelt level is the name of a part, of
/// which everything is logged, and nothing of all the others.
fn is_filter(text: &str) -> bool {
    let is_level = |text: &str| !text.is_empty() && text.parse::<LevelFilter>().is_ok();
    let has_level = |directive: &str| match directive.rsplit_once('=') {
        Some((part, level)) => !part.is_empty() && is_level(level),
        None => is_level(directive),
    };
    text.split(',').all(has_level) && EnvFilter::try_new(text).is_ok()
}

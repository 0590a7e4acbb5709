//! `fanfare publish`.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use fanfare_hub::ChannelName;
use fanfare_hub::limits::{
    CONTENT_TYPE_BYTES_MAX, EVENT_NAME_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX,
};

use super::ClientArgs;
use crate::config::{Secret, unit};

pub(super) const EXAMPLES: &str = "\
Examples:
  fanfare publish news 'Hello, world'
  fanfare publish news @photo.jpg --type image/jpeg
  date | fanfare publish news --event tick --ttl 30s
  fanfare publish orders @order.json --type application/json --id order-4711";

/// What to publish, and how.
#[derive(Debug, Clone, Args)]
pub struct PublishArgs {
    /// Channel to publish to
    pub channel: ChannelName,
    /// The message: text, @FILE, or - for standard input
    #[arg(
        value_name = "TEXT|@FILE|-",
        default_value = "-",
        allow_negative_numbers = true
    )]
    pub body: Body,
    /// Event name that subscribers see
    #[arg(long, value_name = "NAME", value_parser = field::<EVENT_NAME_BYTES_MAX>)]
    pub event: Option<String>,
    /// Content type of the message
    #[arg(long = "type", value_name = "MIME", value_parser = field::<CONTENT_TYPE_BYTES_MAX>)]
    pub content_type: Option<String>,
    /// Time after which the message is forgotten, such as 30s
    #[arg(long, value_name = "TIME", value_parser = ttl)]
    pub ttl: Option<Duration>,
    /// Publish once, however often this is repeated with the same key
    #[arg(long, value_name = "KEY", value_parser = field::<IDEMPOTENCY_KEY_BYTES_MAX>)]
    pub id: Option<String>,
    /// Where to.
    #[command(flatten)]
    pub client: ClientArgs,
    /// Key that allows to publish
    #[arg(long, value_name = "KEY", env = "FANFARE_KEY", hide_env_values = true, value_parser = key)]
    key: Option<Secret>,
}

/// Where the bytes of a message come from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// From this file.
    File(PathBuf),
    /// From standard input.
    Stdin,
    /// From the command line. Text that starts with `@` has to come another way.
    Text(String),
}

impl PublishArgs {
    /// The key to show to the server; an empty one, as an emptied variable leaves it, is none.
    pub fn key(&self) -> Option<&Secret> {
        self.key.as_ref().filter(|key| !key.expose().is_empty())
    }
}

impl FromStr for Body {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match (text, text.strip_prefix('@')) {
            ("-" | "@-", _) => Self::Stdin,
            (_, Some(path)) => Self::File(path.into()),
            (text, None) => Self::Text(text.to_owned()),
        })
    }
}

/// Reads what travels in a header and is kept with the message, under the hub's own bounds.
fn field<const BYTES_MAX: usize>(text: &str) -> Result<String, String> {
    if text.len() > BYTES_MAX || text.contains(char::is_control) {
        return Err(format!(
            "allowed is a text of at most {BYTES_MAX} bytes without control characters"
        ));
    }
    Ok(text.to_owned())
}

fn ttl(text: &str) -> Result<Duration, String> {
    unit::parse_duration(text)
        .filter(|ttl| !ttl.is_zero())
        .ok_or_else(|| {
            "allowed is a whole number of ms, s, m, h or d without a space, such as 30s".to_owned()
        })
}

/// Never fails: an error would repeat the key.
fn key(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::unchecked(text))
}

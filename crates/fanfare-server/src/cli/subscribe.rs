//! `fanfare subscribe`.

use std::fmt;
use std::num::{NonZeroU64, NonZeroUsize};
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use fanfare_hub::{ChannelName, MessageId};

use super::ClientArgs;
use crate::config::unit;

pub(super) const EXAMPLES: &str = "\
Examples:
  fanfare subscribe news                      what is stored, then what comes
  fanfare subscribe news sport --since now    two channels, from now on
  fanfare subscribe news --since 10m --json   from ten minutes ago, as JSON lines
  fanfare subscribe clock --transport ws --since now --count 1";

/// What to hear, and how.
#[derive(Debug, Clone, Args)]
pub struct SubscribeArgs {
    /// Channels to hear
    #[arg(required = true, value_name = "CHANNEL")]
    pub channels: Vec<ChannelName>,
    /// Protocol to use: ws, sse, poll or ndjson
    #[arg(
        long,
        value_name = "NAME",
        default_value = "sse",
        hide_possible_values = true
    )]
    pub transport: Transport,
    /// Where to start: all, now, an id, 10m (ago), or -5 (the last five)
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    pub since: Option<Since>,
    /// Print JSON objects; null is what the transport lacks: types on sse, names on ws
    #[arg(long)]
    pub json: bool,
    /// Stop after so many messages
    #[arg(long, value_name = "N")]
    pub count: Option<NonZeroU64>,
    /// Where from.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// The protocol over which messages come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Transport {
    /// One JSON object per line over one long response.
    Ndjson,
    /// Long-polling: one request per message.
    Poll,
    /// Server-Sent Events.
    Sse,
    /// WebSocket.
    Ws,
}

/// Where a subscription starts. `Display` writes it as the `since` parameter of a request has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Since {
    /// After these messages, one for each channel in their order.
    After(Vec<MessageId>),
    /// With what is no older than this.
    Ago(Duration),
    /// With the oldest stored message.
    All,
    /// With so many of the newest stored messages.
    Last(NonZeroUsize),
    /// With the next message.
    Now,
}

/// What was given as a place is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "allowed is all, now, a message id such as 1763680000:3, an age such as 10m, or a count such as -5"
)]
pub struct SinceError;

impl FromStr for Since {
    type Err = SinceError;

    fn from_str(text: &str) -> Result<Self, SinceError> {
        let since = match text {
            "all" => Some(Self::All),
            "now" => Some(Self::Now),
            _ if text.contains(':') => {
                let ids: Result<_, _> = text.split(',').map(str::parse).collect();
                ids.ok().map(Self::After)
            }
            _ => match text.strip_prefix('-') {
                Some(count) => count.parse().ok().map(Self::Last),
                None => unit::parse_duration(text).map(Self::Ago),
            },
        };
        since.ok_or(SinceError)
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(ids) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                f.write_str(&ids.join(","))
            }
            Self::Ago(age) => f.write_str(&unit::format_duration(*age)),
            Self::All => f.write_str("all"),
            Self::Last(count) => write!(f, "-{count}"),
            Self::Now => f.write_str("now"),
        }
    }
}

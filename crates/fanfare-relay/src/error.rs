//! What can be wrong with a request.

use fanfare_hub::{ChannelName, NameError};
use http::StatusCode;

use crate::limits::CHANNELS_MAX;
use crate::outcome::NO_CHANNEL_ID;
use crate::percent::DecodeError;
use crate::{Outcome, Profile};

/// Why a request was refused before it reached the hub. The peer must change it; sending it again
/// unchanged never helps.
///
/// The text of each is one sentence for the person who reads the answer. A malformed *cursor* is
/// never an error: programs send those, and they are better served than refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// The name of a channel breaks a rule of the hub.
    #[error("{0}")]
    ChannelName(NameError),
    /// A channel is named twice in one subscription, which would make two cursors of one.
    #[error("the channel `{0}` is named twice")]
    DuplicateChannel(ChannelName),
    /// There is nothing between two commas of a list of channels.
    #[error("one of the channel names is empty; write a literal comma as %2C")]
    EmptyChannel,
    /// A part of the URL or a header is not text.
    #[error("`{field}` cannot be read: {source}")]
    Encoding {
        /// Which part.
        field: &'static str,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// The request names no channel.
    #[error("{NO_CHANNEL_ID}")]
    NoChannelId,
    /// Several channels are named where one is published to.
    #[error("a message goes to one channel; write a literal comma as %2C")]
    OneChannel,
    /// A raw slash is in the name of a channel.
    #[error("a `/` inside a channel name is written %2F")]
    RawSlash,
    /// `since` is none of its forms.
    #[error(
        "`since` is `all`, `now`, the id of a message like 1763680000:3, an age like 10m \
         (s, m, h or d), or -5 for the last five"
    )]
    Since,
    /// `since` lists ids, but not one for each channel.
    #[error(
        "`since` takes one id for each channel, in their order, or one for all; \
         it has {ids}, and the channels are {channels}"
    )]
    SinceCount {
        /// How many ids there are.
        ids: usize,
        /// How many channels are subscribed to.
        channels: usize,
    },
    /// There are more channels in one subscription than [`CHANNELS_MAX`].
    #[error("a subscription has at most {CHANNELS_MAX} channels")]
    TooManyChannels,
    /// The lifetime of a message is not a period.
    #[error("`ttl` is a whole number with a unit, like 30s (s, m, h or d)")]
    Ttl,
    /// A field is one that not every wire format could carry.
    #[error("`{field}` must be at most {bytes_max} bytes without control characters")]
    Unfit {
        /// Which field.
        field: &'static str,
        /// Its limit in bytes.
        bytes_max: usize,
    },
}

impl RelayError {
    /// What is wrong, for programs: lower case with underscores, never changed once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ChannelName(NameError::TooLong(_)) => "channel_name_too_long",
            Self::ChannelName(_) => "bad_channel_name",
            Self::DuplicateChannel(_) => "duplicate_channel",
            Self::EmptyChannel => "empty_channel_name",
            Self::Encoding { .. } => "bad_encoding",
            Self::NoChannelId => "no_channel_id",
            Self::OneChannel => "one_channel_only",
            Self::RawSlash => "raw_slash",
            Self::Since | Self::SinceCount { .. } => "bad_since",
            Self::TooManyChannels => "too_many_channels",
            Self::Ttl => "bad_ttl",
            Self::Unfit { .. } => "unfit_field",
        }
    }

    /// Which part of the request it is about: `channel`, `content_type`, `event`, `id`, `since`,
    /// `ttl`, or the query key that was asked for.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Encoding { field, .. } | Self::Unfit { field, .. } => field,
            Self::Since | Self::SinceCount { .. } => "since",
            Self::Ttl => "ttl",
            Self::ChannelName(_)
            | Self::DuplicateChannel(_)
            | Self::EmptyChannel
            | Self::NoChannelId
            | Self::OneChannel
            | Self::RawSlash
            | Self::TooManyChannels => "channel",
        }
    }

    /// What this means for the answer. The protocol's implementations answer 403 where a name or a
    /// list is over a limit, and 404 where there is none.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::NoChannelId => Outcome::NoChannelId,
            Self::ChannelName(NameError::TooLong(_)) | Self::TooManyChannels => Outcome::Refused,
            _ => Outcome::Invalid,
        }
    }

    /// The status of the answer: 400, 403 or 404.
    pub fn status(&self) -> StatusCode {
        // These three outcomes are the same at every location and in every profile.
        self.outcome()
            .answer(crate::Location::Subscriber, Profile::Relay)
            .status
    }
}

impl From<NameError> for RelayError {
    fn from(error: NameError) -> Self {
        match error {
            NameError::Empty => Self::EmptyChannel,
            error => Self::ChannelName(error),
        }
    }
}

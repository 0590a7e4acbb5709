//! How publishers and subscribers are served.

use std::time::Duration;

use fanfare_hub::{Admission, HistoryLimits, Start};
use http::HeaderValue;

use crate::{PollMode, Profile};

/// The settings of a [`Relay`](crate::Relay). Begin with the defaults and change what matters:
///
/// ```
/// use std::time::Duration;
/// use fanfare_relay::RelayConfig;
///
/// let config = RelayConfig {
///     poll_time: Some(Duration::from_secs(25)),
///     ..RelayConfig::default()
/// };
/// # assert!(!config.existing_channels_only);
/// ```
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// The dialect. The protocol as written, by default.
    pub profile: Profile,
    /// How much of each channel is kept. 100 messages, 1 hour, 1 MiB by default; no messages means
    /// that only those hear one who wait for it.
    pub history: HistoryLimits,
    /// What happens when a second subscriber comes to a channel (section 3.1 of the protocol). All
    /// are served by default.
    pub admission: Admission,
    /// Whether subscribers find only channels that a publisher has made, and are answered 403 at
    /// others. By default a subscriber may come first.
    pub existing_channels_only: bool,
    /// Whether subscribers wait. They do, by default.
    pub mode: PollMode,
    /// How long a subscriber waits; then it is answered that there is nothing, and asks again.
    /// `None`, the default, is for as long as it takes: then whatever stands between must bear with
    /// silent connections.
    pub poll_time: Option<Duration>,
    /// Where a subscriber without a cursor begins. With the oldest stored message, as the protocol
    /// says, by default.
    pub first: Start,
    /// What every message is delivered as, whatever its publisher has called it. By default it is
    /// what the publisher says.
    pub content_type: Option<HeaderValue>,
    /// Bytes that a message may have. 1 MiB by default; more is answered 413.
    pub message_bytes_max: usize,
    /// Bytes of all unfinished messages together. 64 MiB by default; a message for which there is
    /// no room is answered 503.
    pub arriving_bytes_max: usize,
    /// Time for a whole message to arrive. 60 seconds by default: whoever drips holds memory and a
    /// connection for no longer.
    pub message_time: Duration,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            history: HistoryLimits::default(),
            admission: Admission::default(),
            existing_channels_only: false,
            mode: PollMode::default(),
            poll_time: None,
            first: Start::Oldest,
            content_type: None,
            message_bytes_max: 1 << 20,
            arriving_bytes_max: 64 << 20,
            message_time: Duration::from_secs(60),
        }
    }
}

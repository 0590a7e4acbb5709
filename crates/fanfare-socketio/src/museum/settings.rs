//! How a museum serves.

use std::time::Duration;

use super::limits;
use super::origins::Origins;
use super::transport::Transport;

/// How a museum serves. The defaults are those of the old servers.
#[derive(Clone, Debug)]
pub struct MuseumSettings {
    /// The path below which it is, `/socket.io` by default. Slashes around it do not count.
    pub resource: String,
    /// What may carry a session. A path with another name is not claimed.
    ///
    /// `jsonp-polling` answers pages of every origin, for a script carries no `Origin`: leave it
    /// out where [`MuseumSettings::origins`] is meant to keep others away.
    pub transports: Vec<Transport>,
    /// See [`limits::POLL_DURATION`].
    pub poll_duration: Duration,
    /// See [`limits::HEARTBEAT_INTERVAL`].
    pub heartbeat_interval: Duration,
    /// See [`limits::HEARTBEAT_TIMEOUT`].
    pub heartbeat_timeout: Duration,
    /// See [`limits::CLOSE_TIMEOUT`].
    pub close_timeout: Duration,
    /// See [`limits::QUEUE_MESSAGES_MAX`].
    pub queue_messages_max: usize,
    /// See [`limits::QUEUE_BYTES_MAX`].
    pub queue_bytes_max: usize,
    /// See [`limits::RECEIVED_BYTES_MAX`].
    pub received_bytes_max: usize,
    /// See [`limits::SESSIONS_MAX`].
    pub sessions_max: usize,
    /// Whose pages may connect. None by default, not even those of the server itself if their
    /// browser says where they are from, as in go-socket.io.
    pub origins: Origins,
}

impl Default for MuseumSettings {
    fn default() -> Self {
        Self {
            resource: "/socket.io".to_owned(),
            transports: Transport::ALL.to_vec(),
            poll_duration: limits::POLL_DURATION,
            heartbeat_interval: limits::HEARTBEAT_INTERVAL,
            heartbeat_timeout: limits::HEARTBEAT_TIMEOUT,
            close_timeout: limits::CLOSE_TIMEOUT,
            queue_messages_max: limits::QUEUE_MESSAGES_MAX,
            queue_bytes_max: limits::QUEUE_BYTES_MAX,
            received_bytes_max: limits::RECEIVED_BYTES_MAX,
            sessions_max: limits::SESSIONS_MAX,
            origins: Origins::default(),
        }
    }
}

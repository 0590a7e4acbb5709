//! How event streams behave.

use std::time::Duration;

use bytes::Bytes;

use crate::block::retry_block;
use crate::jitter;
use crate::limits::{BUFFER_BYTES_DEFAULT, BUFFER_EVENTS_DEFAULT, KEEP_ALIVE_DEFAULT};

/// What a stream says when it opens if it has no retry time to say.
static HELLO: Bytes = Bytes::from_static(b": ok\n\n");

/// Of the longest age, the part that is left to chance.
const AGE_SPREAD_DIVISOR: u32 = 5;

/// How event streams behave. Make one, keep it, and open each stream with it.
///
/// ```
/// use std::time::Duration;
/// use fanfare_sse::SseConfig;
///
/// const CONFIG: SseConfig = SseConfig::new()
///     .retry(Duration::from_secs(2))
///     .retry_jitter(Duration::from_secs(3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SseConfig {
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) retry: Option<Duration>,
    pub(crate) retry_jitter: Duration,
    pub(crate) age_max: Option<Duration>,
    pub(crate) buffer: Buffer,
}

/// The queue between a [`Sender`](crate::Sender) and its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Buffer {
    pub(crate) events_max: usize,
    pub(crate) bytes_max: usize,
    pub(crate) overflow: Overflow,
}

/// What happens to an event for which there is no room, because the client reads too slowly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The stream ends where it is. The client connects again, says the id of the last event it
    /// has seen, and whoever has a history can go on from there.
    Disconnect,
    /// The oldest events that wait are dropped, and nobody is told. For events of which only the
    /// newest matter.
    DropOldest,
    /// [`send`](crate::Sender::send) waits, and [`try_send`](crate::Sender::try_send) gives the
    /// event back.
    #[default]
    Wait,
}

impl Default for SseConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl SseConfig {
    /// A comment after 15 seconds of silence, room for 64 events or 256 KiB, senders wait; the
    /// retry time is the client's own.
    pub const fn new() -> Self {
        Self {
            keep_alive: Some(KEEP_ALIVE_DEFAULT),
            retry: None,
            retry_jitter: Duration::ZERO,
            age_max: None,
            buffer: Buffer {
                events_max: BUFFER_EVENTS_DEFAULT,
                bytes_max: BUFFER_BYTES_DEFAULT,
                overflow: Overflow::Wait,
            },
        }
    }

    /// Silence, counted from the last byte written, after which a comment is sent. It keeps
    /// proxies from closing the connection and finds out whether the client is still there. `None`
    /// or no time at all sends none, and then a client that vanished is noticed only at the next
    /// event.
    ///
    /// Common proxies lose patience after 30 to 60 seconds.
    #[must_use]
    pub const fn keep_alive(mut self, silence: Option<Duration>) -> Self {
        self.keep_alive = match silence {
            Some(Duration::ZERO) => None,
            silence => silence,
        };
        self
    }

    /// How long clients are asked to wait before they connect again, in whole milliseconds. Said
    /// when a stream opens.
    #[must_use]
    pub const fn retry(mut self, after: Duration) -> Self {
        self.retry = Some(after);
        self
    }

    /// Adds up to this time to each client's retry time, at random, so that not all come back in
    /// the same moment after a restart. Without [`retry`](Self::retry) it does nothing.
    #[must_use]
    pub const fn retry_jitter(mut self, up_to: Duration) -> Self {
        self.retry_jitter = up_to;
        self
    }

    /// Ends each stream after four to five fifths of this time, at random. The client connects
    /// again at once with its cursor: connections spread over new servers, and no permission is
    /// older than that.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.age_max = Some(age);
        self
    }

    /// Events that may wait for one client; at least one may.
    #[must_use]
    pub const fn buffer(mut self, events: usize) -> Self {
        self.buffer.events_max = if events == 0 { 1 } else { events };
        self
    }

    /// Bytes that may wait for one client. A single event may be larger.
    #[must_use]
    pub const fn buffer_bytes(mut self, bytes: usize) -> Self {
        self.buffer.bytes_max = bytes;
        self
    }

    /// What happens when a buffer is full.
    #[must_use]
    pub const fn overflow(mut self, overflow: Overflow) -> Self {
        self.buffer.overflow = overflow;
        self
    }

    /// The first bytes of a stream. They are sent at once: until something comes some proxies hold
    /// the head back, and `open` does not fire.
    pub(crate) fn opening(&self) -> Bytes {
        match self.retry {
            Some(after) => retry_block(after.saturating_add(jitter::below(self.retry_jitter))),
            None => HELLO.clone(),
        }
    }

    /// How old the next stream may become.
    pub(crate) fn age(&self) -> Option<Duration> {
        let age = self.age_max?;
        Some(age.saturating_sub(jitter::below(age / AGE_SPREAD_DIVISOR)))
    }
}

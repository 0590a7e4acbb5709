//! The wire protocols of subscribers.
//!
//! An adapter turns messages into the bytes of its protocol, and what its peer says into wishes
//! for the hub. It does no I/O and keeps no message: the cursor of a connection is all there is.
//!
//! What holds for all of them:
//!
//! - **Encoded once.** A frame of one channel is made by the first reader of its message and
//!   shared by all others, chunk marks included. A connection that listens to several channels
//!   writes its own cursor in front and shares the rest.
//! - **Gaps are told**, in whatever way the protocol has, or the connection ends.
//! - **The cursor of several channels** is the list of their cursors in the order of the request,
//!   so the set of channels of a request never changes: when one of them is deleted, the whole
//!   subscription is over, as with Nchan. [`Multiplex`] names the channel in every frame instead,
//!   and there channels come and go.
//!
//! Reading order: [`sse`], the model for the rest; [`ndjson`], [`multipart`], [`raw_stream`];
//! [`poll`]; [`websocket`], [`multiplex`]; [`engine_socket`].

mod body;
pub mod engine_socket;
pub(crate) mod json;
pub mod multipart;
pub mod multiplex;
pub mod ndjson;
pub mod poll;
pub mod raw_stream;
pub(crate) mod refusal;
pub(crate) mod reply;
pub mod socket;
pub mod sse;
pub mod websocket;
pub(crate) mod wish;

use fanfare_hub::{EndReason, Gap, MessageId};
use fanfare_link::{At, Kind};
use fanfare_relay::gap::Missed;
use fanfare_relay::{Location, Outcome, Profile, Validators, cursor};
use http::StatusCode;

pub use engine_socket::EngineSocket;
pub use multipart::Multipart;
pub use multiplex::{Multiplex, MultiplexSettings};
pub use ndjson::Ndjson;
pub use poll::{Poll, PollSettings};
pub use raw_stream::{Chunked, RawStream};
pub use socket::SocketSettings;
pub use sse::{Sse, SseSettings};
pub use websocket::SubscriberSocket;

/// What the metrics call each kind of connection.
pub const KINDS: [(Kind, &str); 9] = [
    (kind::WEBSOCKET, "websocket"),
    (kind::MULTIPLEX, "ws"),
    (kind::SSE, "sse"),
    (kind::LONG_POLL, "longpoll"),
    (kind::INTERVAL_POLL, "interval"),
    (kind::NDJSON, "ndjson"),
    (kind::MULTIPART, "multipart"),
    (kind::RAW, "raw"),
    (kind::SOCKET_IO, "socketio"),
];

/// The numbers behind [`KINDS`].
mod kind {
    use fanfare_link::Kind;

    pub(super) const WEBSOCKET: Kind = Kind(0);
    pub(super) const MULTIPLEX: Kind = Kind(1);
    pub(super) const SSE: Kind = Kind(2);
    pub(super) const LONG_POLL: Kind = Kind(3);
    pub(super) const INTERVAL_POLL: Kind = Kind(4);
    pub(super) const NDJSON: Kind = Kind(5);
    pub(super) const MULTIPART: Kind = Kind(6);
    pub(super) const RAW: Kind = Kind(7);
    pub(super) const SOCKET_IO: Kind = Kind(8);
}

/// The numbers under which a message keeps its wire forms. No two adapters may share one unless
/// they write the same bytes. Each name takes two: the bytes as they are, and chunked or compressed.
/// A `*_REST` is what follows a cursor of the connection's own.
mod format {
    use fanfare_hub::WireFormat;

    use super::body::StreamFormat;
    use super::socket::SocketFormat;

    pub(super) const SSE: StreamFormat = StreamFormat::numbered(fanfare_sse::hub::MESSAGE.0);
    pub(super) const SSE_REST: StreamFormat =
        StreamFormat::numbered(fanfare_sse::hub::MESSAGE_AFTER_ID.0);
    pub(super) const NDJSON: StreamFormat = StreamFormat::numbered(5);
    pub(super) const NDJSON_REST: StreamFormat = StreamFormat::numbered(7);
    pub(super) const MULTIPART: StreamFormat = StreamFormat::numbered(9);
    pub(super) const MULTIPART_REST: StreamFormat = StreamFormat::numbered(11);
    pub(super) const LINE: StreamFormat = StreamFormat::numbered(13);
    pub(super) const BYTES: StreamFormat = StreamFormat::numbered(15);
    pub(super) const WEBSOCKET: SocketFormat = SocketFormat::numbered(17);
    pub(super) const WEBSOCKET_META: SocketFormat = SocketFormat::numbered(19);
    pub(super) const MULTIPLEX: SocketFormat = SocketFormat::numbered(21);
    /// The head of an answer; the body is the payload itself.
    pub(super) const POLL: WireFormat = WireFormat(23);
}

/// The cursor that a connection has reached: an id, or the list of the ids of its channels.
fn reached(at: At<'_>) -> String {
    cursor::write(at.cursors())
}

/// The same cursor as `Last-Modified` and `Etag`; `id` is the part of it that has just moved.
fn validators(id: MessageId, at: At<'_>) -> Validators {
    Validators::reached(id, at.cursors())
}

/// A gap as its header has it: named only where there are several channels.
fn missed(gap: &Gap, at: At<'_>) -> Missed {
    Missed {
        channel: (!at.is_only()).then(|| at.channel().clone()),
        gap: *gap,
    }
}

/// What polls answer when the hub ends a subscription. The streams say it with the same words.
fn end_status(reason: EndReason) -> StatusCode {
    // The same at every subscriber location and in every profile.
    Outcome::from(reason)
        .answer(Location::Subscriber, Profile::Relay)
        .status
}

#[cfg(test)]
mod tests;

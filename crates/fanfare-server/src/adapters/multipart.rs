//! `multipart/mixed` without an end: one part per message.
//!
//! Each part has the cursor as `Last-Modified` and `Etag`, then `Content-Type` and
//! `X-EventSource-Event` if the publisher gave them. The delimiter that ends a part is sent with
//! it, so that its reader knows at once that it is whole. A gap is a part without a body, with a
//! `Fanfare-Gap` header. Between messages nothing is sent: there is no place for it.

use std::hash::{BuildHasher, RandomState};

use bytes::Bytes;
use fanfare_hub::{EndReason, Gap, Message, Timestamp};
use fanfare_link::{At, Close, Farewell, Framing, Kind, Outbox, Protocol, Tick};
use fanfare_relay::Validators;
use fanfare_relay::gap;
use http::Response;
use http::header::HeaderValue;

use super::body::{self, StreamBody};
use super::{format, kind, missed, validators};

/// Speaks `multipart/mixed` as Nchan does (RFC 2046, section 5.1).
#[derive(Debug)]
pub struct Multipart {
    body: StreamBody,
    boundary: u128,
    /// The boundary as it stands in the body, with its marks.
    delimiter: Bytes,
}

impl Multipart {
    /// A stream on a connection with this framing.
    ///
    /// Each has a boundary of its own that nobody can guess: with a known one a publisher could
    /// forge parts. So the boundary is what readers do not share of a part.
    pub fn new(framing: Framing, now: Timestamp) -> Self {
        let body = StreamBody(framing);
        let boundary = boundary(now);
        Self {
            body,
            boundary,
            delimiter: body.frame(format!("--{boundary:032x}")),
        }
    }

    /// The head of the stream. Nchan's client looks for exactly this spelling, without quotes.
    pub fn head(&self) -> Response<()> {
        let content_type = format!("multipart/mixed; boundary={:032x}", self.boundary);
        let content_type = HeaderValue::try_from(content_type).expect("letters and digits");
        body::head(Some(content_type))
    }

    fn end(&self, out: &mut Outbox<'_>) -> Close {
        self.body.send(&b"--\r\n"[..], out);
        self.body.end(out)
    }
}

impl Protocol for Multipart {
    fn kind(&self) -> Kind {
        kind::MULTIPART
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.share(&self.delimiter);
        Ok(())
    }

    fn deliver(
        &mut self,
        message: &Message,
        at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        if at.is_only() {
            self.body.share(message, format::MULTIPART, encode, out);
        } else {
            self.body.send(beginning(validators(message.id(), at)), out);
            self.body
                .share(message, format::MULTIPART_REST, encode_rest, out);
        }
        out.share(&self.delimiter);
        Ok(())
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        let mut part = beginning(validators(gap.resumed, at));
        if let Some(value) = gap::write(&[missed(gap, at)]) {
            field(&mut part, "Fanfare-Gap", value.as_bytes());
        }
        part.extend_from_slice(b"\r\n\r\n");
        self.body.send(part, out);
        out.share(&self.delimiter);
        Ok(())
    }

    fn ended(
        &mut self,
        _reason: EndReason,
        _at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        Err(self.end(out))
    }

    fn deadline(&self) -> Option<Tick> {
        None
    }

    fn tick(&mut self, _out: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    fn farewell(&mut self, _reason: Farewell, out: &mut Outbox<'_>) -> Close {
        self.end(out)
    }
}

/// The standard library seeds its hashers from the operating system, each one differently.
fn boundary(now: Timestamp) -> u128 {
    let half = || u128::from(RandomState::new().hash_one(now.millis()));
    half() << 64 | half()
}

/// A part for readers of one channel, without the delimiter.
fn encode(message: &Message) -> Bytes {
    let mut part = beginning(Validators::single(message.id()));
    write_rest(&mut part, message);
    part.into()
}

/// What follows the cursor.
fn encode_rest(message: &Message) -> Bytes {
    let mut rest = Vec::with_capacity(message.payload().len() + 64);
    write_rest(&mut rest, message);
    rest.into()
}

/// The line end of the delimiter before, and the cursor.
fn beginning(cursor: Validators) -> Vec<u8> {
    let mut part = b"\r\n".to_vec();
    if let Some(value) = cursor.last_modified {
        field(&mut part, "Last-Modified", value.as_bytes());
    }
    if let Some(value) = cursor.etag {
        field(&mut part, "Etag", value.as_bytes());
    }
    part
}

fn write_rest(part: &mut Vec<u8>, message: &Message) {
    if let Some(content_type) = message.content_type() {
        field(part, "Content-Type", content_type.as_bytes());
    }
    if let Some(event) = message.event() {
        field(part, "X-EventSource-Event", event.as_bytes());
    }
    part.extend_from_slice(b"\r\n");
    part.extend_from_slice(message.payload());
    part.extend_from_slice(b"\r\n");
}

/// Values come without control characters: the hub refuses them.
fn field(part: &mut Vec<u8>, name: &str, value: &[u8]) {
    part.extend_from_slice(name.as_bytes());
    part.extend_from_slice(b": ");
    part.extend_from_slice(value);
    part.extend_from_slice(b"\r\n");
}

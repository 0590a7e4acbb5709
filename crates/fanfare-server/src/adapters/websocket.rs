//! A WebSocket that delivers the messages of its channels and takes none.
//!
//! Plain, each message is one frame with the payload and nothing else: text if it is UTF-8 and its
//! type is not `application/octet-stream`, else binary. There is no room for a gap, so a gap closes
//! the socket with 4001 and a reason that names the cursor to come back with.
//!
//! With the sub-protocol `ws+meta.nchan` lines stand before the payload, and an empty one after
//! them; a gap is a frame of the type [`GAP_TYPE`] with JSON:
//!
//! ```text
//! id: 1763680000:3
//! content-type: text/plain
//!
//! hello
//! ```

use fanfare_hub::{EndReason, Gap, Message};
use fanfare_link::{At, Close, Farewell, Kind, Outbox, Protocol, Reads, Tick};
use fanfare_websocket::frame::{self, FrameHeader};
use fanfare_websocket::limits::CLOSE_REASON_BYTES_MAX;
use fanfare_websocket::{CloseCode, MessageKind};

use super::json::{self, GapNotice};
use super::socket::{LOST, Payload, Socket, SocketSettings};
use super::{format, kind, reached};

/// The content type of a gap. Publishers may use it too: whoever cares looks at the shape of the
/// JSON.
pub const GAP_TYPE: &str = "application/vnd.fanfare.gap+json";

/// Bytes of a message from a peer that is to send none. Room for the one that teaches it, not for
/// a store of them in half-sent messages.
const RECEIVED_BYTES_MAX: usize = 4096;

/// What a peer is told that sends a message.
const ONLY_DELIVERS: &str = "this location only delivers; publish at /pub/{channel} or over /ws";

/// Bytes that come before a payload: two texts of at most 256 bytes, an id and names.
const META_BYTES_MAX: usize = 1024;

/// Delivers messages over a WebSocket.
#[derive(Debug)]
pub struct SubscriberSocket {
    socket: Socket,
    has_meta: bool,
}

impl SubscriberSocket {
    /// A socket that behaves like this; with `has_meta` it speaks `ws+meta.nchan`.
    pub fn new(settings: SocketSettings, has_meta: bool) -> Self {
        Self {
            socket: Socket::new(&settings, RECEIVED_BYTES_MAX),
            has_meta,
        }
    }

    fn share(&self, message: &Message, out: &mut Outbox<'_>) {
        let bytes = message.payload().len();
        if self.has_meta {
            let bytes_max = bytes.saturating_add(META_BYTES_MAX);
            self.socket
                .share(message, format::WEBSOCKET_META, with_meta, bytes_max, out);
        } else {
            self.socket
                .share(message, format::WEBSOCKET, alone, bytes, out);
        }
    }
}

impl Protocol for SubscriberSocket {
    fn kind(&self) -> Kind {
        kind::WEBSOCKET
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.socket.heard(out);
        Ok(())
    }

    fn deliver(
        &mut self,
        message: &Message,
        at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        if self.has_meta && !at.is_only() {
            send_with_cursor(message, at, out);
        } else {
            self.share(message, out);
        }
        Ok(())
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        if !self.has_meta {
            return Err(Socket::close(LOST, &resume_hint(at), out));
        }
        let mut payload = meta(&reached(at), Some(GAP_TYPE));
        payload.extend(json::write(&GapNotice::new(gap, at)));
        out.send(frame::encode(MessageKind::Text, &payload));
        Ok(())
    }

    fn ended(&mut self, reason: EndReason, _at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        Err(Socket::end(reason, out))
    }

    fn reads(&self) -> Reads {
        Reads::Frames
    }

    fn receive(&mut self, mut bytes: &mut [u8], out: &mut Outbox<'_>) -> Result<(), Close> {
        match self.socket.read(&mut bytes, out)? {
            None => Ok(()),
            Some(_) => Err(Socket::close(
                CloseCode::POLICY_VIOLATION,
                ONLY_DELIVERS,
                out,
            )),
        }
    }

    fn deadline(&self) -> Option<Tick> {
        Some(self.socket.deadline())
    }

    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.socket.tick(out)
    }

    fn farewell(&mut self, reason: Farewell, out: &mut Outbox<'_>) -> Close {
        Socket::farewell(reason, out)
    }
}

/// What to come back with. A cursor is never cut: half of one would be another place.
fn resume_hint(at: At<'_>) -> String {
    let hint = format!("gap: resume with since={}", reached(at));
    if hint.len() > CLOSE_REASON_BYTES_MAX {
        return "gap: too many channels to name the cursor here; ws+meta.nchan has it".to_owned();
    }
    hint
}

/// A frame for a reader of several channels: its own cursor, and the rest of the frame that
/// readers of one channel share.
fn send_with_cursor(message: &Message, at: At<'_>, out: &mut Outbox<'_>) {
    let shared = message.encoded(format::WEBSOCKET_META.plain(), |message| {
        with_meta(message).plain()
    });
    let rest = shared.slice(shared.len() - rest_bytes(message)..);
    let id = format!("id: {}\n", reached(at));
    // The kind was found when the shared frame was made; the payload need not be looked at again.
    let kind = match shared.first() {
        Some(0x82) => MessageKind::Binary,
        _ => MessageKind::Text,
    };
    let header = FrameHeader::new(kind.into()).encode(id.len() + rest.len());
    out.send([&*header, id.as_bytes()].concat());
    out.share(&rest);
}

fn alone(message: &Message) -> Payload {
    Payload {
        kind: kind_of(message),
        head: Vec::new(),
        body: message.payload().clone(),
    }
}

fn with_meta(message: &Message) -> Payload {
    Payload {
        head: meta(&message.id().to_string(), message.content_type()),
        ..alone(message)
    }
}

fn meta(cursor: &str, content_type: Option<&str>) -> Vec<u8> {
    let mut head = format!("id: {cursor}\n");
    if let Some(content_type) = content_type {
        head.extend([CONTENT_TYPE, content_type, "\n"]);
    }
    head.push('\n');
    head.into_bytes()
}

/// What [`meta`] and the payload take after the line with the cursor.
fn rest_bytes(message: &Message) -> usize {
    let content_type = message
        .content_type()
        .map_or(0, |text| CONTENT_TYPE.len() + text.len() + 1);
    content_type + 1 + message.payload().len()
}

const CONTENT_TYPE: &str = "content-type: ";

fn kind_of(message: &Message) -> MessageKind {
    match message.content_type() {
        Some("application/octet-stream") => MessageKind::Binary,
        _ => MessageKind::suiting(message.payload()),
    }
}

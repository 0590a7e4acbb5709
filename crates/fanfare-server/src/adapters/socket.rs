//! What every WebSocket has in common: frames in and out, signs of life, and how it ends.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{EndReason, Message, WireFormat};
use fanfare_link::{Close, Farewell, Outbox, Tick};
use fanfare_websocket::{CloseCode, Decoder, Deflate, Event, Level, MessageKind, Role, frame};

use super::end_status;

/// Some messages are lost to this reader: come back with a cursor, or for what there is.
pub(super) const LOST: CloseCode = match CloseCode::new(4001) {
    Some(code) => code,
    None => panic!("4000 to 4999 belong to applications"),
};

/// Payloads from this size on are compressed for those who asked for it: below, headers and a few
/// words seldom shrink, and trying takes longer than sending.
const DEFLATE_BYTES_MIN: usize = 64;

/// How a WebSocket behaves.
#[derive(Clone, Copy, Debug)]
pub struct SocketSettings {
    /// Bytes of a message that the peer may publish.
    pub message_bytes_max: usize,
    /// Compression, if it was agreed on.
    pub deflate: Option<Deflate>,
    /// Silence of the peer after which it is pinged. After as much again it is cut off.
    pub ping: Duration,
}

/// One WebSocket, whatever is said over it.
#[derive(Debug)]
pub(super) struct Socket {
    decoder: Decoder,
    deflate: Option<Deflate>,
    ping: Duration,
    /// When to ask the peer whether it is there, or to give it up if it has been asked.
    ping_at: Tick,
    is_asked: bool,
}

/// A message from the peer.
#[derive(Debug)]
pub(super) enum Data<'a> {
    Binary,
    Text(Cow<'a, str>),
}

/// A message as WebSocket sees it: `head` and `body` together.
pub(super) struct Payload {
    pub(super) kind: MessageKind,
    pub(super) head: Vec<u8>,
    pub(super) body: Bytes,
}

/// One way of writing a message: as it is, and compressed if that makes it smaller.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketFormat {
    plain: WireFormat,
    deflated: WireFormat,
}

impl Socket {
    /// `message_bytes_max` bounds what is read, in the form in which it is read.
    pub(super) fn new(settings: &SocketSettings, message_bytes_max: usize) -> Self {
        Self {
            decoder: Decoder::new(fanfare_websocket::Settings {
                role: Role::Server,
                // A frame that large could not be held anyway.
                message_bytes_max: u32::try_from(message_bytes_max).unwrap_or(u32::MAX),
                deflate: settings.deflate.is_some(),
            }),
            deflate: settings.deflate,
            ping: settings.ping,
            ping_at: Tick::default(),
            is_asked: false,
        }
    }

    /// The peer is there, as far as we know.
    pub(super) fn heard(&mut self, out: &Outbox<'_>) {
        self.ping_at = out.tick().after(self.ping);
        self.is_asked = false;
    }

    /// Reads on to the next message; `None` when all of `input` is used up. Answers everything
    /// that is not a message.
    pub(super) fn read<'i>(
        &mut self,
        input: &mut &'i mut [u8],
        out: &mut Outbox<'_>,
    ) -> Result<Option<Data<'i>>, Close> {
        self.heard(out);
        loop {
            match self.decoder.decode(input) {
                Ok(None) => return Ok(None),
                Ok(Some(Event::Binary(_))) => return Ok(Some(Data::Binary)),
                Ok(Some(Event::Text(text))) => return Ok(Some(Data::Text(text))),
                Ok(Some(Event::Ping(payload))) => out.send(frame::pong(&payload)),
                Ok(Some(Event::Pong(_))) => {}
                Ok(Some(Event::Close(received))) => {
                    out.send(frame::close_echo(received.as_ref()));
                    return Err(Close::HangUp);
                }
                Err(violation) => {
                    out.send(violation.close_frame());
                    return Err(Close::HangUp);
                }
            }
        }
    }

    /// Bytes of a message that has not come whole yet.
    pub(super) fn held_bytes(&self) -> usize {
        self.decoder.held_bytes()
    }

    /// Sends a message, encoded once for all sockets that want it in this form. `bytes_max` is
    /// what its payload cannot be longer than, written out.
    pub(super) fn share(
        &self,
        message: &Message,
        format: SocketFormat,
        encode: fn(&Message) -> Payload,
        bytes_max: usize,
        out: &mut Outbox<'_>,
    ) {
        let is_deflated = message.payload().len() >= DEFLATE_BYTES_MIN
            && self
                .deflate
                .is_some_and(|deflate| deflate.admits(bytes_max));
        out.share(if is_deflated {
            message.encoded(format.deflated, |message| encode(message).deflated())
        } else {
            message.encoded(format.plain, |message| encode(message).plain())
        });
    }

    /// Says goodbye. The driver waits for the peer to go.
    pub(super) fn close(code: CloseCode, reason: &str, out: &mut Outbox<'_>) -> Close {
        out.send(frame::close(code, reason));
        Close::HangUp
    }

    /// The goodbye when the hub ends a subscription, in the words that Nchan's clients know.
    pub(super) fn end(reason: EndReason, out: &mut Outbox<'_>) -> Close {
        Self::close(CloseCode::GOING_AWAY, &end_status(reason).to_string(), out)
    }

    pub(super) fn farewell(reason: Farewell, out: &mut Outbox<'_>) -> Close {
        match reason {
            Farewell::Behind => {
                Self::close(LOST, "behind: some messages are no longer stored", out)
            }
            Farewell::Shutdown => Self::close(CloseCode::GOING_AWAY, "going away", out),
        }
    }

    pub(super) fn deadline(&self) -> Tick {
        self.ping_at
    }

    /// The peer has been silent for a while: asks whether it is there, or gives it up.
    pub(super) fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        if self.is_asked {
            return Err(Close::Abort);
        }
        out.send(frame::ping(&[]));
        self.ping_at = out.tick().after(self.ping);
        self.is_asked = true;
        Ok(())
    }
}

impl SocketFormat {
    /// Takes this number and the next one.
    pub(super) const fn numbered(number: u16) -> Self {
        Self {
            plain: WireFormat(number),
            deflated: WireFormat(number + 1),
        }
    }

    pub(super) fn plain(self) -> WireFormat {
        self.plain
    }
}

impl Payload {
    pub(super) fn plain(&self) -> Bytes {
        frame::encode_parts(self.kind, &[&self.head, &self.body])
    }

    /// Done once, however many read it: what a better level costs is little beside what it saves.
    fn deflated(&self) -> Bytes {
        let parts: [&[u8]; 2] = [&self.head, &self.body];
        frame::encode_deflated(self.kind, &parts, Level::BALANCED).unwrap_or_else(|| self.plain())
    }
}

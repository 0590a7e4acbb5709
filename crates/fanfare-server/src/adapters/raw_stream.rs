//! Messages as they are, one after the other, in a response without end.
//!
//! There is room for payloads and nothing else: no ids, no types, no signs of life. Whoever needs
//! to resume uses another protocol; these two are for `curl`, and for clients of Nchan.
//!
//! A gap cannot be told here, so a gap ends the stream, and visibly: a chunked body without its
//! last chunk is an error to its reader, any other body is broken off. What was missing already
//! when the reader came stands in `Fanfare-Gap` of the head, written by whoever holds the
//! connection: it must not end the stream, for the reader would meet the same hole at every attempt
//! and never get past it.

use bytes::{BufMut, Bytes, BytesMut};
use fanfare_hub::{EndReason, Gap, Message};
use fanfare_link::{At, Close, Farewell, Framing, Kind, Outbox, Protocol, Tick};
use http::Response;

use super::body::{self, StreamBody};
use super::{format, kind};

/// Each message is followed by a line feed (Nchan's raw stream).
pub type RawStream = ByteStream<true>;

/// Each message is one chunk, and an empty one is left out, because an empty chunk would end the
/// body (Nchan's `TE: chunked`). Where the connection has no chunks a line feed follows each
/// message instead.
pub type Chunked = ByteStream<false>;

/// Writes payloads: as lines, or as chunks.
#[derive(Debug)]
pub struct ByteStream<const LINES: bool> {
    body: StreamBody,
    /// All that was stored when the reader came has been delivered.
    is_live: bool,
}

impl<const LINES: bool> ByteStream<LINES> {
    /// A stream on a connection with this framing.
    pub fn new(framing: Framing) -> Self {
        Self {
            body: StreamBody(framing),
            is_live: false,
        }
    }

    /// The head of the stream. The payloads may be of any type, so none is named.
    pub fn head() -> Response<()> {
        body::head(None)
    }

    fn has_chunks(&self) -> bool {
        !LINES && self.body.0 == Framing::Chunked
    }
}

impl<const LINES: bool> Protocol for ByteStream<LINES> {
    fn kind(&self) -> Kind {
        kind::RAW
    }

    fn deliver(
        &mut self,
        message: &Message,
        _at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        if self.has_chunks() {
            self.body.share(message, format::BYTES, bytes, out);
        } else {
            self.body.share(message, format::LINE, line, out);
        }
        Ok(())
    }

    fn gap(&mut self, _gap: &Gap, _at: At<'_>, _out: &mut Outbox<'_>) -> Result<(), Close> {
        if self.is_live {
            return Err(self.body.cut());
        }
        Ok(())
    }

    fn caught_up(&mut self, _out: &mut Outbox<'_>) -> Result<(), Close> {
        self.is_live = true;
        Ok(())
    }

    fn ended(
        &mut self,
        _reason: EndReason,
        _at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        Err(self.body.end(out))
    }

    fn deadline(&self) -> Option<Tick> {
        None
    }

    fn tick(&mut self, _out: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    fn farewell(&mut self, reason: Farewell, out: &mut Outbox<'_>) -> Close {
        match reason {
            Farewell::Behind => self.body.cut(),
            Farewell::Shutdown => self.body.end(out),
        }
    }
}

fn bytes(message: &Message) -> Bytes {
    message.payload().clone()
}

fn line(message: &Message) -> Bytes {
    let mut line = BytesMut::with_capacity(message.payload().len() + 1);
    line.put_slice(message.payload());
    line.put_u8(b'\n');
    line.freeze()
}

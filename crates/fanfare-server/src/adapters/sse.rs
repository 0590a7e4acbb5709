//! Server-Sent Events.
//!
//! A message is one event: its `id` is the cursor, its name that of the publisher. What is not
//! UTF-8 comes as base64 with a line `encoding: base64` behind it, which a browser ignores and
//! other clients can look for; the content type does not travel.
//!
//! A gap is an event called `gap` with `{"channel":…,"after":…,"resumed":…}` as data. Publishers
//! may use that name too: whoever cares looks at the shape of the data.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fanfare_hub::{EndReason, Gap, Message};
use fanfare_link::{At, Close, Farewell, Framing, Kind, Outbox, Protocol, Tick};
use fanfare_sse::{KEEP_ALIVE, retry_block, write_fields};
use http::Response;
use http::header::HeaderValue;

use super::body::{self, StreamBody};
use super::json::{self, GapNotice};
use super::{end_status, format, kind, reached};

/// Speaks Server-Sent Events (HTML standard, 9.2).
#[derive(Debug)]
pub struct Sse {
    body: StreamBody,
    keep_alive_at: Tick,
    settings: SseSettings,
}

/// How an event stream behaves.
#[derive(Clone, Copy, Debug)]
pub struct SseSettings {
    /// Silence after which a comment is sent.
    pub keep_alive: Duration,
    /// How long a client is asked to wait before it connects again; zero leaves it to the client.
    pub retry: Duration,
}

impl Sse {
    /// An event stream on a connection with this framing.
    pub fn new(framing: Framing, settings: SseSettings) -> Self {
        Self {
            body: StreamBody(framing),
            keep_alive_at: Tick::default(),
            settings,
        }
    }

    /// The head of the stream. The type has no `charset`: some proxies stream only the bare one.
    pub fn head() -> Response<()> {
        body::head(Some(HeaderValue::from_static("text/event-stream")))
    }

    fn send(&mut self, block: impl Into<Bytes>, out: &mut Outbox<'_>) {
        self.body.send(block, out);
        self.written(out);
    }

    fn written(&mut self, out: &Outbox<'_>) {
        self.keep_alive_at = out.tick().after(self.settings.keep_alive);
    }
}

impl Protocol for Sse {
    fn kind(&self) -> Kind {
        kind::SSE
    }

    /// Says something at once: without a first byte some proxies hold the head back, and the
    /// client's `open` does not fire.
    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        let retry = self.settings.retry;
        let first = if retry.is_zero() {
            Bytes::from_static(b": ok\n\n")
        } else {
            retry_block(retry)
        };
        self.send(first, out);
        Ok(())
    }

    fn deliver(
        &mut self,
        message: &Message,
        at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        if at.is_only() {
            self.body.share(message, format::SSE, encode, out);
        } else {
            self.body.send(id_line(at), out);
            self.body.share(message, format::SSE_REST, encode_rest, out);
        }
        self.written(out);
        Ok(())
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        let mut block = id_line(at).into_bytes();
        block.extend_from_slice(b"event: gap\ndata: ");
        block.extend(json::write(&GapNotice::new(gap, at)));
        block.extend_from_slice(b"\n\n");
        self.send(block, out);
        Ok(())
    }

    /// A comment in the form that Nchan's clients know. A browser comes back after it.
    fn ended(&mut self, reason: EndReason, _at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        let status = end_status(reason);
        self.send(format!(":{}: {status}\n\n", status.as_u16()), out);
        Err(self.body.end(out))
    }

    fn deadline(&self) -> Option<Tick> {
        Some(self.keep_alive_at)
    }

    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.send(KEEP_ALIVE.clone(), out);
        Ok(())
    }

    /// Before a shutdown each client is given another time to come back at, up to twice the usual.
    fn farewell(&mut self, reason: Farewell, out: &mut Outbox<'_>) -> Close {
        let retry = self.settings.retry;
        if reason == Farewell::Shutdown && !retry.is_zero() {
            let spread = u64::try_from(retry.as_millis()).unwrap_or(u64::MAX);
            let late = Duration::from_millis(out.jitter(spread));
            self.send(retry_block(retry.saturating_add(late)), out);
        }
        self.body.end(out)
    }
}

fn id_line(at: At<'_>) -> String {
    format!("id: {}\n", reached(at))
}

/// The whole event, for readers of one channel.
fn encode(message: &Message) -> Bytes {
    let mut block = Vec::with_capacity(message.payload().len() + 64);
    if std::str::from_utf8(message.payload()).is_ok() {
        write_block(&mut block, message, message.payload());
    } else {
        write_block(
            &mut block,
            message,
            STANDARD.encode(message.payload()).as_bytes(),
        );
        // In front of the blank line that ends the event.
        block.pop();
        block.extend_from_slice(b"encoding: base64\n\n");
    }
    block.into()
}

/// What follows the id.
fn encode_rest(message: &Message) -> Bytes {
    let mut block = encode(message);
    let id_bytes = block.iter().take_while(|byte| **byte != b'\n').count() + 1;
    block.split_off(id_bytes)
}

fn write_block(block: &mut Vec<u8>, message: &Message, data: &[u8]) {
    let id = message.id().to_string();
    if write_fields(block, &id, message.event(), data).is_err() {
        // The hub takes no name that a field could not hold. If an engine brings one all the same,
        // the message is worth more than its name; an id of digits is never refused.
        let written = write_fields(block, &id, None, data);
        debug_assert_eq!(written, Ok(()));
    }
}

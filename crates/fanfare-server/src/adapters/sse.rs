//! Server-Sent Events.
//!
//! What messages and gaps look like is said in [`fanfare_sse::hub`], where both are written.

use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{EndReason, Gap, Message};
use fanfare_link::{At, Close, Farewell, Framing, Kind, Outbox, Protocol, Tick};
use fanfare_sse::hub::{end_block, gap_block, message_block, message_block_after_id};
use fanfare_sse::{KEEP_ALIVE, cursor_block, retry_block};
use http::Response;
use http::header::HeaderValue;

use super::body::{self, StreamBody};
use super::{end_status, format, kind, reached};

/// Speaks Server-Sent Events (HTML standard, 9.2).
#[derive(Debug)]
pub struct Sse {
    body: StreamBody,
    keep_alive_at: Tick,
    settings: SseSettings,
    /// Where the reader begins, to be told unless a message tells it first.
    beginning: Option<Box<str>>,
}

/// How an event stream behaves.
#[derive(Clone, Copy, Debug)]
pub struct SseSettings {
    /// Silence after which a comment is sent.
    pub keep_alive: Duration,
    /// How long a client is asked to wait before it connects again; zero leaves it to the client.
    pub retry: Duration,
    /// The request begins at a place that is another one at its next try, such as `since=now`: tell
    /// the client at once where it stands. If it were cut off before the first message it would
    /// else begin anew, and lose what came in between.
    pub tells_place: bool,
}

impl Sse {
    /// An event stream on a connection with this framing.
    pub fn new(framing: Framing, settings: SseSettings) -> Self {
        Self {
            body: StreamBody(framing),
            keep_alive_at: Tick::default(),
            settings,
            beginning: None,
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

    fn settled(&mut self, at: At<'_>) {
        self.beginning = self.settings.tells_place.then(|| reached(at).into());
    }

    /// A block with an `id` and nothing else moves the client's cursor and fires no event.
    fn caught_up(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        if let Some(Ok(block)) = self.beginning.take().map(|cursor| cursor_block(&cursor)) {
            self.send(block, out);
        }
        Ok(())
    }

    fn deliver(
        &mut self,
        message: &Message,
        at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        self.beginning = None;
        if at.is_only() {
            self.body.share(message, format::SSE, message_block, out);
        } else {
            let id_line = format!("id: {}\n", reached(at));
            self.body.send(id_line, out);
            self.body
                .share(message, format::SSE_REST, message_block_after_id, out);
        }
        self.written(out);
        Ok(())
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.beginning = None;
        self.send(gap_block(&reached(at), at.channel().as_str(), gap), out);
        Ok(())
    }

    fn ended(&mut self, reason: EndReason, _at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.send(end_block(end_status(reason)), out);
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

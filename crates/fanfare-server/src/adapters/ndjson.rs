//! Newline-delimited JSON: one object per line.
//!
//! ```text
//! {"id":"1763680000:3","channel":"news","event":"e","content_type":"text/plain","data":"text"}
//! {"id":"1763680000:4","channel":"news","base64":"/wA="}
//! {"gap":{"channel":"news","after":"1763680000:4","resumed":"1763680042:0"}}
//! {"end":{"channel":"news","reason":"deleted"}}
//! ```
//!
//! `id` is the cursor to come back with: of several channels the list of their ids. `event` and
//! `content_type` are there if the publisher gave them. An empty line keeps the connection alive.
//! The stream is over after `end`.

use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{EndReason, Gap, Message};
use fanfare_link::{At, Close, Farewell, Framing, Kind, Outbox, Protocol, Tick};
use http::Response;
use http::header::HeaderValue;
use serde::Serialize;

use super::body::{self, StreamBody};
use super::json::{self, Content, GapNotice};
use super::{format, kind, reached};

/// Speaks newline-delimited JSON.
#[derive(Debug)]
pub struct Ndjson {
    body: StreamBody,
    keep_alive: Duration,
    keep_alive_at: Tick,
}

/// A line that is not a message.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Notice<'a> {
    End {
        channel: &'a str,
        reason: json::Reason,
    },
    Gap(GapNotice<'a>),
}

/// What follows the id.
#[derive(Serialize)]
struct Rest<'a> {
    channel: &'a str,
    #[serde(flatten)]
    content: Content<'a>,
}

impl Ndjson {
    /// A stream on a connection with this framing, with an empty line after so much silence.
    pub fn new(framing: Framing, keep_alive: Duration) -> Self {
        Self {
            body: StreamBody(framing),
            keep_alive,
            keep_alive_at: Tick::default(),
        }
    }

    /// The head of the stream.
    pub fn head() -> Response<()> {
        body::head(Some(HeaderValue::from_static("application/x-ndjson")))
    }

    fn send(&mut self, line: impl Into<Bytes>, out: &mut Outbox<'_>) {
        self.body.send(line, out);
        self.written(out);
    }

    fn written(&mut self, out: &Outbox<'_>) {
        self.keep_alive_at = out.tick().after(self.keep_alive);
    }
}

impl Protocol for Ndjson {
    fn kind(&self) -> Kind {
        kind::NDJSON
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.written(out);
        Ok(())
    }

    fn deliver(
        &mut self,
        message: &Message,
        at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        if at.is_only() {
            self.body.share(message, format::NDJSON, encode, out);
        } else {
            self.body.send(id_field(&reached(at)), out);
            self.body
                .share(message, format::NDJSON_REST, encode_rest, out);
        }
        self.written(out);
        Ok(())
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.send(line(&Notice::Gap(GapNotice::new(gap, at))), out);
        Ok(())
    }

    fn ended(&mut self, reason: EndReason, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        let notice = Notice::End {
            channel: at.channel().as_str(),
            reason: reason.into(),
        };
        self.send(line(&notice), out);
        Err(self.body.end(out))
    }

    fn deadline(&self) -> Option<Tick> {
        Some(self.keep_alive_at)
    }

    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.send(&b"\n"[..], out);
        Ok(())
    }

    fn farewell(&mut self, _reason: Farewell, out: &mut Outbox<'_>) -> Close {
        self.body.end(out)
    }
}

/// The whole line, for readers of one channel.
fn encode(message: &Message) -> Bytes {
    let mut line = id_field(&message.id().to_string()).into_bytes();
    line.extend(encode_rest(message));
    line.into()
}

/// What follows the id: the object begins there instead of at its brace.
fn encode_rest(message: &Message) -> Bytes {
    let mut rest = line(&Rest {
        channel: message.channel().as_str(),
        content: Content::of(message),
    });
    if let Some(brace) = rest.first_mut() {
        *brace = b',';
    }
    rest.into()
}

/// The beginning of an object. A cursor has nothing that would have to be escaped.
fn id_field(cursor: &str) -> String {
    format!(r#"{{"id":"{cursor}""#)
}

fn line(object: &impl Serialize) -> Vec<u8> {
    let mut line = json::write(object);
    line.push(b'\n');
    line
}

//! One connection that brings messages.

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{Buf, Bytes, BytesMut};
use fanfare_relay::headers::{FANFARE_GAP, FANFARE_ID, X_EVENTSOURCE_EVENT};
use fanfare_sse::Decoder;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde::Deserialize;

use super::socket::Socket;
use super::{Peer, Received, peer};
use crate::cli::{SubscribeArgs, Transport};

/// A subscription under way.
pub(super) enum Feed<'a> {
    EventStream { body: Body, decoder: Box<Decoder> },
    Lines { body: Body },
    Poll(Poll<'a>),
    Socket(Box<Socket>),
}

/// A streaming body and what of it has not been read yet.
pub(super) struct Body {
    incoming: Incoming,
    rest: BytesMut,
}

/// One request per message.
pub(super) struct Poll<'a> {
    peer: &'a Peer,
    args: &'a SubscribeArgs,
    cursor: Option<String>,
}

impl<'a> Feed<'a> {
    /// Subscribes after `cursor`, or where the arguments say.
    pub(super) async fn open(
        peer: &'a Peer,
        args: &'a SubscribeArgs,
        cursor: Option<&str>,
    ) -> anyhow::Result<Self> {
        let cursor = cursor.map(str::to_owned);
        if args.transport == Transport::Poll {
            return Ok(Self::Poll(Poll { peer, args, cursor }));
        }
        let target = peer.target(&target(args, cursor.as_deref()));
        if args.transport == Transport::Ws {
            return Ok(Self::Socket(Box::new(Socket::open(peer, &target).await?)));
        }
        let accept = if args.transport == Transport::Sse {
            "text/event-stream"
        } else {
            "application/x-ndjson"
        };
        let request = Request::get(target)
            .header(ACCEPT, accept)
            .body(Bytes::new())?;
        let incoming = peer::accepted(peer.send(request).await?).await?.into_body();
        let body = Body {
            incoming,
            rest: BytesMut::new(),
        };
        Ok(match args.transport {
            Transport::Sse => Self::EventStream {
                body,
                decoder: Box::default(),
            },
            _ => Self::Lines { body },
        })
    }

    /// The next message or gap; `None` when the connection has ended.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Received>> {
        match self {
            Self::EventStream { body, decoder } => next_event(body, decoder).await,
            Self::Lines { body } => next_line(body).await,
            Self::Poll(poll) => poll.next().await,
            Self::Socket(socket) => socket.next().await,
        }
    }
}

/// The subscriber location with the place to begin at.
fn target(args: &SubscribeArgs, cursor: Option<&str>) -> String {
    let names: Vec<String> = args
        .channels
        .iter()
        .map(|name| peer::encode(name.as_str()))
        .collect();
    let since = cursor
        .map(str::to_owned)
        .or_else(|| args.since.as_ref().map(ToString::to_string));
    let names = names.join(",");
    since.map_or_else(
        || format!("/sub/{names}"),
        |since| format!("/sub/{names}?since={since}"),
    )
}

async fn next_event(body: &mut Body, decoder: &mut Decoder) -> anyhow::Result<Option<Received>> {
    loop {
        let mut input = &body.rest[..];
        let event = decoder.decode(&mut input)?;
        let used = body.rest.len() - input.len();
        body.rest.advance(used);
        if let Some(event) = event {
            let named = event.event_type != "message";
            return Ok(Some(Received {
                id: event.last_event_id,
                is_gap: event.event_type == "gap",
                event: named.then(|| event.event_type.into_owned()),
                payload: event.data.into(),
                ..Received::default()
            }));
        }
        if !body.read_on().await? {
            return Ok(None);
        }
    }
}

/// A line of the JSON stream, as the server documents it.
#[derive(Deserialize)]
struct Line {
    id: Option<String>,
    channel: Option<String>,
    event: Option<String>,
    content_type: Option<String>,
    data: Option<String>,
    base64: Option<String>,
    gap: Option<GapLine>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct GapLine {
    channel: String,
    resumed: String,
}

async fn next_line(body: &mut Body) -> anyhow::Result<Option<Received>> {
    loop {
        while let Some(end) = body.rest.iter().position(|byte| *byte == b'\n') {
            let line = body.rest.split_to(end + 1);
            if !line.trim_ascii().is_empty() {
                let line: Line = serde_json::from_slice(&line)
                    .context("the server sent a line that is no JSON")?;
                return Ok(Some(line.received()?));
            }
        }
        if !body.read_on().await? {
            return Ok(None);
        }
    }
}

impl Line {
    fn received(self) -> anyhow::Result<Received> {
        if let Some(gap) = self.gap {
            let id = self.cursor.unwrap_or(gap.resumed);
            return Ok(Received {
                id,
                channel: Some(gap.channel),
                is_gap: true,
                ..Received::default()
            });
        }
        let payload = match (self.data, self.base64) {
            (Some(text), _) => text.into_bytes(),
            (None, Some(text)) => BASE64_STANDARD
                .decode(text)
                .context("the server sent bad base64")?,
            (None, None) => Vec::new(),
        };
        Ok(Received {
            id: self.cursor.or(self.id).unwrap_or_default(),
            channel: self.channel,
            event: self.event,
            content_type: self.content_type,
            payload,
            is_gap: false,
        })
    }
}

impl Body {
    /// Reads more; `false` at the end, also at one that the server did not mean.
    async fn read_on(&mut self) -> anyhow::Result<bool> {
        match self.incoming.frame().await {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    self.rest.extend_from_slice(&data);
                }
                Ok(true)
            }
            Some(Err(_)) | None => Ok(false),
        }
    }
}

impl Poll<'_> {
    async fn next(&mut self) -> anyhow::Result<Option<Received>> {
        loop {
            let target = self.peer.target(&target(self.args, self.cursor.as_deref()));
            let request = Request::get(target).body(Bytes::new())?;
            let response = peer::accepted(self.peer.send(request).await?).await?;
            if response.status() == StatusCode::NOT_MODIFIED {
                continue;
            }
            let headers = response.headers().clone();
            let mut received = Received {
                payload: peer::whole(response).await?.into(),
                ..described(&headers)
            };
            received.id = cursor(&headers).unwrap_or(received.id);
            self.cursor = Some(received.id.clone());
            if headers.contains_key(FANFARE_GAP) {
                super::print::note("messages are missing before the next one")?;
            }
            return Ok(Some(received));
        }
    }
}

fn described(headers: &HeaderMap) -> Received {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &http::HeaderValue| value.to_str().ok())
            .map(str::to_owned)
    };
    Received {
        id: text(FANFARE_ID).unwrap_or_default(),
        event: text(X_EVENTSOURCE_EVENT),
        content_type: text(CONTENT_TYPE),
        ..Received::default()
    }
}

/// For several channels the tag of an answer is the cursor in all of them.
fn cursor(headers: &HeaderMap) -> Option<String> {
    let tag = headers.get(http::header::ETAG)?.to_str().ok()?;
    tag.contains(':').then(|| tag.to_owned())
}

//! One connection that brings messages.

use bytes::Bytes;
use http::Request;
use http::header::ACCEPT;

use super::body::Body;
use super::event_stream::EventStream;
use super::json_lines::JsonLines;
use super::poll::Poll;
use super::socket::Socket;
use super::{Peer, Received, peer};
use crate::cli::{SubscribeArgs, Transport};

/// A subscription under way.
pub(super) enum Feed<'a> {
    EventStream(EventStream),
    JsonLines(JsonLines),
    Poll(Poll<'a>),
    Socket(Box<Socket>),
}

impl<'a> Feed<'a> {
    /// Subscribes after `cursor`, or where the arguments say.
    pub(super) async fn open(
        peer: &'a Peer,
        args: &'a SubscribeArgs,
        cursor: Option<&str>,
    ) -> anyhow::Result<Self> {
        let target = peer.target(&target(args, cursor));
        Ok(match args.transport {
            Transport::Ndjson => {
                let body = stream(peer, &target, "application/x-ndjson").await?;
                Self::JsonLines(JsonLines::new(body, args.channels.len()))
            }
            Transport::Poll => Self::Poll(Poll::new(peer, args, cursor.map(str::to_owned))),
            Transport::Sse => {
                let body = stream(peer, &target, "text/event-stream").await?;
                Self::EventStream(EventStream::new(body))
            }
            Transport::Ws => Self::Socket(Box::new(Socket::open(peer, &target).await?)),
        })
    }

    /// What comes next; `None` when the connection has ended.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Received>> {
        match self {
            Self::EventStream(events) => events.next().await,
            Self::JsonLines(lines) => lines.next().await,
            Self::Poll(poll) => poll.next().await,
            Self::Socket(socket) => socket.next().await,
        }
    }
}

/// The subscriber location with the place to begin at.
pub(super) fn target(args: &SubscribeArgs, cursor: Option<&str>) -> String {
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

async fn stream(peer: &Peer, target: &str, accept: &str) -> anyhow::Result<Body> {
    let request = Request::get(target)
        .header(ACCEPT, accept)
        .body(Bytes::new())?;
    let response = peer::accepted(peer.send(request).await?).await?;
    Ok(Body::new(response.into_body()))
}

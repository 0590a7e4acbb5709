//! The bidirectional WebSocket: JSON requests in, messages of many channels out.
//!
//! `docs/protocol-ws.md` has every frame byte for byte. In short: a text frame is one object with
//! an `op`; a request may have an `id`, which comes back with its answer. A wrong request is
//! answered with an error and harms nothing; only a broken frame closes the socket.

mod request;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use fanfare_hub::{ChannelName, EndReason, Gap, HistoryLimits, Message, Start};
use fanfare_link::{Answer, At, Close, Farewell, Kind, Outbox, Protocol, Reads, Tick};
use fanfare_relay::{Arrivals, Arriving};
use fanfare_websocket::{CloseCode, MessageKind, frame};

pub(crate) use self::request::{Request, RequestId, read};
use super::json::{self, GapNotice};
use super::refusal::Refusal;
use super::reply::Reply;
use super::socket::{Data, Payload, Socket, SocketSettings};
use super::{format, kind};

/// Requests of one connection that wait for their answers; a further one is refused.
///
/// An engine in memory answers before the next bytes are read, and the shortest request, a
/// subscription of 39 bytes, fits some 1,700 times into one read: so only a client that floods a
/// distant engine ever meets this.
const OUTSTANDING_MAX: usize = 2048;

/// Bytes of a request beside what it publishes: a channel, an event, a type, a key and an id, each
/// at its limit with every character escaped.
const REQUEST_BYTES_MAX: usize = 8192;

/// What the base64 of a payload, or text with the usual escapes, takes of room for each byte of it.
/// A text with more escapes than that is over the limit; as base64 it is not.
const WRITTEN_BYTES_PER_BYTE: usize = 2;

/// Time for a message to become whole, as for one that is posted.
const MESSAGE_TIME: Duration = Duration::from_secs(60);

/// Bytes that JSON takes at most for one byte of text: `\u0000`.
const ESCAPED_BYTES_PER_BYTE: usize = 6;

/// Speaks the protocol of `/ws`.
#[derive(Debug)]
pub struct Multiplex {
    socket: Socket,
    rules: Rules,
    last_tag: u32,
    /// Empty, and without memory of its own, when nothing waits.
    outstanding: VecDeque<Outstanding>,
    arriving: Arriving,
    /// When a message that has begun must be whole.
    whole_at: Option<Tick>,
}

/// What a connection of `/ws` may do.
#[derive(Clone, Debug)]
pub struct MultiplexSettings {
    /// As of any WebSocket.
    pub socket: SocketSettings,
    /// The client has shown a key, or needs none.
    pub may_publish: bool,
    /// What a channel keeps that is published to from here.
    pub history: HistoryLimits,
    /// Where a subscription without `since` begins.
    pub first: Start,
    /// Bounds what has come of all unfinished messages.
    pub arrivals: Arc<Arrivals>,
}

/// What requests are checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) message_bytes_max: usize,
    pub(crate) may_publish: bool,
    pub(crate) history: HistoryLimits,
    pub(crate) first: Start,
}

/// A request that the driver has been given.
#[derive(Debug)]
struct Outstanding {
    tag: u32,
    id: Option<RequestId>,
    channel: ChannelName,
}

impl Multiplex {
    /// A connection that may do this.
    pub fn new(settings: MultiplexSettings) -> Self {
        let MultiplexSettings {
            socket,
            may_publish,
            history,
            first,
            arrivals,
        } = settings;
        let published_bytes_max = if may_publish {
            socket
                .message_bytes_max
                .saturating_mul(WRITTEN_BYTES_PER_BYTE)
        } else {
            0
        };
        Self {
            socket: Socket::new(
                &socket,
                published_bytes_max.saturating_add(REQUEST_BYTES_MAX),
            ),
            rules: Rules {
                message_bytes_max: socket.message_bytes_max,
                may_publish,
                history,
                first,
            },
            last_tag: 0,
            outstanding: VecDeque::new(),
            arriving: arrivals.begin(),
            whole_at: None,
        }
    }

    /// Counts what has come of a message that is not whole, and how long that takes.
    fn wait_for_rest(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        let bytes = self.socket.held_bytes();
        self.whole_at = match (bytes, self.whole_at) {
            (0, _) => None,
            (_, Some(at)) => Some(at),
            (_, None) => Some(out.tick().after(MESSAGE_TIME)),
        };
        if self.arriving.hold(bytes) {
            return Ok(());
        }
        let reason = "too many messages are arriving at this moment; try again";
        Err(Socket::close(CloseCode::TRY_AGAIN_LATER, reason, out))
    }

    fn request(&mut self, text: &str, out: &mut Outbox<'_>) {
        let (id, request) = match read(text, &self.rules) {
            Ok(read) => read,
            Err((id, refusal)) => return send(&Reply::error(id.as_ref(), &refusal), out),
        };
        let Some(channel) = request.channel() else {
            return send(&Reply::Pong { id: id.as_ref() }, out);
        };
        if self.outstanding.len() >= OUTSTANDING_MAX {
            let refusal = Refusal::too_many_requests(OUTSTANDING_MAX);
            return send(&Reply::error(id.as_ref(), &refusal), out);
        }
        let tag = self.expect_answer(id, channel.clone());
        match request {
            Request::Ping => {}
            Request::Publish { channel, draft } => out.publish(tag, channel, *draft),
            Request::Subscribe { channel, start } => out.subscribe(tag, channel, start),
            Request::Unsubscribe { channel } => out.unsubscribe(tag, channel),
        }
    }

    fn expect_answer(&mut self, id: Option<RequestId>, channel: ChannelName) -> u32 {
        self.last_tag = self.last_tag.wrapping_add(1);
        let tag = self.last_tag;
        self.outstanding.push_back(Outstanding { tag, id, channel });
        tag
    }

    /// The request that an answer belongs to. Mostly the first: answers come in the order of the
    /// requests, unless an engine takes longer for one of them.
    fn take(&mut self, tag: u32) -> Option<Outstanding> {
        let index = self
            .outstanding
            .iter()
            .position(|request| request.tag == tag)?;
        let request = self.outstanding.remove(index);
        if self.outstanding.is_empty() {
            self.outstanding = VecDeque::new();
        }
        request
    }
}

impl Protocol for Multiplex {
    fn kind(&self) -> Kind {
        kind::MULTIPLEX
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.socket.heard(out);
        Ok(())
    }

    fn deliver(
        &mut self,
        message: &Message,
        _at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        let bytes_max = message
            .weight()
            .saturating_mul(ESCAPED_BYTES_PER_BYTE)
            .saturating_add(REQUEST_BYTES_MAX);
        self.socket
            .share(message, format::MULTIPLEX, encode, bytes_max, out);
        Ok(())
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        send(&Reply::Gap(GapNotice::new(gap, at)), out);
        Ok(())
    }

    /// The other channels go on.
    fn ended(&mut self, reason: EndReason, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        let channel = at.channel().as_str();
        let reason = reason.into();
        send(&Reply::End { channel, reason }, out);
        Ok(())
    }

    fn reads(&self) -> Reads {
        Reads::Frames
    }

    fn receive(&mut self, mut bytes: &mut [u8], out: &mut Outbox<'_>) -> Result<(), Close> {
        while let Some(data) = self.socket.read(&mut bytes, out)? {
            match data {
                Data::Binary => send(&Reply::error(None, &Refusal::binary_frame()), out),
                Data::Text(text) => {
                    // The next one has its time to itself.
                    self.whole_at = None;
                    self.request(&text, out);
                }
            }
        }
        self.wait_for_rest(out)
    }

    fn answer(&mut self, answer: Answer, out: &mut Outbox<'_>) -> Result<(), Close> {
        let (Answer::Published { tag, .. }
        | Answer::Subscribed { tag, .. }
        | Answer::Unsubscribed { tag, .. }) = answer;
        if let Some(Outstanding { id, channel, .. }) = self.take(tag) {
            match Reply::to(&answer, id.as_ref(), &channel) {
                Ok(reply) => send(&reply, out),
                Err(refusal) => send(&Reply::error(id.as_ref(), &refusal), out),
            }
        }
        Ok(())
    }

    fn deadline(&self) -> Option<Tick> {
        let ping = self.socket.deadline();
        Some(self.whole_at.map_or(ping, |at| at.min(ping)))
    }

    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        if self.whole_at.is_some_and(|at| at <= out.tick()) {
            let reason = "the message did not arrive in time";
            return Err(Socket::close(CloseCode::POLICY_VIOLATION, reason, out));
        }
        self.socket.tick(out)
    }

    fn farewell(&mut self, reason: Farewell, out: &mut Outbox<'_>) -> Close {
        Socket::farewell(reason, out)
    }
}

fn send(reply: &Reply<'_>, out: &mut Outbox<'_>) {
    out.send(frame::encode(MessageKind::Text, &json::write(reply)));
}

fn encode(message: &Message) -> Payload {
    Payload {
        kind: MessageKind::Text,
        head: json::write(&Reply::message(message)),
        body: bytes::Bytes::new(),
    }
}

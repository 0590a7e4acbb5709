//! A session's requests: at most one `GET` and one `POST` at a time.
//!
//! Source: the reference server; a second of either is a broken client, or somebody else who knows
//! the `sid`. In revision 1 a second `GET` takes over from the first: browsers of the time let go
//! of one without a word.

use std::time::Instant;

use http::StatusCode;

use super::buffer::Buffer;
use super::sockets::Probe;
use super::{
    Carrier, CloseReason, Moment, Origin, Output, Packet, Received, RequestId, Revision, Session,
    Stage,
};
use crate::engine::payload::{self, Body, PayloadError, jsonp};
use crate::engine::protocol1;
use crate::engine::query::Query;
use crate::engine::{Answer, Encoded, Refusal};
use crate::limits::BUFFERED_PACKET_BYTES;

/// What a session needs while it is on polling.
#[derive(Debug, Default)]
pub(super) struct Polling {
    /// The poll that waits for packets, if one does.
    pub(super) held: Option<Held>,
    /// What waits for a poll.
    pub(super) buffer: Buffer,
    /// A socket that may become the carrier.
    pub(super) probe: Option<Probe>,
}

/// A poll that waits for packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    request: RequestId,
    jsonp: Option<u64>,
    /// When it is answered with nothing. Revision 1 only: others hold a poll until a ping is due.
    until: Option<Moment>,
}

/// A `POST` whose body is being read.
#[derive(Debug)]
pub(super) struct Post {
    request: RequestId,
    /// What came on the socket before this, from the time before, was read to its end.
    held_back: Vec<Received>,
    bytes: usize,
}

/// The body of a `POST`, by its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostBody<'a> {
    /// `application/octet-stream`.
    Binary(&'a [u8]),
    /// A form: the request has the argument `j`.
    Form(&'a [u8]),
    /// Everything else.
    Text(&'a [u8]),
}

impl Polling {
    pub(super) fn has_poll(&self) -> bool {
        self.held.is_some()
    }

    /// When the probe is given up, or the poll answered.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let probe = self.probe.as_ref().map(|probe| probe.until);
        let poll = self.held.and_then(|held| held.until).map(Instant::from);
        probe.into_iter().chain(poll).min()
    }

    /// True while the client waits for its last poll to end before it moves.
    fn is_moving(&self) -> bool {
        self.probe.as_ref().is_some_and(|probe| probe.is_confirmed)
    }
}

impl Post {
    fn new(request: RequestId) -> Self {
        Self {
            request,
            held_back: Vec::new(),
            bytes: 0,
        }
    }

    /// Lets a message wait until this is over. Returns the bytes of all that do.
    pub(super) fn hold_back(&mut self, message: Received) -> usize {
        self.bytes += message.len() + BUFFERED_PACKET_BYTES;
        self.held_back.push(message);
        self.bytes
    }

    pub(super) fn take_held_back(&mut self) -> Vec<Received> {
        self.bytes = 0;
        std::mem::take(&mut self.held_back)
    }
}

impl<'a> PostBody<'a> {
    /// Tells the kinds apart. Parameters of the content type do not count.
    pub fn of(query: &Query, content_type: Option<&str>, body: &'a [u8]) -> Self {
        let media_type = content_type.and_then(|it| it.split(';').next());
        let is_binary =
            media_type.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/octet-stream"));
        match (is_binary, query.jsonp) {
            (true, _) => Self::Binary(body),
            (false, Some(_)) => Self::Form(body),
            (false, None) => Self::Text(body),
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Binary(body) | Self::Form(body) | Self::Text(body) => body.len(),
        }
    }
}

impl Session {
    /// A poll. Answered at once if something waits, else held until something is sent.
    ///
    /// A second one ends the session, but in revision 1. `jsonp` is the number of the call-back
    /// that this request names.
    pub fn get(&mut self, request: RequestId, jsonp: Option<u64>, now: Instant) {
        let is_first_revision = self.handshake.revision == Revision::V1;
        let new = Held {
            request,
            jsonp,
            until: is_first_revision.then(|| (now + self.settings.poll_duration).into()),
        };
        if is_first_revision && self.stage == Stage::Open {
            self.release_poll();
            if let Carrier::Polling(_) = self.carrier {
                self.heartbeat.polled(&self.settings, now);
            }
        }
        match (self.stage, &mut self.carrier) {
            (Stage::Closed, _) => self.refuse(request, &Refusal::SessionUnknown, jsonp),
            (_, Carrier::Socket(_)) => self.refuse(request, &Refusal::BadRequest, jsonp),
            (Stage::Closing { reason, .. }, Carrier::Polling(polling)) => {
                polling.held = Some(new);
                if polling.buffer.is_empty() {
                    self.end(reason);
                }
            }
            (Stage::Open, Carrier::Polling(polling)) if polling.has_poll() => {
                self.answer(request, Answer::empty(StatusCode::BAD_REQUEST));
                self.end(CloseReason::TransportError);
            }
            (Stage::Open, Carrier::Polling(polling)) => {
                polling.held = Some(new);
                if polling.is_moving() && polling.buffer.is_empty() {
                    self.release_poll();
                }
            }
        }
    }

    /// The head of a `POST` came. True if its body is to be read, and then given to
    /// [`Session::post`], or ended by [`Session::post_too_large`] or [`Session::request_gone`].
    ///
    /// A second one ends the session, and with it the first.
    pub fn post_begins(&mut self, request: RequestId) -> bool {
        match (self.stage, &self.carrier, &self.post) {
            (Stage::Closed, ..) => self.refuse(request, &Refusal::SessionUnknown, None),
            (_, Carrier::Socket(_), _) => self.refuse(request, &Refusal::BadRequest, None),
            (_, Carrier::Polling(_), Some(first)) => {
                let first = first.request;
                self.post = None;
                self.answer(request, Answer::empty(StatusCode::BAD_REQUEST));
                self.outputs.push(Output::Abandon { request: first });
                self.end(CloseReason::TransportError);
            }
            (_, Carrier::Polling(_), None) => {
                self.post = Some(Box::new(Post::new(request)));
                return true;
            }
        }
        false
    }

    /// The body of a `POST`, complete.
    ///
    /// It is answered with `ok` (in revision 1 with `1`) even if it is no payload; then the session
    /// ends. What comes before the first bad packet counts.
    ///
    /// # Limits
    /// A body longer than [`Settings::payload_bytes_max`](super::Settings::payload_bytes_max) is
    /// answered with 413, and the session goes on.
    pub fn post(&mut self, request: RequestId, body: PostBody<'_>, now: Instant) {
        if !self.is_reading(request) {
            return;
        }
        if body.bytes() > self.settings.payload_bytes_max {
            self.post_too_large(request);
            return;
        }
        if let (PostBody::Binary(_), Revision::V1 | Revision::V4) = (body, self.handshake.revision)
        {
            self.post = None;
            self.answer(request, Answer::empty(StatusCode::BAD_REQUEST));
            self.end(CloseReason::TransportError);
            return;
        }
        if self.read(body, now).is_err() {
            self.end(CloseReason::ParseError);
        }
        self.answer(request, Answer::taken(self.handshake.revision));
        self.let_go();
    }

    /// The body of a `POST` is, or says it is, longer than
    /// [`Settings::payload_bytes_max`](super::Settings::payload_bytes_max).
    pub fn post_too_large(&mut self, request: RequestId) {
        if self.is_reading(request) {
            self.answer(request, Answer::empty(StatusCode::PAYLOAD_TOO_LARGE));
            self.let_go();
        }
    }

    /// The connection of a request that was not answered has ended.
    pub fn request_gone(&mut self, request: RequestId) {
        let is_post = self.post.take_if(|post| post.request == request).is_some();
        let is_poll = match &mut self.carrier {
            Carrier::Polling(polling) => {
                let held = &mut polling.held;
                held.take_if(|held| held.request == request).is_some()
            }
            Carrier::Socket(_) => false,
        };
        // What a lost body contained may be missed by nobody, so nothing may come after it.
        if (is_post || is_poll) && self.stage == Stage::Open {
            self.end(CloseReason::TransportError);
        }
    }

    /// Answers a waiting poll with all there is.
    pub fn flush(&mut self) {
        if let Carrier::Polling(polling) = &mut self.carrier
            && self.stage != Stage::Closed
            && !polling.buffer.is_empty()
            && let Some(held) = polling.held.take()
        {
            let is_first = polling.buffer.fetched().0 == 0;
            let packets = match self.handshake.revision {
                // A client of revision 1 is connected when it hears that, alone: what comes beside
                // it would find an application that begins to listen a moment later.
                Revision::V1 if is_first => polling.buffer.fetch_first(),
                _ => polling.buffer.fetch(),
            };
            self.answer_poll(held, &packets);
        }
    }

    /// True if a poll has waited as long as it may.
    pub(super) fn is_poll_over(&self, now: Instant) -> bool {
        match &self.carrier {
            Carrier::Polling(polling) => {
                let until = polling.held.and_then(|held| held.until);
                until.is_some_and(|until| until <= now.into())
            }
            Carrier::Socket(_) => false,
        }
    }

    /// Lets a waiting poll end without a packet for the application.
    pub(super) fn release_poll(&mut self) {
        if let Carrier::Polling(polling) = &mut self.carrier
            && let Some(held) = polling.held.take()
        {
            self.answer_poll(held, &[Packet::Noop.encode()]);
        }
    }

    pub(super) fn answer_poll(&mut self, held: Held, packets: &[Encoded]) {
        let Held { request, jsonp, .. } = held;
        let answer = Answer::packets(
            packets,
            self.handshake.revision,
            self.handshake.binary,
            jsonp,
        );
        self.answer(request, answer);
    }

    fn refuse(&mut self, request: RequestId, refusal: &Refusal, jsonp: Option<u64>) {
        let revision = self.handshake.revision;
        let refusal = match (revision, refusal) {
            // Its session is where it cannot follow: it tried a WebSocket, and gave up too early.
            (Revision::V1, Refusal::BadRequest) => &Refusal::SessionUnknown,
            _ => refusal,
        };
        self.answer(request, refusal.answer_in(revision, jsonp));
    }

    fn read(&mut self, body: PostBody<'_>, now: Instant) -> Result<(), PayloadError> {
        match body {
            PostBody::Binary(body) => self.read_packets(Body::Binary(body), now),
            PostBody::Form(body) => {
                let text = match self.handshake.revision {
                    Revision::V1 => protocol1::posted(body)?,
                    Revision::V3 | Revision::V4 => jsonp::decode(body)?,
                };
                self.read_packets(Body::Text(&text), now)
            }
            PostBody::Text(body) => {
                let text = std::str::from_utf8(body).map_err(|_| PayloadError::Utf8)?;
                self.read_packets(Body::Text(text), now)
            }
        }
    }

    fn read_packets(&mut self, body: Body<'_>, now: Instant) -> Result<(), PayloadError> {
        for packet in payload::decode(body, self.handshake.revision) {
            match (self.stage, packet?) {
                (Stage::Open, packet) => self.receive(packet, Origin::Post, now),
                // It has read our goodbye, and will not come for the rest.
                (Stage::Closing { reason, .. }, Packet::Close) => self.end(reason),
                (Stage::Closing { .. }, _) => {}
                (Stage::Closed, _) => break,
            }
        }
        Ok(())
    }

    /// A `POST` has ended: what came on the socket meanwhile may follow.
    fn let_go(&mut self) {
        let post = self.post.take();
        for message in post.into_iter().flat_map(|mut post| post.take_held_back()) {
            self.outputs.push(Output::Message(message));
        }
    }

    /// Whether the body of this `POST` is what is being read.
    fn is_reading(&self, request: RequestId) -> bool {
        self.post
            .as_ref()
            .is_some_and(|post| post.request == request)
    }
}

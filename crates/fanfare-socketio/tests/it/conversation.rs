//! A session, its driver and its clock, as lines of text.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fanfare_socketio::engine::session::{CloseReason, Output, PostBody, Received};
use fanfare_socketio::engine::{
    BinaryForm, Body, Encoded, Handshake, Query, Request, RequestId, Revision, Served, Session,
    Settings, SocketId, Transport, Verdict, judge,
};
use http::Method;

use crate::text;

const SERVED: Served<'_> = Served {
    transports: &[Transport::Polling, Transport::WebSocket],
    revisions: &[Revision::V3, Revision::V4],
};

/// Short times, so that tests can count them.
pub(crate) fn settings() -> Settings {
    Settings {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        poll_duration: Duration::from_millis(250),
        payload_bytes_max: 1_000,
        buffer_bytes_max: 2_000,
        ..Settings::default()
    }
}

/// What happens in a session. Requests and sockets have numbers that the test chooses.
pub(crate) struct Conversation {
    pub(crate) session: Session,
    start: Instant,
    now: Instant,
}

impl Conversation {
    /// Opened over polling, and the open packet fetched.
    pub(crate) fn polling(query: &str) -> Self {
        let mut it = Self::opening(query, settings());
        it.session.get(RequestId(0), None, it.now);
        assert!(it.outputs()[0].starts_with("0 < 200 "));
        it
    }

    /// Opened over the WebSocket 0.
    pub(crate) fn websocket(query: &str) -> Self {
        let mut it = Self::opening(query, settings());
        assert!(it.outputs()[0].starts_with("socket 0 < 0{"));
        it
    }

    /// Opened by a client before 1.0.
    pub(crate) fn protocol1() -> Self {
        let handshake = Handshake {
            revision: Revision::V1,
            transport: Transport::Polling,
            binary: BinaryForm::Base64,
        };
        let (settings, now) = (Arc::new(settings()), Instant::now());
        Self {
            session: Session::polling(settings, handshake, "sid", now),
            start: now,
            now,
        }
    }

    /// Opened, and nothing more.
    pub(crate) fn opening(query: &str, settings: Settings) -> Self {
        let query = Query::parse(query);
        let request = Request {
            method: &Method::GET,
            is_upgrade: query.transport == Some(Transport::WebSocket),
            origin: None,
            query: &query,
        };
        let Ok(Verdict::Handshake(candidate)) = judge(&request, &SERVED, None) else {
            panic!("no handshake");
        };
        let handshake = candidate.agreed(&SERVED).unwrap();
        let (settings, now) = (Arc::new(settings), Instant::now());
        let session = match handshake.transport {
            Transport::Polling => Session::polling(settings, handshake, "sid", now),
            Transport::WebSocket => {
                Session::websocket(settings, handshake, SocketId(0), "sid", now)
            }
        };
        Self {
            session,
            start: now,
            now,
        }
    }

    pub(crate) fn get(&mut self, request: u64, expected: &[&str]) {
        self.session.get(RequestId(request), None, self.now);
        self.expect(expected);
    }

    pub(crate) fn post(&mut self, request: u64, body: &str, expected: &[&str]) {
        if self.session.post_begins(RequestId(request)) {
            self.session.post(
                RequestId(request),
                PostBody::Text(body.as_bytes()),
                self.now,
            );
        }
        self.expect(expected);
    }

    pub(crate) fn begin_post(&mut self, request: u64, expected: &[&str]) {
        self.session.post_begins(RequestId(request));
        self.expect(expected);
    }

    pub(crate) fn end_post(&mut self, request: u64, body: PostBody<'_>, expected: &[&str]) {
        self.session.post(RequestId(request), body, self.now);
        self.expect(expected);
    }

    pub(crate) fn gone(&mut self, request: u64, expected: &[&str]) {
        self.session.request_gone(RequestId(request));
        self.expect(expected);
    }

    pub(crate) fn socket(&mut self, socket: u64, expected: &[&str]) {
        self.session.socket_opened(SocketId(socket), self.now);
        self.expect(expected);
    }

    pub(crate) fn frame(&mut self, socket: u64, text: &str, expected: &[&str]) {
        self.session
            .socket_message(SocketId(socket), Body::Text(text), self.now);
        self.expect(expected);
    }

    pub(crate) fn bytes(&mut self, socket: u64, bytes: &[u8], expected: &[&str]) {
        self.session
            .socket_message(SocketId(socket), Body::Binary(bytes), self.now);
        self.expect(expected);
    }

    pub(crate) fn socket_closed(&mut self, socket: u64, expected: &[&str]) {
        self.session.socket_closed(SocketId(socket));
        self.expect(expected);
    }

    pub(crate) fn send(&mut self, packet: &str, expected: &[&str]) {
        self.session.send(text(packet));
        self.expect(expected);
    }

    pub(crate) fn close(&mut self, reason: CloseReason, expected: &[&str]) {
        self.session.close(reason, self.now);
        self.expect(expected);
    }

    /// Lets the clock stand so many milliseconds after the opening.
    pub(crate) fn at(&mut self, ms: u64, expected: &[&str]) {
        self.now = self.start + Duration::from_millis(ms);
        self.session.tick(self.now);
        self.expect(expected);
    }

    pub(crate) fn deadline_ms(&self) -> Option<u128> {
        let deadline = self.session.deadline()?;
        Some((deadline - self.start).as_millis())
    }

    pub(crate) fn now(&self) -> Instant {
        self.now
    }

    pub(crate) fn expect(&mut self, expected: &[&str]) {
        assert_eq!(self.outputs(), expected);
    }

    pub(crate) fn outputs(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.session.next_output())
            .map(|output| line(&output))
            .collect()
    }
}

fn line(output: &Output) -> String {
    match output {
        Output::Abandon { request } => format!("{} dropped", request.0),
        Output::Answer { request, answer } => {
            let body = answer.body.escape_ascii().to_string().replace("\\\"", "\"");
            format!("{} < {} {body}", request.0, answer.status.as_u16())
                .trim_end()
                .to_owned()
        }
        Output::Closed(reason) => reason.as_str().to_owned(),
        Output::CloseSocket { socket } => format!("socket {} closed", socket.0),
        Output::Message(Received::Text(text)) => format!("> {text}"),
        Output::Message(Received::Binary(bytes)) => format!("> {bytes:02x?}"),
        Output::Send {
            socket,
            message: Encoded::Text(text),
        } => {
            format!("socket {} < {}", socket.0, String::from_utf8_lossy(text))
        }
        Output::Send {
            socket,
            message: Encoded::Binary(bytes),
        } => {
            format!("socket {} < {:02x?}", socket.0, &bytes[..])
        }
        Output::Upgraded => "upgraded".to_owned(),
    }
}

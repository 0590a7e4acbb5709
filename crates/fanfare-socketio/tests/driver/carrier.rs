//! WebSockets without I/O, as a reactor has them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Instant;

use bytes::Bytes;
use fanfare_socketio::engine::{
    Client, CloseReason, EngineIo, Flow, Parcel, Socket, WebSocketCarrier,
};
use fanfare_websocket::frame::FrameHeader;
use fanfare_websocket::{MessageKind, Opcode, frame};
use http::Request;
use http::request::Parts;

use crate::applications::{Echo, Ends};
use crate::site::patient;

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn handshake(target: &str) -> Parts {
    let request = Request::get(target)
        .header("connection", "keep-alive, Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    request.body(()).unwrap().into_parts().0
}

fn open() -> (EngineIo, WebSocketCarrier, Client, Ends) {
    let (echo, ends) = Echo::new();
    let engine = EngineIo::new(patient(), echo);
    let request = handshake("/engine.io/?EIO=4&transport=websocket");
    let Socket::Accepted(head, carrier) = engine.accept(&request) else {
        panic!("a good handshake");
    };
    assert_eq!(head.status(), 101);
    assert_eq!(head.headers()["upgrade"], "websocket");
    assert_eq!(head.headers()["connection"], "Upgrade");
    assert_eq!(
        head.headers()["sec-websocket-accept"],
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    assert_eq!(head.headers()["access-control-allow-origin"], "*");
    let client = carrier.client().clone();
    (engine, carrier, client, ends)
}

fn take(carrier: &mut WebSocketCarrier) -> (Vec<Bytes>, Flow) {
    let mut frames = Vec::new();
    let flow = carrier.take(Waker::noop(), &mut frames);
    (frames, flow)
}

fn masked(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    FrameHeader::new(opcode)
        .masked([1, 2, 3, 4])
        .frame(&[payload])
        .into()
}

fn text(text: &str) -> Bytes {
    frame::encode(MessageKind::Text, text.as_bytes())
}

#[test]
fn what_is_received_is_answered_by_what_is_taken() {
    let (_engine, mut carrier, client, _ends) = open();
    let (frames, flow) = take(&mut carrier);
    assert_eq!((frames.len(), flow), (1, Flow::Open));
    assert!(
        frames[0]
            .windows(27)
            .any(|it| it[..7] == *b"\"sid\":\"" && it[7..] == *client.sid().as_bytes())
    );
    // In pieces, as the network likes.
    for byte in masked(Opcode::Text, b"4hello") {
        carrier.receive(&mut [byte], Instant::now());
    }
    carrier.receive(&mut masked(Opcode::Ping, b"p"), Instant::now());
    assert_eq!(
        take(&mut carrier),
        (vec![text("4hello"), frame::pong(b"p")], Flow::Open)
    );
    assert_eq!(take(&mut carrier), (vec![], Flow::Open));
}

#[test]
fn the_waker_hears_of_the_next_frame_once() {
    let (_engine, mut carrier, client, _ends) = open();
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut frames = Vec::new();
    carrier.take(&waker, &mut frames);
    for _ in 0..3 {
        client.send(&Parcel::text("x"));
    }
    assert_eq!(bell.0.load(Ordering::SeqCst), 1);
    carrier.take(&waker, &mut frames);
    assert_eq!(frames[1..], [text("4x"), text("4x"), text("4x")]);
    client.send(&Parcel::text("y"));
    assert_eq!(bell.0.load(Ordering::SeqCst), 2);
}

#[test]
fn frames_of_a_parcel_are_made_once() {
    let (engine, mut first, _, _ends) = open();
    let request = handshake("/engine.io/?EIO=4&transport=websocket");
    let Socket::Accepted(_, mut second) = engine.accept(&request) else {
        panic!("a good handshake");
    };
    take(&mut first);
    take(&mut second);
    let parcel = Parcel::text("for all");
    for client in engine.clients() {
        assert!(client.send(&parcel));
    }
    let (one, other) = (take(&mut first).0, take(&mut second).0);
    assert_eq!(one[0].as_ptr(), other[0].as_ptr());
}

#[test]
fn a_session_that_closes_closes_its_socket_behind_its_frames() {
    let (engine, mut carrier, client, _ends) = open();
    take(&mut carrier);
    client.send(&Parcel::text("bye"));
    client.close(CloseReason::ForcedClose);
    let (frames, flow) = take(&mut carrier);
    assert_eq!(frames, [text("4bye"), frame::close_echo(None)]);
    assert_eq!(flow, Flow::Close);
    assert_eq!(engine.count(), 0);
}

#[test]
fn an_abort_leaves_nothing_but_the_close_frame() {
    let (_engine, mut carrier, client, _ends) = open();
    take(&mut carrier);
    client.send(&Parcel::text("lost"));
    client.abort(CloseReason::ForcedClose);
    assert_eq!(
        take(&mut carrier),
        (vec![frame::close_echo(None)], Flow::Close)
    );
}

/// How a connection ends, and how the session does.
fn check(end: impl FnOnce(WebSocketCarrier), expected: CloseReason) {
    let (engine, carrier, client, mut ends) = open();
    end(carrier);
    assert_eq!(ends.try_recv(), Ok(expected));
    assert!(!client.is_open());
    assert!(!client.send(&Parcel::text("x")));
    assert_eq!(engine.count(), 0);
    assert!(ends.try_recv().is_err(), "once");
}

#[test]
fn a_connection_that_ends_ends_the_session() {
    check(
        |mut carrier| carrier.ended(true),
        CloseReason::TransportClose,
    );
    check(
        |mut carrier| carrier.ended(false),
        CloseReason::TransportError,
    );
    check(drop, CloseReason::TransportError);
    check(
        |mut carrier| carrier.receive(&mut masked(Opcode::Close, b""), Instant::now()),
        CloseReason::TransportClose,
    );
}

#[test]
fn what_is_no_handshake_is_refused() {
    let (echo, _ends) = Echo::new();
    let engine = EngineIo::new(patient(), echo);
    let mut no_upgrade = handshake("/engine.io/?EIO=4&transport=polling");
    no_upgrade.headers.remove("upgrade");
    let mut no_key = handshake("/engine.io/?EIO=4&transport=websocket");
    no_key.headers.remove("sec-websocket-key");
    let mut too_old = handshake("/engine.io/?EIO=4&transport=websocket");
    too_old.version = http::Version::HTTP_10;
    for request in [no_upgrade, no_key, too_old] {
        let Socket::Refused(response) = engine.accept(&request) else {
            panic!("{request:?}");
        };
        assert_eq!(response.status(), 400);
    }
    assert_eq!(engine.count(), 0);
}

#[test]
fn pages_of_other_origins_can_be_kept_away() {
    let (echo, _ends) = Echo::new();
    let mut settings = patient();
    settings.cors = Some(fanfare_socketio::engine::Cors {
        origins: fanfare_socketio::engine::Origins::List(vec!["https://a.example".to_owned()]),
        credentials: true,
        guards_sockets: true,
    });
    let engine = EngineIo::new(settings, echo);
    for (origin, is_welcome) in [("https://a.example", true), ("https://b.example", false)] {
        let mut request = handshake("/engine.io/?EIO=4&transport=websocket");
        request.headers.insert("origin", origin.parse().unwrap());
        let socket = engine.accept(&request);
        assert_eq!(
            matches!(socket, Socket::Accepted(..)),
            is_welcome,
            "{origin}"
        );
    }
}

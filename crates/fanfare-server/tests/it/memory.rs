//! What an idle subscriber costs: user-space memory of the process, measured from outside.

use fanfare_testkit::server::Server;

use crate::socketio::peer::SOCKET;
use crate::support::raw::request;
use crate::support::{Publisher, Raw, frame, launch, metric, until, until_held};

/// Bytes for a subscriber who waits, buffers of the kernel aside. The budget of the design.
const BYTES_PER_SUBSCRIBER_MAX: u64 = 512;

/// Subscribers that come before the measurement: by then all that is made once has been made.
const WARM_UP: usize = 500;

/// Subscribers that are measured. With the warm-up this is far below the 20,000 descriptors that a
/// process may usually have, and a table that has just doubled is not twice as large as needed.
const SUBSCRIBERS: usize = 5_000;

/// Opens so many subscriptions and waits until they stand.
fn subscribe(server: &Server, head: &str, held: &mut Vec<Raw>, count: usize) {
    for _ in 0..count {
        let mut raw = Raw::connect(server);
        raw.send(head);
        held.push(raw);
    }
    until_held(server, "c", held.len() as u64);
}

fn check(transport: &str, head: &str) {
    check_at(&launch().start(), transport, head);
}

fn check_at(server: &Server, transport: &str, head: &str) {
    let mut held = Vec::with_capacity(WARM_UP + SUBSCRIBERS);
    subscribe(server, head, &mut held, WARM_UP);
    let before = server.anonymous_bytes();
    subscribe(server, head, &mut held, SUBSCRIBERS);
    let after = server.anonymous_bytes();
    assert_eq!(metric(server, "fanfare_subscriptions"), held.len() as u64);
    let each = after.saturating_sub(before) / SUBSCRIBERS as u64;
    println!("{transport}: {each} bytes for each of {SUBSCRIBERS} subscribers");
    assert!(
        each <= BYTES_PER_SUBSCRIBER_MAX,
        "{transport}: {each} bytes for each"
    );
    // No goodbyes: 5,000 orderly ends would leave as many waiting sockets behind.
    held.into_iter().for_each(Raw::reset);
}

#[test]
fn a_waiting_poll_is_small() {
    check("long-poll", &request("GET /sub/c", &[]));
}

// One that has had a message already and waits for the next, as they all do most of the time.
#[test]
fn a_poll_that_came_back_is_small() {
    let server = launch().start();
    let cursor = Publisher::connect(&server).publish("c", "m");
    let [modified, tag] = cursor.conditions();
    let head = request("GET /sub/c", &[&modified, &tag]);
    check_at(&server, "long-poll with a cursor", &head);
}

#[test]
fn a_quiet_event_stream_is_small() {
    check("event stream", &request("GET /sub/c?as=sse", &[]));
}

#[test]
fn a_quiet_socket_is_small() {
    check("WebSocket", &request("GET /sub/c", &frame::HANDSHAKE));
}

#[test]
fn a_quiet_socket_with_meta_is_small() {
    let meta = [
        &frame::HANDSHAKE[..],
        &["Sec-WebSocket-Protocol: ws+meta.nchan"],
    ]
    .concat();
    check(
        "WebSocket with ws+meta.nchan",
        &request("GET /sub/c", &meta),
    );
}

#[test]
fn a_quiet_stream_of_json_is_small() {
    check("lines of JSON", &request("GET /sub/c?as=ndjson", &[]));
}

/// Bytes for a session of Socket.IO that hears a channel and waits: beside the connection there are
/// the session, its socket, what that hears, and what is kept for its return.
const BYTES_PER_SESSION_MAX: u64 = 2048;

/// Sessions that begin at a time.
const AT_ONCE: usize = 20;

#[test]
fn a_quiet_session_of_socket_io_is_small() {
    let server = launch().start();
    // Nobody reads what is said, so it must be over before the silent ones are given up; but too
    // many at once leave holes in the heap that are nobody's.
    let mut begin = request(&format!("GET {SOCKET}"), &frame::HANDSHAKE).into_bytes();
    for packet in ["40", "420[\"subscribe\",\"c\"]"] {
        begin.extend(frame::masked(frame::TEXT, packet.as_bytes()));
    }
    let mut held = Vec::with_capacity(WARM_UP + SUBSCRIBERS);
    let mut open = |count| {
        for _ in 0..count / AT_ONCE {
            for _ in 0..AT_ONCE {
                let mut raw = Raw::connect(&server);
                raw.send(&begin);
                held.push(raw);
            }
            until_held(&server, "c", held.len() as u64);
        }
        server.anonymous_bytes()
    };
    let before = open(WARM_UP);
    let after = open(SUBSCRIBERS);
    let sessions = metric(&server, "fanfare_socketio_sessions");
    assert_eq!(sessions, held.len() as u64);
    let each = after.saturating_sub(before) / SUBSCRIBERS as u64;
    println!("Socket.IO: {each} bytes for each of {SUBSCRIBERS} sessions");
    assert!(each <= BYTES_PER_SESSION_MAX, "{each} bytes for each");
    held.into_iter().for_each(Raw::reset);
}

/// What all unfinished messages may take, the default of the server, and some more for the
/// connections that they come on.
const UNFINISHED_BYTES_MAX: u64 = (128 << 20) + (64 << 20);

/// What may stay of a burst: it is over when few connections end, and those may leave holes in the
/// heap that are not worth looking for.
const LEFT_BYTES_MAX: u64 = 8 << 20;

#[test]
fn unfinished_messages_are_bounded_together_and_their_memory_comes_back() {
    let server = launch().start();
    let before = server.anonymous_bytes();
    let part = vec![b'x'; 1_000_000];
    let head = request("POST /pub/c", &["Content-Length: 1048576"]);
    for _ in 0..2 {
        let mut unfinished = Vec::new();
        for _ in 0..250 {
            let mut raw = Raw::connect(&server);
            raw.send(&head);
            // Those who come too late are refused, some before they have sent all of it.
            raw.send_in_vain(&part);
            unfinished.push(raw);
        }
        let refused = || metric(&server, "fanfare_refused_total");
        until("some have been refused", || refused() > 0);
        let grown = server.anonymous_bytes() - before;
        assert!(grown <= UNFINISHED_BYTES_MAX, "{grown} bytes more");
        unfinished.into_iter().for_each(Raw::reset);
        until("the memory has come back", || {
            server.anonymous_bytes() - before <= LEFT_BYTES_MAX
        });
    }
    Publisher::connect(&server).publish("c", "room again");
}

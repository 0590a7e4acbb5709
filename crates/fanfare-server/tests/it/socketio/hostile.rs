//! Input that nobody sends in good faith. Sessions end, the server does not, and nothing is left.

use fanfare_testkit::dice::Dice;
use fanfare_testkit::server::Server;
use serde_json::{Value, json};

use super::peer::{Peer, SOCKET, poll, sid};
use crate::support::frame::{self, BINARY, HANDSHAKE, TEXT, masked};
use crate::support::raw::request;
use crate::support::{Raw, launch, metric, server, until};

/// How much more memory the process may have in the end, in bytes: buffers and tables that have
/// grown once and are used again.
const LEFT_BEHIND_BYTES_MAX: u64 = 8 << 20;

/// Nobody is there any more, and the server takes the next.
fn check_unharmed(server: &mut Server) {
    assert!(server.is_running(), "{}", server.log());
    until("all sessions are over", || {
        metric(server, "fanfare_socketio_sessions") == 0
    });
    until("all connections are gone", || {
        metric(server, "fanfare_connections") <= 1
    });
    assert_eq!(metric(server, "fanfare_memory_bytes{kind=\"backlog\"}"), 0);
    let mut peer = Peer::connect(server);
    peer.subscribe("c");
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}

/// What ends a session, as text frames.
fn broken() -> Vec<String> {
    let mut broken: Vec<String> = [
        "",
        "x",
        "9",
        "4",
        "47",
        "4x",
        "40[]",
        "40{}",
        "44{}",
        "42{}",
        "42[]",
        "42[1",
        "42[null]",
        "42[{}]",
        "42[\"connect\"]",
        "42[\"disconnect\"]",
        "43{}",
        "45-[\"a\"]",
        "451[\"a\"]",
        "450-[\"a\"]",
        "4511-[\"a\"]",
        "45999999999999999999999-[\"a\"]",
        "451-[\"a\",1]x",
        "451-[\"a\",{\"_placeholder\":true,\"num\":1}]",
        "451-[\"a\",{\"_placeholder\":true,\"num\":-1}]",
        "451-[\"a\",{\"_placeholder\":true}]",
        "42/admin,[\"a\"]",
        "41/admin,",
        "4299999999999999999999[\"a\"]",
    ]
    .map(str::to_owned)
    .into();
    broken.push(format!("42[\"a\",{}{}]", "[".repeat(200), "]".repeat(200)));
    broken.push(format!("42[\"{}\"]", "a".repeat(2_000)));
    broken.push(format!("40/{},", "a".repeat(5_000)));
    broken
}

#[test]
fn what_is_no_packet_ends_the_session() {
    let mut server = server();
    for text in broken() {
        let mut peer = Peer::connect(&server);
        peer.subscribe("c");
        peer.say(&text);
        assert_closed(peer, &text);
    }
    let mut peer = Peer::connect(&server);
    peer.attach(b"that nobody waits for");
    assert_closed(peer, "an attachment");
    let mut peer = Peer::connect(&server);
    peer.say("451-[\"publish\",\"c\",{\"_placeholder\":true,\"num\":0}]");
    peer.say("42[\"publish\",\"c\",\"instead of an attachment\"]");
    assert_closed(peer, "no attachment");
    check_unharmed(&mut server);
}

/// The server closes, with a close packet or without.
#[track_caller]
fn assert_closed(mut peer: Peer, what: &str) {
    let rest = peer.raw().rest();
    let is_close = rest.is_empty() || rest.contains(&(0x80 | frame::CLOSE));
    assert!(is_close, "{what}: {:?}", String::from_utf8_lossy(&rest));
}

#[test]
fn bodies_that_are_none_are_refused() {
    let mut server = server();
    for body in [
        &b""[..],
        b"\x1e",
        b"4\x1e\x1e4",
        b"\xff\xfe",
        b"b!",
        b"x",
        b"6",
        &[b'4'; 100],
    ] {
        let session = sid(&poll(&server, &[]));
        let line = format!("/socket.io/?EIO=4&transport=polling&sid={session}");
        let answer = Raw::connect(&server).tell(&format!("POST {line}"), &[], body);
        assert!(matches!(answer.status, 200 | 400), "{body:?}: {answer:?}");
        // A session that was ended by it waits for a poll to hear that, any other for a goodbye.
        let mut waiting = Raw::connect(&server);
        waiting.begin(&format!("GET {line}"), &["Connection: close"]);
        Raw::connect(&server).tell(&format!("POST {line}"), &[], "1");
        waiting.rest();
    }
    check_unharmed(&mut server);
}

#[test]
fn a_body_without_end_is_not_read() {
    let mut server = launch().set("limits.message_bytes_max=1KiB").start();
    let session = sid(&poll(&server, &[]));
    let line = format!("POST /socket.io/?EIO=4&transport=polling&sid={session}");
    let mut raw = Raw::connect(&server);
    raw.send(request(&line, &["Content-Length: 1000000000"]));
    let megabyte = vec![b'x'; 1 << 20];
    for _ in 0..32 {
        raw.send_in_vain(&megabyte);
    }
    let said = raw.rest();
    assert!(
        said.is_empty() || said.starts_with(b"HTTP/1.1 413 "),
        "{}",
        String::from_utf8_lossy(&said)
    );
    // The session goes on: its client may have sent something smaller as well.
    Raw::connect(&server).tell(&line, &[], "1").check(200, "ok");
    check_unharmed(&mut server);
}

// Each of them is subscribed to and published to without end, by one who reads nothing.
#[test]
fn a_flood_of_requests_ends_with_who_sends_it() {
    let mut server = server();
    let before = server.anonymous_bytes();
    let raw = Raw::connect(&server);
    raw.set_receive_buffer(4096);
    let mut peer = Peer::on(raw, &[], &Value::Null);
    let mut burst = Vec::new();
    for number in 0..1_000 {
        let event = json!(["subscribe", format!("c{number}")]);
        burst.extend(masked(TEXT, format!("42{number}{event}").as_bytes()));
    }
    for _ in 0..20 {
        peer.raw().send_in_vain(&burst);
    }
    assert!(metric(&server, "fanfare_subscriptions") <= 100);
    let grown = server.anonymous_bytes().saturating_sub(before);
    println!("{grown} bytes for 20,000 requests whose answers nobody reads");
    assert!(grown <= 64 << 20, "{grown} bytes");
    peer.reset();
    check_unharmed(&mut server);
}

// Everything at once and many times, from a seed: whatever it is, nothing is left of it.
#[test]
fn noise_leaves_nothing_behind() {
    let mut server = launch().set("limits.head_time=1s").start();
    let mut dice = Dice::new(20_261_121);
    round(&server, &mut dice);
    until("all sessions are over", || {
        metric(&server, "fanfare_socketio_sessions") == 0
    });
    let before = server.anonymous_bytes();
    for _ in 0..10 {
        round(&server, &mut dice);
    }
    check_unharmed(&mut server);
    let after = server.anonymous_bytes();
    println!("after 2000 connections of noise: {after} bytes, {before} before");
    assert!(
        after < before + LEFT_BEHIND_BYTES_MAX,
        "{after} bytes, {before} before"
    );
}

fn round(server: &Server, dice: &mut Dice) {
    let connections: Vec<Raw> = (0..200).map(|_| noise(server, dice)).collect();
    for raw in connections {
        if dice.flip() { raw.reset() } else { drop(raw) }
    }
}

fn noise(server: &Server, dice: &mut Dice) -> Raw {
    let mut raw = Raw::connect(server);
    let revision = if dice.flip() { "4" } else { "3" };
    let path = SOCKET.replace('4', revision);
    let mut bytes = request(&format!("GET {path}"), &HANDSHAKE).into_bytes();
    let head = bytes.len() as u64;
    for text in [
        "40",
        "420[\"subscribe\",\"a\"]",
        "42[\"publish\",\"a\",{\"b\":[]}]",
        "2",
        "3",
    ] {
        bytes.extend(masked(TEXT, text.as_bytes()));
    }
    bytes.extend(masked(
        TEXT,
        b"451-[\"publish\",\"a\",{\"_placeholder\":true,\"num\":0}]",
    ));
    bytes.extend(masked(BINARY, b"bytes"));
    // Mostly behind the head: what is in it is the business of other tests.
    let from = if dice.roll().is_multiple_of(8) {
        0
    } else {
        head
    };
    for _ in 0..dice.within(0..4) {
        let at = dice.within(from.min(bytes.len() as u64 - 1)..bytes.len() as u64) as usize;
        match dice.roll() % 3 {
            0 => bytes[at] = dice.roll() as u8,
            1 => bytes.truncate(at + 1),
            _ => bytes.insert(at, dice.roll() as u8),
        }
    }
    raw.send_in_vain(bytes);
    raw
}

//! WebSocket at subscriber locations, byte for byte (section 5.1 of the Nchan reference).

use fanfare_testkit::server::Server;

use crate::support::frame::{self, BINARY, CLOSE, HANDSHAKE, PING, PONG, TEXT, masked};
use crate::support::{Publisher, Raw, launch, server, until_held};

const META: &str = "Sec-WebSocket-Protocol: ws+meta.nchan";

/// A socket on channel `c` whose subscription stands.
fn listen(server: &Server, headers: &[&str]) -> Raw {
    let mut raw = Raw::connect(server);
    frame::upgrade(&mut raw, "/sub/c", headers);
    until_held(server, "c", 1);
    raw
}

#[test]
fn a_handshake_is_answered() {
    let server = server();
    let mut raw = Raw::connect(&server);
    let head = frame::upgrade(&mut raw, "/sub/c", &[]);
    head.with("upgrade", "websocket")
        .without("content-length")
        .without("transfer-encoding");
    head.without("sec-websocket-protocol")
        .without("sec-websocket-extensions");
    assert_eq!(head.header("connection").to_ascii_lowercase(), "upgrade");
}

#[test]
fn a_message_is_a_frame() {
    let server = server();
    let mut socket = listen(&server, &[]);
    let mut publisher = Publisher::connect(&server);
    publisher.publish("c", "first");
    assert_eq!(socket.take(7), b"\x81\x05first");
    publisher.publish_with(
        "c",
        &["Content-Type: application/octet-stream"],
        [0, 1, 255],
    );
    assert_eq!(socket.take(5), b"\x82\x03\x00\x01\xff");
    publisher.publish_with("c", &[], "");
    assert_eq!(socket.take(2), b"\x81\x00");
    for length in [125, 126, 65_535, 65_536] {
        publisher.publish("c", &"x".repeat(length));
        let (first, payload) = frame::read(&mut socket);
        assert_eq!((first, payload.len()), (0x81, length));
    }
    publisher.delete("c");
    assert_eq!(socket.take(12), b"\x88\x0a\x03\xe9410 Gone");
    socket.send(masked(CLOSE, &[0x03, 0xe9]));
    socket.check_closed();
}

// Browsers drop the connection at a text frame that is none.
#[test]
fn what_is_not_text_is_not_called_text() {
    let server = server();
    let mut socket = listen(&server, &[]);
    let mut publisher = Publisher::connect(&server);
    publisher.publish_with("c", &["Content-Type: text/plain"], b"\xff\xfeabc");
    assert_eq!(socket.take(7), b"\x82\x05\xff\xfeabc");
}

#[test]
fn meta_stands_before_a_message() {
    let server = server();
    let mut raw = Raw::connect(&server);
    let head = frame::upgrade(&mut raw, "/sub/c", &[META]);
    head.with("sec-websocket-protocol", "ws+meta.nchan");
    let mut publisher = Publisher::connect(&server);
    let id = publisher.publish("c", "m-one");
    let expected = format!("id: {id}\ncontent-type: text/plain\n\nm-one");
    assert_eq!(frame::read(&mut raw), (0x81, expected.into_bytes()));
    let id = publisher.publish_with("c", &[], "m-two");
    assert_eq!(
        frame::read(&mut raw),
        (0x81, format!("id: {id}\n\nm-two").into_bytes())
    );
    let typed = ["Content-Type: application/octet-stream"];
    let id = publisher.publish_with("c", &typed, [0xff]);
    let mut expected = format!("id: {id}\ncontent-type: application/octet-stream\n\n").into_bytes();
    expected.push(0xff);
    assert_eq!(frame::read(&mut raw), (0x82, expected));
}

#[test]
fn a_protocol_is_found_in_a_list_and_only_whole() {
    let server = server();
    for (offered, chosen) in [
        ("ws+meta.nchan", Some("ws+meta.nchan")),
        ("foo, ws+meta.nchan", Some("ws+meta.nchan")),
        ("ws+meta.nchanX", None),
        ("foo", None),
    ] {
        let mut raw = Raw::connect(&server);
        let head = frame::upgrade(
            &mut raw,
            "/sub/c",
            &[&format!("Sec-WebSocket-Protocol: {offered}")],
        );
        assert_eq!(head.find("sec-websocket-protocol"), chosen, "{offered}");
    }
}

#[test]
fn a_socket_resumes_after_its_cursor() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let first = publisher.publish("c", "first");
    publisher.publish("c", "second");
    let encoded = first.to_string().replace(':', "%3A");
    let mut raw = Raw::connect(&server);
    frame::upgrade(&mut raw, &format!("/sub/c?last_event_id={encoded}"), &[]);
    assert_eq!(frame::read(&mut raw), (0x81, b"second".to_vec()));
    let mut raw = Raw::connect(&server);
    frame::upgrade(&mut raw, "/sub/c", &[&format!("Last-Event-ID: {first}")]);
    assert_eq!(frame::read(&mut raw), (0x81, b"second".to_vec()));
}

#[test]
fn a_gap_is_told_or_ends_the_socket() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let first = publisher.publish("c", "first");
    publisher.count("c", 0..150);
    let path = format!("/sub/c?last_event_id={first}");

    let mut raw = Raw::connect(&server);
    frame::upgrade(&mut raw, &path, &[META]);
    let (_, payload) = frame::read(&mut raw);
    let text = String::from_utf8(payload).unwrap();
    let (head, gap) = text.split_once("\n\n").unwrap();
    assert!(
        head.ends_with("\ncontent-type: application/vnd.fanfare.gap+json"),
        "{head}"
    );
    let gap: serde_json::Value = serde_json::from_str(gap).unwrap();
    assert_eq!(gap["after"], first.to_string());
    let (_, payload) = frame::read(&mut raw);
    assert!(payload.ends_with(b"\n\n50"));

    // A plain socket has no words for it but its last ones, which say how to go on.
    let mut raw = Raw::connect(&server);
    frame::upgrade(&mut raw, &path, &[]);
    let (code, reason) = frame::read_close(&mut raw);
    assert_eq!(code, 4001, "{reason}");
    let cursor = reason.rsplit_once("since=").unwrap().1;
    let mut raw = Raw::connect(&server);
    frame::upgrade(&mut raw, &format!("/sub/c?since={cursor}"), &[]);
    assert_eq!(frame::read(&mut raw), (0x81, b"50".to_vec()));
}

#[test]
fn pings_are_answered_and_closes_returned() {
    let server = server();
    let mut socket = listen(&server, &[]);
    socket.send(masked(PING, b"abc"));
    assert_eq!(socket.take(5), b"\x8a\x03abc");
    socket.send(masked(PONG, b"unasked for"));
    socket.send(masked(CLOSE, b"\x03\xe8bye"));
    assert_eq!(socket.take(7), b"\x88\x05\x03\xe8bye");
    socket.check_closed();

    let mut socket = listen(&server, &[]);
    socket.send(masked(CLOSE, b""));
    assert_eq!(socket.take(2), b"\x88\x00");
    socket.check_closed();
    until_held(&server, "c", 0);
}

#[test]
fn a_quiet_socket_is_pinged_and_a_dead_one_dropped() {
    let server = launch().set("subscribe.ws_ping=1s").start();
    let mut alive = listen(&server, &[]);
    for _ in 0..3 {
        assert_eq!(alive.take(2), [0x80 | PING, 0]);
        alive.send(masked(PONG, b""));
    }
    // This one says nothing: asked once, then dropped.
    drop(alive);
    until_held(&server, "c", 0);
    let mut dead = listen(&server, &[]);
    assert_eq!(dead.take(2), [0x80 | PING, 0]);
    dead.check_closed();
    until_held(&server, "c", 0);
}

#[test]
fn a_subscriber_location_only_delivers() {
    let server = server();
    for opcode in [TEXT, BINARY] {
        let mut socket = listen(&server, &[]);
        socket.send(masked(opcode, b"hello"));
        let (code, reason) = frame::read_close(&mut socket);
        assert_eq!(code, 1008, "{reason}");
        drop(socket);
        until_held(&server, "c", 0);
    }
}

#[test]
fn a_handshake_that_is_none_is_refused() {
    let server = server();
    let without = |name: &str| -> Vec<&str> {
        HANDSHAKE
            .into_iter()
            .filter(|header| !header.starts_with(name))
            .collect()
    };
    let version_8 = [
        &without("Sec-WebSocket-Version")[..],
        &["Sec-WebSocket-Version: 8"],
    ]
    .concat();
    let short_key = [
        &without("Sec-WebSocket-Key")[..],
        &["Sec-WebSocket-Key: c2hvcnQ="],
    ]
    .concat();
    for (headers, status) in [
        (without("Connection"), 400),
        (without("Sec-WebSocket-Key"), 400),
        (short_key, 400),
        (without("Sec-WebSocket-Version"), 426),
        (version_8, 426),
    ] {
        for path in ["/sub/c", "/sub/c?as=ws", "/ws"] {
            let answer = Raw::connect(&server).ask(&format!("GET {path}"), &headers);
            assert_eq!(answer.status, status, "{path} {headers:?}: {answer:?}");
            answer.with("fanfare-error", "bad_websocket_handshake");
            if status == 426 {
                answer.with("sec-websocket-version", "13");
            }
        }
    }
    let answer = Raw::connect(&server).ask("GET /ws", &[]);
    assert!(matches!(answer.status, 400 | 426), "{answer:?}");
}

// RFC 7692: what is long enough comes compressed, and says so in its first byte.
#[test]
fn messages_are_compressed_for_who_asks() {
    let server = server();
    let mut raw = Raw::connect(&server);
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    let head = frame::upgrade(&mut raw, "/sub/c", &[offer]);
    assert!(
        head.header("sec-websocket-extensions")
            .starts_with("permessage-deflate"),
        "{head:?}"
    );
    until_held(&server, "c", 1);
    let mut publisher = Publisher::connect(&server);
    publisher.publish("c", &"hello ".repeat(200));
    let (first, payload) = frame::read(&mut raw);
    assert_eq!(first, 0xc1);
    assert!(payload.len() < 100, "{}", payload.len());
    publisher.publish("c", "short");
    assert_eq!(frame::read(&mut raw), (0x81, b"short".to_vec()));
}

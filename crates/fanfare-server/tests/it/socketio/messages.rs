//! A message as an event: its name, its data, its cursor.

use serde_json::{Value, json};

use super::peer::{Heard, Peer};
use crate::support::{Publisher, server};

/// What a publisher says, and the name and the data of the event.
struct Case<'a> {
    headers: &'a [&'a str],
    body: &'a [u8],
    name: &'a str,
    data: Value,
}

fn cases() -> Vec<Case<'static>> {
    let case = |headers: &'static [&'static str], body: &'static [u8], name, data| Case {
        headers,
        body,
        name,
        data,
    };
    vec![
        case(&[], b"hello", "message", json!("hello")),
        case(&[], b"{\"a\":1}", "message", json!({"a": 1})),
        case(&[], b" [1,2]", "message", json!([1, 2])),
        case(&[], b"42", "message", json!("42")),
        case(&[], b"", "message", json!("")),
        case(
            &["Content-Type: application/x-www-form-urlencoded"],
            b"{}",
            "message",
            json!({}),
        ),
        case(
            &["Content-Type: application/x-www-form-urlencoded"],
            b"a=1",
            "message",
            json!("a=1"),
        ),
        case(
            &["Content-Type: application/json"],
            b"42",
            "message",
            json!(42),
        ),
        case(
            &["Content-Type: application/json; charset=utf-8"],
            b"null",
            "message",
            json!(null),
        ),
        case(
            &["Content-Type: application/ld+json"],
            b"[]",
            "message",
            json!([]),
        ),
        case(
            &["Content-Type: application/json"],
            b"{no",
            "message",
            json!("{no"),
        ),
        case(
            &["Content-Type: text/plain"],
            b"{\"a\":1}",
            "message",
            json!("{\"a\":1}"),
        ),
        case(
            &["Content-Type: text/html"],
            "\u{20ac}\n\"".as_bytes(),
            "message",
            json!("\u{20ac}\n\""),
        ),
        case(
            &["X-EventSource-Event: greeting"],
            b"hello",
            "greeting",
            json!("hello"),
        ),
        case(
            &["X-EventSource-Event: a \"b\""],
            b"1",
            "a \"b\"",
            json!("1"),
        ),
        case(
            &["X-EventSource-Event: disconnect"],
            b"x",
            "message",
            json!("x"),
        ),
        case(
            &["X-EventSource-Event: connect_error"],
            b"x",
            "message",
            json!("x"),
        ),
    ]
}

#[test]
fn messages_are_events() {
    let server = server();
    let mut peers = [Peer::connect(&server), Peer::connect_3(&server)];
    for peer in &mut peers {
        peer.subscribe("c");
    }
    let mut publisher = Publisher::connect(&server);
    for case in cases() {
        let id = publisher
            .publish_with("c", case.headers, case.body)
            .to_string();
        for peer in &mut peers {
            peer.hears(case.name, &json!([case.data, id]));
        }
    }
}

#[test]
fn bytes_are_attachments() {
    let server = server();
    let mut peer = Peer::connect(&server);
    let mut old = Peer::connect_3(&server);
    peer.subscribe("c");
    old.subscribe("c");
    let mut publisher = Publisher::connect(&server);
    for (headers, body) in [
        (
            &["Content-Type: application/octet-stream"][..],
            &b"text"[..],
        ),
        (&["Content-Type: image/png"], b"\x89PNG"),
        (&["Content-Type: application/octet-stream"], b""),
        (&["Content-Type: text/plain"], b"\xff"),
        (&["Content-Type: application/json"], b"{\"\xff"),
        (&[], b"\xfe\xff"),
    ] {
        let id = publisher.publish_with("c", headers, body).to_string();
        let event = |attachment| Heard {
            name: "message".to_owned(),
            arguments: vec![json!({"_placeholder": true, "num": 0}), json!(id)],
            attachments: vec![attachment],
        };
        assert_eq!(peer.next(), event(body.to_vec()));
        // There the type of a packet comes first, also of one of bytes.
        assert_eq!(old.next(), event([b"\x04", body].concat()));
    }
}

#[test]
fn numbers_stay_what_they_are() {
    let server = server();
    let mut peer = Peer::connect(&server);
    peer.subscribe("c");
    let mut publisher = Publisher::connect(&server);
    let body = "{\"b\":1.50,\"a\":12345678901234567890123,\"b\":1e400}";
    let id = publisher.publish_with("c", &["Content-Type: application/json"], body);
    assert_eq!(peer.text(), format!("42[\"message\",{body},\"{id}\"]"));
}

#[test]
fn a_long_message_arrives() {
    let server = server();
    let mut peer = Peer::connect(&server);
    peer.subscribe("c");
    let mut publisher = Publisher::connect(&server);
    let (text, escaped) = ("x".repeat(1 << 20), "\u{1}".repeat(1 << 20));
    for body in [text, escaped] {
        publisher.publish("c", &body);
        assert!(peer.next().arguments[0] == json!(body));
    }
}

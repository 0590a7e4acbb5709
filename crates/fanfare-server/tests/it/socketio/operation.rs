//! What whoever runs the server sees of it: numbers, slow clients, the end.

use fanfare_testkit::server::Signal;
use serde_json::{Value, json};

use super::peer::{Peer, poll, sid};
use crate::support::frame;
use crate::support::{Publisher, Raw, SOON, launch, metric, server, until, until_held};

const HELD: &str = "fanfare_held_connections{transport=\"socketio\"}";

#[test]
fn sessions_are_counted() {
    let server = server();
    assert_eq!(
        (
            metric(&server, HELD),
            metric(&server, "fanfare_socketio_sessions")
        ),
        (0, 0)
    );
    let mut peer = Peer::connect(&server);
    peer.subscribe("c");
    // A session without a connection of its own, and its goodbye.
    let sid = sid(&poll(&server, &[]));
    assert_eq!(
        (
            metric(&server, HELD),
            metric(&server, "fanfare_socketio_sessions")
        ),
        (1, 2)
    );
    Publisher::connect(&server).publish("c", "m");
    peer.next();
    assert_eq!(metric(&server, "fanfare_delivered_total"), 1);
    let line = format!("POST /socket.io/?EIO=4&transport=polling&sid={sid}");
    Raw::connect(&server).tell(&line, &[], "1").check(200, "ok");
    drop(peer);
    until("they have gone", || {
        (
            metric(&server, HELD),
            metric(&server, "fanfare_socketio_sessions"),
        ) == (0, 0)
    });
}

/// Bytes of a message of which a few hundred are more than a client is waited for.
const LARGE: usize = 50_000;

/// Memory that a client may take who reads nothing, with room for what the process needs anyway:
/// four of the greatest messages, and the history.
const STALLED_BYTES_MAX: u64 = (8 << 20) + (32 << 20);

#[test]
fn who_does_not_read_is_cut_off_and_harms_nobody() {
    let server = launch()
        .set("limits.history_messages=1000")
        .set("limits.history_bytes=32MiB")
        .start();
    let mut awake = Peer::connect(&server);
    awake.subscribe("c");
    let raw = Raw::connect(&server);
    raw.set_receive_buffer(4096);
    let mut lazy = Peer::on(raw, &[], &Value::Null);
    lazy.subscribe("c");
    let mut publisher = Publisher::connect(&server);
    let first = publisher.publish("c", "first").to_string();
    awake.hears("message", &json!(["first", first]));
    lazy.hears("message", &json!(["first", first]));
    let was = lazy.entered.clone();

    let before = server.anonymous_bytes();
    let (mut count, mut grown) = (0, 0);
    let mut ids = Vec::new();
    while publisher.subscribers("c") == 2 {
        assert!(count < 500, "it is never cut off");
        ids.push(
            publisher
                .publish("c", &format!("{count} {}", "x".repeat(LARGE)))
                .to_string(),
        );
        // Everybody else hears it at once.
        assert_eq!(awake.next().arguments[1], ids[count]);
        count += 1;
        grown = grown.max(server.anonymous_bytes().saturating_sub(before));
    }
    println!("cut off after {count} messages of {LARGE} bytes, {grown} bytes of memory");
    assert!(grown <= STALLED_BYTES_MAX, "{grown} bytes more");

    // It comes back and goes on: nothing is lost.
    lazy.reset();
    let mut lazy = Peer::back(&server, &was, Some(&first));
    for (number, id) in ids.iter().enumerate() {
        let heard = lazy.next();
        assert_eq!(heard.arguments[1], *id);
        assert!(
            heard.arguments[0]
                .as_str()
                .unwrap()
                .starts_with(&format!("{number} "))
        );
    }
    lazy.hears_nothing();
}

// The same over polls: what is not fetched waits, up to a bound.
#[test]
fn who_does_not_poll_is_cut_off() {
    let server = server();
    let session = sid(&poll(&server, &[]));
    let line = format!("/socket.io/?EIO=4&transport=polling&sid={session}");
    let post = |body: &str| {
        Raw::connect(&server)
            .tell(&format!("POST {line}"), &[], body)
            .check(200, "ok");
    };
    post("40");
    post("420[\"subscribe\",\"c\"]");
    // Somebody who hears each message before the next is published: who is behind the history is
    // not written to, and not cut off either.
    let mut awake = Peer::connect(&server);
    awake.subscribe("c");
    until_held(&server, "c", 2);
    let mut publisher = Publisher::connect(&server);
    let mut count = 0;
    while publisher.subscribers("c") == 2 {
        assert!(count < 500, "it is never cut off");
        publisher.publish("c", &"x".repeat(LARGE));
        awake.next();
        count += 1;
    }
    drop(awake);
    let answer = Raw::connect(&server).ask(&format!("GET {line}"), &[]);
    assert_eq!(answer.status, 400, "{answer:?}");
    until("it is forgotten", || {
        metric(&server, "fanfare_socketio_sessions") == 0
    });
}

#[test]
fn clients_are_told_goodbye_so_that_they_come_back() {
    let mut server = launch().set("server.shutdown_grace=3s").start();
    let mut peers: Vec<Peer> = (0..5).map(|_| Peer::connect(&server)).collect();
    for peer in &mut peers {
        peer.subscribe("c");
    }
    let session = sid(&poll(&server, &[]));
    let mut waiting = Raw::connect(&server);
    waiting.begin(
        &format!("GET /socket.io/?EIO=4&transport=polling&sid={session}"),
        &[],
    );
    server.signal(Signal::TERM);
    for peer in &mut peers {
        // No `41`, after which a client would stay away.
        let (first, payload) = frame::read(peer.raw());
        let text = String::from_utf8_lossy(&payload).into_owned();
        assert!(first == 0x88 || text == "1", "{first:x} {text}");
    }
    drop(peers);
    let answer = waiting.rest();
    let text = String::from_utf8_lossy(&answer);
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 "), "{text}");
    assert_eq!(server.wait(SOON).code(), Some(0), "{}", server.log());
}

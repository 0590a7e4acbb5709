//! Engine.IO: both mounts that the suites visit.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::http::{Http, get};
use crate::poller::Poller;
use crate::site::start;
use crate::websocket::{Frame, WebSocket};

const MOUNTS: [&str; 2] = ["/engine.io/", "/socket.io/"];

/// What both mounts say.
const PING_INTERVAL: Duration = Duration::from_millis(300);
const PING_TIMEOUT: Duration = Duration::from_millis(200);

/// An open packet, up to and from the session's id.
fn check_open(text: &str, upgrades: &str) {
    let rest = text.strip_prefix(r#"0{"sid":""#).expect("an open packet");
    let (sid, rest) = rest.split_once('"').expect("an id");
    assert!(!sid.is_empty());
    let expected = format!(
        r#","upgrades":[{upgrades}],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}}"#
    );
    assert_eq!(rest, expected);
}

fn open(address: SocketAddr, mount: &str) -> WebSocket {
    let mut socket = WebSocket::open(address, &format!("{mount}?EIO=4&transport=websocket"));
    check_open(&socket.hear(), "");
    socket
}

#[test]
fn handshake_over_polling() {
    let server = start();
    for mount in MOUNTS {
        let good = get(
            server.address(),
            &format!("{mount}?EIO=4&transport=polling"),
        );
        assert_eq!(good.status, 200);
        check_open(good.text(), "\"websocket\"");
        for query in [
            "transport=polling",
            "EIO=abc&transport=polling",
            "EIO=4",
            "EIO=4&transport=abc",
        ] {
            let reply = get(server.address(), &format!("{mount}?{query}"));
            assert_eq!(reply.status, 400, "{mount} {query}");
        }
        for method in ["POST", "PUT"] {
            let mut http = Http::connect(server.address());
            let target = format!("{mount}?EIO=4&transport=polling");
            http.begin(method, &target, "Content-Length: 0\r\n");
            assert_eq!(http.reply().status, 400, "{mount} {method}");
        }
    }
}

#[test]
fn handshake_over_web_socket() {
    let server = start();
    for mount in MOUNTS {
        open(server.address(), mount);
        for query in [
            "transport=websocket",
            "EIO=abc&transport=websocket",
            "EIO=4",
            "EIO=4&transport=abc",
        ] {
            let outcome = WebSocket::try_open(server.address(), &format!("{mount}?{query}"));
            assert!(outcome.is_err(), "{mount} {query}");
        }
    }
}

#[test]
fn messages_over_polling() {
    let server = start();
    for payload in [
        "4hello",
        "4test1\u{1e}4test2\u{1e}4test3",
        "4hello\u{1e}bAQIDBA==",
    ] {
        let mut poller = Poller::open(server.address(), "/engine.io/");
        poller.say(payload);
        for packet in payload.split('\u{1e}') {
            assert_eq!(poller.hear(), packet);
        }
    }
}

#[test]
fn a_bad_packet_over_polling_ends_the_session() {
    let server = start();
    let poller = Poller::open(server.address(), "/engine.io/");
    poller.post("abc");
    assert_eq!(poller.get().status, 400);
}

#[test]
fn two_polls_at_once_end_the_session() {
    let server = start();
    // A ping may end the first before the second comes.
    let outcome = (0..10).find_map(|_| {
        let poller = Poller::open(server.address(), "/engine.io/");
        let replies = [poller.begin(), poller.begin()].map(|mut poll| poll.reply().status);
        replies.contains(&400).then_some((replies, poller))
    });
    let (replies, poller) = outcome.expect("one of the two is refused");
    assert!(matches!(replies, [200, 400] | [400, 200]), "{replies:?}");
    assert_eq!(poller.get().status, 400);
}

#[test]
fn messages_over_web_socket() {
    let server = start();
    let mut socket = open(server.address(), "/engine.io/");
    socket.text("4hello");
    assert_eq!(socket.hear(), "4hello");
    socket.binary(&[1, 2, 3, 4]);
    assert_eq!(socket.next(), Frame::Binary(vec![1, 2, 3, 4]));
}

#[test]
fn a_bad_packet_over_web_socket_ends_the_session() {
    let server = start();
    let mut socket = open(server.address(), "/engine.io/");
    socket.text("abc");
    assert_eq!(socket.next(), Frame::End);
}

/// Who enters no namespace has a second at one of them.
fn pings(mount: &str) -> usize {
    if mount == "/engine.io/" { 3 } else { 2 }
}

#[test]
fn heartbeats_over_polling() {
    let server = start();
    for mount in MOUNTS {
        let poller = Poller::open(server.address(), mount);
        for _ in 0..pings(mount) {
            assert_eq!(poller.get().text(), "2");
            assert_eq!(poller.post("3").status, 200);
        }
    }
}

#[test]
fn heartbeats_over_web_socket() {
    let server = start();
    for mount in MOUNTS {
        let mut socket = open(server.address(), mount);
        for _ in 0..pings(mount) {
            assert_eq!(socket.frame(), Frame::Text("2".to_owned()));
            socket.text("3");
        }
    }
}

#[test]
fn who_does_not_answer_pings_is_sent_away() {
    let server = start();
    for mount in MOUNTS {
        let begun = Instant::now();
        let mut poller = Poller::open(server.address(), mount);
        // The ping comes, the end after it.
        assert_eq!(poller.hear_end().first().map(String::as_str), Some("2"));
        assert!(begun.elapsed() >= PING_INTERVAL + PING_TIMEOUT - Duration::from_millis(5));
        let mut socket = open(server.address(), mount);
        assert_eq!(socket.frame(), Frame::Text("2".to_owned()));
        assert_eq!(socket.frame(), Frame::End);
    }
}

#[test]
fn a_close_packet_ends_the_session() {
    let server = start();
    for mount in MOUNTS {
        let poller = Poller::open(server.address(), mount);
        let mut waiting = poller.begin();
        let mut posted = poller.begin_post("1");
        let answers = [waiting.reply(), posted.reply()].map(|it| it.text().to_owned());
        // The poll comes first or last; the post always succeeds.
        assert_eq!(answers[1], "ok");
        let body = &answers[0];
        assert!(body == "6" || body.contains("\"code\":1"), "{body}");
        assert_eq!(poller.get().status, 400);

        let mut socket = open(server.address(), mount);
        socket.text("1");
        assert_eq!(socket.next(), Frame::End);
    }
}

/// A session that has gone from polling to a WebSocket; also the target of its polls.
fn upgraded(address: SocketAddr, mount: &str) -> (WebSocket, Poller) {
    let poller = Poller::open(address, mount);
    let target = poller.target.replace("polling", "websocket");
    let mut socket = WebSocket::open(address, &target);
    socket.text("2probe");
    assert_eq!(socket.frame(), Frame::Text("3probe".to_owned()));
    socket.text("5");
    (socket, poller)
}

#[test]
fn upgrade() {
    let server = start();
    let (mut socket, _) = upgraded(server.address(), "/engine.io/");
    socket.text("4hello");
    assert_eq!(socket.hear(), "4hello");
    let (mut socket, _) = upgraded(server.address(), "/socket.io/");
    socket.text("40");
    assert!(socket.hear().starts_with("40{"));
}

#[test]
fn after_an_upgrade_requests_of_the_session_are_refused_and_it_goes_on() {
    let server = start();
    for (mount, said, heard) in [
        ("/engine.io/", "4hello", "4hello"),
        ("/socket.io/", "40", "40{"),
    ] {
        let (mut socket, poller) = upgraded(server.address(), mount);
        // It has arrived when something after it was answered.
        socket.text(said);
        assert!(socket.hear().starts_with(heard));
        assert_eq!(poller.get().status, 400);
        let target = poller.target.replace("polling", "websocket");
        match WebSocket::try_open(server.address(), &target) {
            Ok(mut other) => assert_eq!(other.frame(), Frame::End),
            Err(reply) => assert_eq!(reply.status, 400),
        }
        socket.text("1");
        socket.hear_end();
    }
}

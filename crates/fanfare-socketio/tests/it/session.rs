//! A session on a WebSocket, and whatever may happen to any session.

use std::time::{Duration, Instant};

use fanfare_socketio::engine::session::{CloseReason, PostBody, Received};
use fanfare_socketio::engine::{Body, Output, RequestId, Session, SocketId};
use proptest::prelude::*;

use crate::conversation::{Conversation, settings};
use crate::{binary, text};

const V4: &str = "EIO=4&transport=websocket";
const V3: &str = "EIO=3&transport=websocket";

/// Not a query: what those before had.
const PROTOCOL1: &str = "";

#[test]
fn the_open_packet_is_the_first_message() {
    let mut it = Conversation::opening(V4, settings());
    it.expect(&[concat!(
        r#"socket 0 < 0{"sid":"sid","upgrades":[],"pingInterval":300,"#,
        r#""pingTimeout":200,"maxPayload":1000}"#
    )]);
}

#[test]
fn binary_has_the_form_of_the_revision() {
    let check = |query: &str, wire: &[u8], sent: &str| {
        let mut it = Conversation::websocket(query);
        it.bytes(0, wire, &["> b\"\\x01\\x02\""]);
        it.session.send(binary(&[1, 2]));
        it.expect(&[&format!("socket 0 < {sent}")]);
    };
    check(V4, &[1, 2], "[01, 02]");
    check(V3, &[4, 1, 2], "[04, 01, 02]");
    check(&format!("{V3}&b64=1"), &[4, 1, 2], "b4AQI=");
}

#[test]
fn a_client_that_goes_is_gone_at_once() {
    let mut it = Conversation::websocket(V4);
    it.frame(0, "1", &["socket 0 closed", "transport close"]);
    it.frame(0, "4a", &[]);
    it.send("4a", &[]);
}

#[test]
fn what_is_no_packet_ends_the_session() {
    for packet in ["", "x", "b!"] {
        let ended = ["socket 0 closed", "parse error"];
        Conversation::websocket(V4).frame(0, packet, &ended);
        Conversation::websocket(V3).frame(0, packet, &ended);
    }
    Conversation::websocket(V3).bytes(0, &[2], &["socket 0 closed", "parse error"]);
}

#[test]
fn a_socket_that_ends_takes_the_session_along() {
    let mut it = Conversation::websocket(V4);
    it.socket_closed(0, &["socket 0 closed", "transport close"]);
    let mut it = Conversation::websocket(V4);
    it.session.socket_failed(SocketId(0));
    it.expect(&["socket 0 closed", "transport error"]);
}

#[test]
fn a_server_closes_after_what_it_sent() {
    let mut it = Conversation::websocket(V4);
    it.session.send(text("441"));
    it.close(
        CloseReason::ForcedClose,
        &["socket 0 < 441", "socket 0 closed", "forced close"],
    );
    it.close(CloseReason::ForcedClose, &[]);
}

/// A session that nothing happens in is this and no heap: it is kept for every connection.
#[test]
fn a_session_is_small() {
    assert!(size_of::<Session>() <= 256, "{}", size_of::<Session>());
}

/// Whatever a client and a driver may do.
#[derive(Clone, Debug)]
enum Step {
    Abort,
    BeginPost(u64),
    Bytes(u64, Vec<u8>),
    Close,
    EndPost(u64, Vec<u8>),
    Frame(u64, String),
    Get(u64),
    Gone(u64),
    Send,
    SocketClosed(u64),
    SocketOpened(u64),
    Wait(u64),
}

fn packets() -> impl Strategy<Value = String> {
    let packet = prop::sample::select(vec![
        "4a",
        "1",
        "2",
        "2probe",
        "3",
        "3probe",
        "5",
        "6",
        "0",
        "bAQID",
        "b4AQID",
        "",
        "x",
        "0::",
        "2::",
        "8::",
        "\u{fffd}5\u{fffd}3:::a\u{fffd}3\u{fffd}2::",
    ]);
    prop::collection::vec(packet, 1..4).prop_map(|packets| packets.join("\x1e"))
}

fn step() -> impl Strategy<Value = Step> {
    let id = || 0_u64..4;
    prop_oneof![
        1 => Just(Step::Abort),
        4 => id().prop_map(Step::BeginPost),
        2 => (id(), any::<Vec<u8>>()).prop_map(|(id, bytes)| Step::Bytes(id, bytes)),
        1 => Just(Step::Close),
        4 => (id(), packets()).prop_map(|(id, body)| Step::EndPost(id, body.into_bytes())),
        8 => (id(), packets()).prop_map(|(id, text)| Step::Frame(id, text)),
        8 => id().prop_map(Step::Get),
        1 => id().prop_map(Step::Gone),
        8 => Just(Step::Send),
        1 => id().prop_map(Step::SocketClosed),
        4 => id().prop_map(Step::SocketOpened),
        4 => (0_u64..400).prop_map(Step::Wait),
    ]
}

fn take(it: &mut Conversation, step: Step, now: &mut Instant) {
    let session = &mut it.session;
    match step {
        Step::Abort => session.abort(CloseReason::ForcedClose),
        Step::BeginPost(id) => drop(session.post_begins(RequestId(id))),
        Step::Bytes(id, bytes) => session.socket_message(SocketId(id), Body::Binary(&bytes), *now),
        Step::Close => session.close(CloseReason::ForcedClose, *now),
        Step::EndPost(id, body) => session.post(RequestId(id), PostBody::Text(&body), *now),
        Step::Frame(id, text) => session.socket_message(SocketId(id), Body::Text(&text), *now),
        Step::Get(id) => session.get(RequestId(id), None, *now),
        Step::Gone(id) => session.request_gone(RequestId(id)),
        Step::Send => session.send(text("4a")),
        Step::SocketClosed(id) => session.socket_closed(SocketId(id)),
        Step::SocketOpened(id) => session.socket_opened(SocketId(id), *now),
        Step::Wait(ms) => {
            *now += Duration::from_millis(ms);
            session.tick(*now);
        }
    }
}

proptest! {
    /// A session says that it ended exactly once and nothing to the application after it, has a
    /// deadline as long as it lives, and always comes to an end when nobody speaks any more.
    #[test]
    fn every_session_ends_once(
        query in prop::sample::select(vec![
            PROTOCOL1, V3, V4, "EIO=4&transport=polling", "transport=polling",
        ]),
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut it = match query {
            PROTOCOL1 => Conversation::protocol1(),
            query => Conversation::opening(query, settings()),
        };
        let mut now = it.now();
        let mut ended = 0;
        for step in steps {
            take(&mut it, step, &mut now);
            while let Some(output) = it.session.next_output() {
                prop_assert!(ended == 0 || !matches!(output, Output::Message(_) | Output::Upgraded));
                ended += usize::from(matches!(output, Output::Closed(_)));
            }
            prop_assert_eq!(it.session.deadline().is_some(), ended == 0);
            prop_assert_eq!(it.session.known().is_some(), ended == 0);
        }
        while let Some(deadline) = it.session.deadline() {
            now = now.max(deadline);
            it.session.tick(now);
        }
        let outputs = it.outputs();
        let reasons = ["forced close", "ping timeout", "transport error"];
        ended += outputs.iter().filter(|line| reasons.contains(&line.as_str())).count();
        prop_assert_eq!(ended, 1);
    }

    /// However a client spreads its packets over bodies, the application hears the same.
    #[test]
    fn messages_do_not_depend_on_the_bodies_they_come_in(
        messages in prop::collection::vec("[^\x1e]{0,8}", 1..12),
        cuts in prop::collection::vec(any::<bool>(), 12),
    ) {
        let mut it = Conversation::polling("EIO=4&transport=polling");
        let mut body: Vec<String> = Vec::new();
        let mut found = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            body.push(format!("4{message}"));
            if cuts[index] || index + 1 == messages.len() {
                prop_assert!(it.session.post_begins(RequestId(1)));
                let joined = std::mem::take(&mut body).join("\x1e");
                it.session.post(RequestId(1), PostBody::Text(joined.as_bytes()), it.now());
                while let Some(output) = it.session.next_output() {
                    if let Output::Message(Received::Text(text)) = output {
                        found.push(String::from(text));
                    }
                }
            }
        }
        prop_assert_eq!(found, messages);
    }

    /// Whenever a client moves, everything that was sent arrives once and in order.
    #[test]
    fn nothing_is_lost_or_doubled_by_the_move(sends in prop::collection::vec(0_u8..4, 1..20)) {
        let mut it = Conversation::polling("EIO=4&transport=polling");
        let mut expected = Vec::new();
        let mut found = Vec::new();
        let move_at = sends.len() / 2;
        for (index, count) in sends.iter().enumerate() {
            if index == move_at {
                it.socket(1, &[]);
                it.frame(1, "2probe", &["socket 1 < 3probe"]);
            }
            for _ in 0..*count {
                let packet = format!("4{}", expected.len());
                it.session.send(text(&packet));
                expected.push(packet);
            }
            if index % 2 == 0 {
                it.session.get(RequestId(1), None, it.now());
            }
            found.extend(it.outputs());
            if index < move_at && index % 2 == 0 {
                // Lets a poll that waits end before the next one.
                it.session.send(text("6"));
                found.extend(it.outputs());
            }
        }
        it.session.socket_message(SocketId(1), Body::Text("5"), it.now());
        found.extend(it.outputs());
        let messages: Vec<_> = found
            .iter()
            .filter_map(|line| line.strip_prefix("1 < 200 ").or_else(|| line.strip_prefix("socket 1 < ")))
            .flat_map(|body| body.split("\\x1e"))
            .filter(|packet| packet.starts_with('4'))
            .map(str::to_owned)
            .collect();
        prop_assert_eq!(messages, expected);
    }
}

//! From polling to a WebSocket without a loss.

use fanfare_socketio::engine::session::{CloseReason, PostBody};

use crate::binary;
use crate::conversation::Conversation;

const V4: &str = "EIO=4&transport=polling";

fn probing() -> Conversation {
    let mut it = Conversation::polling(V4);
    it.socket(1, &[]);
    it.frame(1, "2probe", &["socket 1 < 3probe"]);
    it
}

fn upgraded() -> Conversation {
    let mut it = probing();
    it.frame(1, "5", &["upgraded"]);
    it
}

#[test]
fn a_session_moves() {
    let mut it = upgraded();
    it.send("4a", &["socket 1 < 4a"]);
    it.frame(1, "4b", &["> b"]);
    it.session.send(binary(&[1]));
    it.expect(&["socket 1 < [01]"]);
    it.bytes(1, &[2], &["> b\"\\x02\""]);
}

#[test]
fn no_poll_stays_held_while_the_client_moves() {
    let mut it = Conversation::polling(V4);
    it.get(1, &[]);
    it.socket(1, &[]);
    it.frame(1, "2probe", &["socket 1 < 3probe", "1 < 200 6"]);
    it.get(2, &["2 < 200 6"]);
    it.send("4a", &[]);
    it.get(3, &["3 < 200 4a"]);
    it.post(4, "4b", &["> b", "4 < 200 ok"]);
}

#[test]
fn what_was_not_polled_comes_first_on_the_socket() {
    let mut it = probing();
    it.send("4a", &[]);
    it.session.send(binary(&[1]));
    it.expect(&[]);
    it.frame(1, "5", &["upgraded", "socket 1 < 4a", "socket 1 < [01]"]);
    it.send("4b", &["socket 1 < 4b"]);
}

#[test]
fn a_body_from_before_comes_before_what_the_socket_says() {
    let mut it = Conversation::polling(V4);
    it.begin_post(1, &[]);
    it.socket(1, &[]);
    it.frame(1, "2probe", &["socket 1 < 3probe"]);
    it.frame(1, "5", &["upgraded"]);
    it.frame(1, "4second", &[]);
    it.end_post(
        1,
        PostBody::Text(b"4first"),
        &["> first", "1 < 200 ok", "> second"],
    );
    it.frame(1, "4third", &["> third"]);
}

/// What the lost body said can never be said in its place.
#[test]
fn a_body_from_before_that_is_lost_ends_the_session() {
    let mut it = Conversation::polling(V4);
    it.begin_post(1, &[]);
    it.socket(1, &[]);
    it.frame(1, "5", &["upgraded"]);
    it.frame(1, "4second", &[]);
    it.gone(1, &["socket 1 closed", "transport error"]);
}

#[test]
fn what_waits_for_a_body_is_bounded() {
    let mut it = Conversation::polling(V4);
    it.begin_post(1, &[]);
    it.socket(1, &[]);
    it.frame(1, "5", &["upgraded"]);
    for _ in 0..29 {
        it.frame(1, "4aaaa", &[]);
    }
    it.frame(1, "4aaaa", &["socket 1 closed", "transport error"]);
    it.end_post(1, PostBody::Text(b"4late"), &["1 < 200 ok"]);
}

#[test]
fn another_first_packet_costs_the_socket_only() {
    for packet in ["2", "2prob", "4hello", "3probe", "", "x", "1"] {
        let mut it = Conversation::polling(V4);
        it.get(1, &[]);
        it.socket(1, &[]);
        it.frame(1, packet, &["socket 1 closed"]);
        it.send("4a", &["1 < 200 4a"]);
        it.socket(2, &[]);
        it.frame(2, "2probe", &["socket 2 < 3probe"]);
    }
}

#[test]
fn a_probe_that_dies_or_lingers_costs_the_socket_only() {
    let mut it = probing();
    it.socket_closed(1, &[]);
    it.get(1, &[]);
    it.send("4a", &["1 < 200 4a"]);

    // A client of revision 3 pings of its own accord, so that only the probe's time runs out.
    let mut it = Conversation::polling("EIO=3&transport=polling");
    it.socket(1, &[]);
    for ms in (400..10_000).step_by(400) {
        it.at(ms, &[]);
        it.post(1, "1:2", &["1 < 200 ok"]);
        it.get(2, &["2 < 200 1:3"]);
    }
    it.at(10_000, &["socket 1 closed"]);
    it.post(1, "1:2", &["1 < 200 ok"]);
}

#[test]
fn the_first_socket_wins() {
    let mut it = probing();
    it.socket(2, &["socket 2 closed"]);
    it.frame(2, "5", &[]);
    it.frame(1, "5", &["upgraded"]);
    it.socket(3, &["socket 3 closed"]);
    it.frame(3, "2probe", &[]);
    it.socket_closed(3, &[]);
    it.send("4a", &["socket 1 < 4a"]);
}

#[test]
fn polling_is_over_after_the_move() {
    let mut it = upgraded();
    let refused = r#"< 400 {"code":3,"message":"Bad request"}"#;
    it.get(1, &[&format!("1 {refused}")]);
    it.post(2, "4a", &[&format!("2 {refused}")]);
    it.frame(1, "4a", &["> a"]);
}

#[test]
fn a_poll_that_waits_in_spite_of_the_move_is_released() {
    let mut it = Conversation::polling(V4);
    it.get(1, &[]);
    it.socket(1, &[]);
    it.frame(1, "5", &["1 < 200 6", "upgraded"]);
}

#[test]
fn a_session_that_ends_closes_its_probe() {
    let mut it = probing();
    it.close(CloseReason::ForcedClose, &["socket 1 closed"]);
    it.frame(1, "5", &[]);
    it.get(1, &["1 < 200 1", "forced close"]);

    let mut it = probing();
    it.post(
        1,
        "1",
        &["socket 1 closed", "transport close", "1 < 200 ok"],
    );
}

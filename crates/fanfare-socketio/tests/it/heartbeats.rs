//! Who pings, and when a session counts as dead. The interval is 300 ms, the timeout 200.

use crate::conversation::Conversation;

const V4: &str = "EIO=4&transport=websocket";
const V3: &str = "EIO=3&transport=websocket";

#[test]
fn the_server_of_revision_4_pings() {
    let mut it = Conversation::websocket(V4);
    assert_eq!(it.deadline_ms(), Some(300));
    it.at(299, &[]);
    it.at(300, &["socket 0 < 2"]);
    assert_eq!(it.deadline_ms(), Some(500));
    it.at(310, &[]);
    it.frame(0, "3", &[]);
    it.at(609, &[]);
    it.at(610, &["socket 0 < 2"]);
    it.at(809, &[]);
    it.at(810, &["socket 0 closed", "ping timeout"]);
}

#[test]
fn another_packet_buys_time_once() {
    let mut it = Conversation::websocket(V4);
    it.at(300, &["socket 0 < 2"]);
    it.at(450, &[]);
    it.frame(0, "4a", &["> a"]);
    it.at(600, &[]);
    it.frame(0, "4b", &["> b"]);
    it.at(649, &[]);
    it.at(650, &["socket 0 closed", "ping timeout"]);
}

#[test]
fn a_pong_nobody_asked_for_changes_nothing() {
    let mut it = Conversation::websocket(V4);
    it.at(200, &[]);
    it.frame(0, "3", &[]);
    it.frame(0, "4a", &["> a"]);
    it.at(300, &["socket 0 < 2"]);
}

#[test]
fn a_ping_is_what_ends_an_idle_poll() {
    let mut it = Conversation::polling("EIO=4&transport=polling");
    it.get(1, &[]);
    it.at(300, &["1 < 200 2"]);
    it.get(2, &[]);
    it.post(3, "3", &["3 < 200 ok"]);
    it.at(600, &["2 < 200 2"]);
    it.get(4, &[]);
    it.at(800, &["4 < 200 1", "ping timeout"]);
}

#[test]
fn a_session_that_nobody_polls_is_given_up() {
    let mut it = Conversation::polling("EIO=4&transport=polling");
    it.at(300, &[]);
    it.at(500, &["ping timeout"]);
}

#[test]
fn the_client_of_revision_3_pings() {
    let mut it = Conversation::websocket(V3);
    it.at(300, &[]);
    it.frame(0, "2", &["socket 0 < 3"]);
    it.at(799, &[]);
    it.frame(0, "4a", &["> a"]);
    assert_eq!(it.deadline_ms(), Some(1_299));
    it.at(1_299, &["socket 0 closed", "ping timeout"]);
}

#[test]
fn pings_in_the_wrong_direction_end_the_session() {
    let ended = ["socket 0 closed", "transport error"];
    Conversation::websocket(V4).frame(0, "2", &ended);
    Conversation::websocket(V4).frame(0, "2probe", &ended);
    Conversation::websocket(V3).frame(0, "3", &ended);
}

/// A pong shares the body with what was sent meanwhile.
#[test]
fn a_pong_of_revision_3_goes_with_the_rest() {
    let mut it = Conversation::polling("EIO=3&transport=polling");
    it.get(1, &[]);
    assert!(
        it.session
            .post_begins(fanfare_socketio::engine::RequestId(2))
    );
    it.session.post(
        fanfare_socketio::engine::RequestId(2),
        fanfare_socketio::engine::PostBody::Text(b"31:420[\"message-with-ack\",{\"a\":1}]1:2"),
        it.now(),
    );
    it.session.send(crate::text("430[{\"a\":1}]"));
    it.expect(&[
        "> 20[\"message-with-ack\",{\"a\":1}]",
        "2 < 200 ok",
        "1 < 200 1:312:430[{\"a\":1}]",
    ]);
}

#[test]
fn a_clock_that_jumps_pings_once() {
    let mut it = Conversation::websocket(V4);
    it.at(10_000, &["socket 0 < 2"]);
    // The ping was due long ago; half of the time to answer is left all the same.
    assert_eq!(it.deadline_ms(), Some(10_100));
}

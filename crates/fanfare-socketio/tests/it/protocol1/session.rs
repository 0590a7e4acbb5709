//! A session of a client before 1.0: polls that take over from each other, a WebSocket that comes
//! without a probe, and ends that say whether to come back.

use fanfare_socketio::engine::{CloseReason, PostBody};

use crate::binary;
use crate::conversation::Conversation;

const UNKNOWN: &str = "7:::1+0";

/// Connected: the first poll was answered.
fn connected() -> Conversation {
    let mut it = Conversation::protocol1();
    it.expect(&[]);
    it.send("41::", &[]);
    it.get(0, &["0 < 200 1::"]);
    it
}

#[test]
fn the_first_poll_has_the_first_packet_alone() {
    let mut it = Conversation::protocol1();
    it.send("41::", &[]);
    it.send("43:::a", &[]);
    it.send("43:::\u{20ac}", &[]);
    it.get(1, &["1 < 200 1::"]);
    let mark = "\\xef\\xbf\\xbd";
    let packets = format!("{mark}5{mark}3:::a{mark}5{mark}3:::\\xe2\\x82\\xac");
    it.get(2, &[&format!("2 < 200 {packets}")]);
}

#[test]
fn a_poll_is_held_for_a_while() {
    let mut it = connected();
    it.get(1, &[]);
    assert_eq!(it.deadline_ms(), Some(250));
    it.at(249, &[]);
    it.at(250, &["1 < 200 8::"]);
    it.get(2, &[]);
    it.send("43:::a", &["2 < 200 3:::a"]);
    assert_eq!(it.deadline_ms(), Some(750));
}

#[test]
fn a_second_poll_takes_over() {
    let mut it = connected();
    it.get(1, &[]);
    it.get(2, &["1 < 200 8::"]);
    it.send("43:::a", &["2 < 200 3:::a"]);
}

#[test]
fn packets_are_taken_in_order() {
    let mut it = connected();
    it.post(1, "3:::a", &["> 3:::a", "1 < 200 1"]);
    let two = "\u{fffd}5\u{fffd}3:::b\u{fffd}3\u{fffd}8::\u{fffd}5\u{fffd}1::/c";
    it.post(2, two, &["> 3:::b", "> 1::/c", "2 < 200 1"]);
    it.begin_post(3, &[]);
    let form = PostBody::Form(b"d=%223%3A%3A%3Aa%5Cn%5C%22%22");
    it.end_post(3, form, &["> 3:::a\n\"", "3 < 200 1"]);
    // As 0.7 does it.
    it.begin_post(4, &[]);
    let form = PostBody::Form(b"d=3:::a%22");
    it.end_post(4, form, &["> 3:::a\"", "4 < 200 1"]);
}

#[test]
fn what_is_no_payload_ends_the_session() {
    let check = |body: PostBody<'_>| {
        let mut it = connected();
        it.get(1, &[]);
        it.begin_post(2, &[]);
        it.end_post(
            2,
            body,
            &[&format!("1 < 200 {UNKNOWN}"), "parse error", "2 < 200 1"],
        );
        it.get(3, &[&format!("3 < 200 {UNKNOWN}")]);
    };
    for text in [
        "",
        ":::",
        "\u{fffd}",
        "\u{fffd}2\u{fffd}3",
        "\u{fffd}x\u{fffd}",
        "\u{fffd}99999999999\u{fffd}3",
    ] {
        check(PostBody::Text(text.as_bytes()));
    }
    check(PostBody::Text(b"3:::\xff"));
    check(PostBody::Form(b"e=1"));
    check(PostBody::Form(b"d=%223:::a"));
    let mut it = connected();
    it.begin_post(2, &[]);
    it.end_post(
        2,
        PostBody::Binary(b"3:::a"),
        &["2 < 400", "transport error"],
    );
}

#[test]
fn on_polling_each_poll_is_a_sign_of_life() {
    let mut it = connected();
    for ms in [0, 400, 800, 1_200] {
        it.at(ms, &[]);
        it.get(1, &[]);
        it.at(ms + 250, &["1 < 200 8::"]);
    }
    // What it posts is one as well.
    it.at(1_650, &[]);
    it.post(2, "3:::a", &["> 3:::a", "2 < 200 1"]);
    it.at(2_149, &[]);
    it.at(2_150, &["ping timeout"]);
    it.get(3, &[&format!("3 < 200 {UNKNOWN}")]);
}

#[test]
fn who_does_not_come_back_is_gone() {
    let mut it = Conversation::protocol1();
    it.at(499, &[]);
    it.at(500, &["ping timeout"]);
    let mut it = connected();
    it.get(1, &[]);
    it.gone(1, &["transport error"]);
}

#[test]
fn on_a_web_socket_the_server_beats_and_the_client_answers() {
    let mut it = connected();
    it.at(100, &[]);
    it.socket(1, &["upgraded"]);
    it.at(399, &[]);
    it.at(400, &["socket 1 < 2::"]);
    it.at(500, &[]);
    it.frame(1, "2::", &[]);
    it.at(800, &["socket 1 < 2::"]);
    it.at(1_000, &["socket 1 closed", "ping timeout"]);
}

#[test]
fn a_web_socket_takes_over_at_once() {
    let mut it = connected();
    it.send("43:::a", &[]);
    it.send("43:::b", &[]);
    it.socket(1, &["upgraded", "socket 1 < 3:::a", "socket 1 < 3:::b"]);
    it.frame(1, "3:::c", &["> 3:::c"]);
    it.frame(1, "2::", &[]);
    it.at(300, &["socket 1 < 2::"]);
    it.get(2, &[&format!("2 < 200 {UNKNOWN}")]);
    it.socket(2, &[&format!("socket 2 < {UNKNOWN}"), "socket 2 closed"]);
    it.frame(1, "0::/c", &["> 0::/c"]);
    it.socket_closed(1, &["socket 1 closed", "transport close"]);
}

#[test]
fn a_held_poll_is_let_go_when_a_web_socket_comes() {
    let mut it = connected();
    it.get(1, &[]);
    it.socket(1, &["1 < 200 8::", "upgraded"]);
}

#[test]
fn an_end_says_whether_to_come_back() {
    let stays = [CloseReason::ForcedClose];
    let returns = [CloseReason::ServerShuttingDown, CloseReason::TransportError];
    for (reasons, on_poll) in [(&stays[..], "0::"), (&returns[..], UNKNOWN)] {
        for &reason in reasons {
            let mut it = connected();
            it.get(1, &[]);
            it.close(reason, &[&format!("1 < 200 {on_poll}"), reason.as_str()]);
            // The rest first, and then the end.
            let mut it = connected();
            it.send("43:::a", &[]);
            it.close(reason, &[]);
            it.get(1, &["1 < 200 3:::a"]);
            it.get(2, &[&format!("2 < 200 {on_poll}"), reason.as_str()]);
        }
    }
    let mut it = connected();
    it.socket(1, &["upgraded"]);
    let ended = ["socket 1 < 0::", "socket 1 closed", "forced close"];
    it.close(CloseReason::ForcedClose, &ended);
    let mut it = connected();
    it.socket(1, &["upgraded"]);
    let ended = ["socket 1 closed", "server shutting down"];
    it.close(CloseReason::ServerShuttingDown, &ended);
}

#[test]
fn an_end_reaches_a_web_socket_that_comes_after_it() {
    let mut it = connected();
    it.send("43:::a", &[]);
    it.close(CloseReason::ForcedClose, &[]);
    let rest = [
        "upgraded",
        "socket 1 < 3:::a",
        "socket 1 < 0::",
        "socket 1 closed",
        "forced close",
    ];
    it.socket(1, &rest);
}

#[test]
fn who_says_goodbye_is_gone_at_once() {
    let mut it = connected();
    it.get(1, &[]);
    it.session.leave();
    it.expect(&["1 < 200 8::", "transport close"]);
    it.session.leave();
    it.expect(&[]);
}

#[test]
fn bytes_have_no_form() {
    let mut it = connected();
    it.get(1, &[]);
    it.session.send(binary(&[1, 2]));
    it.expect(&["1 < 200 8::"]);
    it.socket(1, &["upgraded"]);
    it.bytes(1, &[1, 2], &["socket 1 closed", "parse error"]);
}

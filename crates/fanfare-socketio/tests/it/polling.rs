//! Who may ask what when over polling, and what the session sends.

use std::time::Duration;

use fanfare_socketio::engine::session::{CloseReason, PostBody};
use fanfare_socketio::engine::{Answer, Output, Query, RequestId, Settings};

use crate::conversation::{Conversation, settings};
use crate::{binary, text};

const V4: &str = "EIO=4&transport=polling";
const V3: &str = "EIO=3&transport=polling";
const UNKNOWN: &str = r#"< 400 {"code":1,"message":"Session ID unknown"}"#;

fn answer_to_get(it: &mut Conversation, jsonp: Option<u64>) -> Answer {
    it.session.get(RequestId(9), jsonp, it.now());
    match it.session.next_output() {
        Some(Output::Answer { answer, .. }) => answer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_ready_shares_the_first_body() {
    let mut it = Conversation::opening(V4, settings());
    it.session.send(text("4hello"));
    it.get(
        0,
        &[concat!(
            r#"0 < 200 0{"sid":"sid","upgrades":["websocket"],"pingInterval":300,"#,
            r#""pingTimeout":200,"maxPayload":1000}\x1e4hello"#
        )],
    );
}

#[test]
fn a_poll_is_held_until_there_is_something() {
    let mut it = Conversation::polling(V4);
    it.get(1, &[]);
    it.session.send(text("4a"));
    it.session.send(binary(&[1, 2, 3, 4]));
    it.expect(&[r"1 < 200 4a\x1ebAQIDBA=="]);
    it.send("4b", &[]);
    it.get(2, &["2 < 200 4b"]);
}

#[test]
fn a_post_is_taken_while_a_poll_is_held() {
    let mut it = Conversation::polling(V4);
    it.get(1, &[]);
    it.post(
        2,
        "4hello\x1ebAQID\x1e4",
        &["> hello", "> b\"\\x01\\x02\\x03\"", "> ", "2 < 200 ok"],
    );
    it.send("4a", &["1 < 200 4a"]);
}

#[test]
fn a_second_poll_ends_the_session() {
    let mut it = Conversation::polling(V4);
    it.get(1, &[]);
    it.get(2, &["2 < 400", "1 < 200 1", "transport error"]);
    it.get(3, &[&format!("3 {UNKNOWN}")]);
    it.post(4, "4a", &[&format!("4 {UNKNOWN}")]);
    assert_eq!(it.session.known(), None);
    assert_eq!(it.session.deadline(), None);
}

#[test]
fn a_second_post_ends_the_session() {
    let mut it = Conversation::polling(V4);
    it.begin_post(1, &[]);
    it.begin_post(2, &["2 < 400", "1 dropped", "transport error"]);
    it.end_post(1, PostBody::Text(b"4a"), &[]);
}

#[test]
fn a_poll_whose_connection_ends_takes_the_session_along() {
    let mut it = Conversation::polling(V4);
    it.get(1, &[]);
    it.gone(7, &[]);
    it.gone(1, &["transport error"]);
    it.gone(1, &[]);
}

#[test]
fn a_body_that_never_ends_takes_the_session_along() {
    let mut it = Conversation::polling(V4);
    it.begin_post(1, &[]);
    it.gone(1, &["transport error"]);
}

#[test]
fn a_bad_body_is_answered_and_ends_the_session() {
    let check = |body: &str, expected: &[&str]| Conversation::polling(V4).post(1, body, expected);
    check("", &["parse error", "1 < 200 ok"]);
    check("abc", &["parse error", "1 < 200 ok"]);
    check("4a\x1eabc\x1e4b", &["> a", "parse error", "1 < 200 ok"]);
    check("4a\x1e2", &["> a", "transport error", "1 < 200 ok"]);
}

#[test]
fn packets_that_mean_nothing_are_ignored() {
    let mut it = Conversation::polling(V4);
    it.post(1, "0{}\x1e5\x1e6\x1e3\x1e4a", &["> a", "1 < 200 ok"]);
}

#[test]
fn a_body_that_is_not_utf_8_ends_the_session() {
    let mut it = Conversation::polling(V4);
    it.begin_post(1, &[]);
    it.end_post(1, PostBody::Text(b"4\xff"), &["parse error", "1 < 200 ok"]);
}

#[test]
fn a_body_that_is_too_long_is_refused_and_nothing_else() {
    let mut it = Conversation::polling(V4);
    it.post(1, &"4".repeat(1_001), &["1 < 413"]);
    it.begin_post(2, &[]);
    it.session.post_too_large(RequestId(2));
    it.expect(&["2 < 413"]);
    let longest = format!("4{}", "a".repeat(999));
    it.post(
        3,
        &longest,
        &[&format!("> {}", &longest[1..]), "3 < 200 ok"],
    );
}

#[test]
fn revision_4_has_no_binary_bodies() {
    let mut it = Conversation::polling(V4);
    it.begin_post(1, &[]);
    it.end_post(1, PostBody::Binary(b"4a"), &["1 < 400", "transport error"]);
}

#[test]
fn revision_3_has_binary_bodies_whatever_was_said() {
    let mut it = Conversation::polling(&format!("{V3}&b64=1"));
    it.begin_post(1, &[]);
    let body = b"\x00\x02\xff4a\x01\x05\xff\x04\x01\x02\x03\x04";
    let expected = ["> a", "> b\"\\x01\\x02\\x03\\x04\"", "1 < 200 ok"];
    it.end_post(1, PostBody::Binary(body), &expected);
}

#[test]
fn the_kind_of_a_body_is_in_its_head() {
    let check = |query: &str, content_type: Option<&str>, expected: PostBody<'_>| {
        assert_eq!(
            PostBody::of(&Query::parse(query), content_type, b"x"),
            expected
        );
    };
    check("", None, PostBody::Text(b"x"));
    check("", Some("text/plain;charset=UTF-8"), PostBody::Text(b"x"));
    check(
        "",
        Some("Application/Octet-Stream; a=b"),
        PostBody::Binary(b"x"),
    );
    check(
        "j=0",
        Some("application/x-www-form-urlencoded"),
        PostBody::Form(b"x"),
    );
    check(
        "j=0",
        Some("application/octet-stream"),
        PostBody::Binary(b"x"),
    );
}

#[test]
fn revision_3_answers_in_binary_once_there_is_some() {
    let mut it = Conversation::polling(V3);
    it.session.send(text("4a"));
    let answer = answer_to_get(&mut it, None);
    assert_eq!(answer.content_type, Some("text/plain; charset=UTF-8"));
    assert_eq!(answer.body, "2:4a");
    it.session.send(text("4a"));
    it.session.send(binary(&[1]));
    let answer = answer_to_get(&mut it, None);
    assert_eq!(answer.content_type, Some("application/octet-stream"));
    assert_eq!(answer.body, &b"\x00\x02\xff4a\x01\x02\xff\x04\x01"[..]);
}

#[test]
fn a_script_calls_the_function_of_its_own_request() {
    let mut it = Conversation::polling(&format!("{V3}&j=0"));
    it.session.send(text("4\"a\""));
    it.session.send(binary(&[1, 2, 3, 4]));
    let answer = answer_to_get(&mut it, Some(5));
    assert_eq!(answer.content_type, Some("text/javascript; charset=UTF-8"));
    assert_eq!(answer.body, "___eio[5](\"4:4\\\"a\\\"10:b4AQIDBA==\");");
}

#[test]
fn a_form_is_read() {
    let mut it = Conversation::polling(&format!("{V3}&j=0"));
    it.begin_post(1, &[]);
    it.end_post(1, PostBody::Form(b"d=2%3A4a"), &["> a", "1 < 200 ok"]);
    it.begin_post(2, &[]);
    it.end_post(
        2,
        PostBody::Form(b"x=2%3A4a"),
        &["parse error", "2 < 200 ok"],
    );
}

#[test]
fn a_client_that_goes_releases_its_poll() {
    let mut it = Conversation::polling(V4);
    it.get(1, &[]);
    it.post(
        2,
        "1\x1e4late",
        &["1 < 200 6", "transport close", "2 < 200 ok"],
    );
}

#[test]
fn a_server_that_closes_tells_the_poll_that_waits() {
    let mut it = Conversation::polling(V4);
    it.get(1, &[]);
    it.close(CloseReason::ForcedClose, &["1 < 200 1", "forced close"]);
}

/// Clients 4.x that find the end beside messages look at the end first.
#[test]
fn what_was_sent_before_the_end_has_an_answer_of_its_own() {
    let mut it = Conversation::polling(V4);
    it.get(1, &[]);
    it.session.send(text("441"));
    it.close(CloseReason::ForcedClose, &["1 < 200 441"]);
    it.get(2, &["2 < 200 1", "forced close"]);
}

#[test]
fn a_server_that_closes_tells_the_next_polls() {
    let mut it = Conversation::polling(V4);
    it.send("4a", &[]);
    it.close(CloseReason::ServerShuttingDown, &[]);
    it.send("4late", &[]);
    it.post(1, "4late", &["1 < 200 ok"]);
    it.get(2, &["2 < 200 4a"]);
    it.get(3, &["3 < 200 1", "server shutting down"]);
    it.get(4, &[&format!("4 {UNKNOWN}")]);
}

/// It has read its goodbye, and does not poll for the end.
#[test]
fn a_client_that_goes_first_is_not_waited_for() {
    let mut it = Conversation::polling(V4);
    it.send("441", &[]);
    it.close(CloseReason::ForcedClose, &[]);
    it.get(1, &["1 < 200 441"]);
    it.post(2, "4late\u{1e}1", &["forced close", "2 < 200 ok"]);
}

#[test]
fn a_closed_session_that_nobody_polls_is_given_up() {
    let mut it = Conversation::polling(V4);
    it.close(CloseReason::ForcedClose, &[]);
    assert_eq!(it.deadline_ms(), Some(30_000));
    it.at(29_999, &[]);
    it.at(30_000, &["forced close"]);
}

#[test]
fn what_waits_for_a_poll_is_bounded() {
    let mut it = Conversation::polling(V4);
    for _ in 0..28 {
        it.send("4aaaa", &[]);
    }
    it.send("4aaaa", &["transport error"]);
    it.send("4aaaa", &[]);
}

/// Empty messages fill the buffer too.
#[test]
fn a_flood_of_nothing_is_bounded() {
    let mut it = Conversation::polling(V4);
    for _ in 0..40 {
        it.session.send(binary(&[]));
    }
    it.expect(&["transport error"]);
}

#[test]
fn volatile_packets_need_a_poll_that_waits() {
    let mut it = Conversation::polling(V4);
    assert!(!it.session.is_writable());
    it.get(1, &[]);
    assert!(it.session.is_writable());
    it.session.send(text("4a"));
    assert!(!it.session.is_writable());
}

#[test]
fn upgrades_can_be_off() {
    let settings = Settings {
        upgrades: &[],
        ping_interval: Duration::from_secs(1),
        ..settings()
    };
    let mut it = Conversation::opening(V4, settings);
    let answer = answer_to_get(&mut it, None);
    assert!(answer.body.starts_with(br#"0{"sid":"sid","upgrades":[],"#));
    it.socket(1, &["socket 1 closed"]);
}

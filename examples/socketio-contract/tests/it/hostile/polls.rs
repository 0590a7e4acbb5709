//! Requests of one session that do not fit each other.

use super::all_is_well;
use crate::http::{Http, TEXT};
use crate::poller::Poller;
use crate::site::start;

#[test]
fn a_second_poll_ends_the_session() {
    let server = start();
    let poller = Poller::open(server.address(), "/sio/");
    poller.say("40");
    // What greets is fetched before, so that both of these wait.
    while !poller.get().text().contains("auth") {}
    let mut first = poller.begin();
    let mut second = poller.begin();
    // Which of the two comes first nobody knows.
    let replies = [first.reply(), second.reply()];
    let mut brief = replies.map(|reply| (reply.status, reply.text().to_owned()));
    brief.sort();
    assert_eq!(brief, [(200, "1".to_owned()), (400, String::new())]);
    assert_eq!(poller.get().status, 400);
    all_is_well(server.address());
}

#[test]
fn a_second_post_ends_the_session() {
    let server = start();
    let poller = Poller::open(server.address(), "/sio/");
    let mut first = Http::connect(server.address());
    let fields = format!("Content-Type: {TEXT}\r\nContent-Length: 10\r\nExpect: 100-continue\r\n");
    first.begin("POST", &poller.target, &fields);
    assert_eq!(first.reply().status, 100, "its body is waited for");
    first.write("40");
    assert_eq!(poller.post("40").status, 400);
    let answer = first.try_reply();
    // The reference cuts its connection without a word.
    assert!(answer.is_none_or(|it| it.status == 400));
    assert_eq!(poller.get().status, 400);
    all_is_well(server.address());
}

#[test]
fn a_body_that_is_too_long_is_refused_and_the_session_goes_on() {
    let server = start();
    let poller = Poller::open(server.address(), "/sio/");
    assert_eq!(poller.post("x".repeat(1_000_001)).status, 413);
    poller.say("40");
    assert!(poller.get().text().starts_with("40{"));
}

#[test]
fn a_payload_with_a_bad_packet_ends_the_session() {
    let server = start();
    let separators = "\u{1e}".repeat(70_000);
    let torn = "42[\"message\",\"a\u{1e}b\"]";
    for payload in [
        "",
        "abc",
        "\u{1e}",
        "b!!",
        "40\u{1e}",
        "40\u{1e}x",
        torn,
        &separators,
    ] {
        let mut poller = Poller::open(server.address(), "/sio/");
        let reply = poller.post(payload);
        let brief: String = payload.chars().take(20).collect();
        assert_eq!((reply.status, reply.text()), (200, "ok"), "{brief:?}");
        poller.hear_end();
    }
    all_is_well(server.address());
}

#[test]
fn a_body_for_the_other_revision_ends_the_session() {
    let server = start();
    let mut poller = Poller::open(server.address(), "/sio/");
    let mut http = Http::connect(server.address());
    http.begin_post(
        &poller.target,
        "application/octet-stream",
        b"\x00\x02\xff40",
    );
    assert_eq!(http.reply().status, 400);
    poller.hear_end();
}

#[test]
fn a_character_may_be_cut_in_two() {
    let server = start();
    let mut poller = Poller::open(server.address(), "/sio/");
    poller.say("40");
    let body = r#"42["message","€"]"#.as_bytes();
    let mut http = Http::connect(server.address());
    let fields = format!("Content-Type: {TEXT}\r\nTransfer-Encoding: chunked\r\n");
    http.begin("POST", &poller.target, &fields);
    for piece in [&body[..14], &body[14..15], &body[15..]] {
        http.write(format!("{:x}\r\n", piece.len()));
        http.write(piece);
        http.write("\r\n");
    }
    http.write("0\r\n\r\n");
    assert_eq!(http.reply().text(), "ok");
    poller.hear();
    assert_eq!(poller.hear(), r#"42["auth",{}]"#);
    assert_eq!(poller.hear(), r#"42["message-back","€"]"#);
}

#[test]
fn other_methods_do_no_harm() {
    let server = start();
    let poller = Poller::open(server.address(), "/sio/");
    for method in ["PUT", "DELETE", "PATCH"] {
        let mut http = Http::connect(server.address());
        http.begin(method, &poller.target, "Content-Length: 0\r\n");
        assert_eq!(http.reply().status, 500, "{method}");
    }
    poller.say("40");
    assert!(poller.get().text().starts_with("40{"));
}

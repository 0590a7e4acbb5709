//! Responses, byte for byte.

use fanfare_link::{Verdict, chunk};
use http::{Response, StatusCode};

use crate::rig::{Rig, request};
use crate::routes::LARGE_BYTES;

const DATE: &str = "date: Tue, 14 Nov 2023 22:13:20 GMT\r\n";

fn check(request: &str, expected: &[&str]) {
    let mut rig = Rig::new();
    let peer = rig.connect();
    rig.send(&peer, request);
    assert_eq!(peer.take(), expected.concat());
}

#[test]
fn a_whole_response() {
    check(
        &request("/answer"),
        &[
            "HTTP/1.1 200 OK\r\n",
            "content-type: text/plain\r\n",
            DATE,
            "content-length: 6\r\n",
            "\r\n",
            "hello\n",
        ],
    );
}

#[test]
fn a_whole_response_for_http_1_0() {
    check(
        "GET /answer HTTP/1.0\r\n\r\n",
        &[
            "HTTP/1.1 200 OK\r\n",
            "content-type: text/plain\r\n",
            DATE,
            "content-length: 6\r\n",
            "connection: close\r\n",
            "\r\n",
            "hello\n",
        ],
    );
    check(
        "GET /answer HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        &[
            "HTTP/1.1 200 OK\r\n",
            "content-type: text/plain\r\n",
            DATE,
            "content-length: 6\r\n",
            "connection: keep-alive\r\n",
            "\r\n",
            "hello\n",
        ],
    );
}

#[test]
fn a_response_that_has_no_body_has_no_length() {
    check(
        &request("/nothing"),
        &["HTTP/1.1 204 No Content\r\n", DATE, "\r\n"],
    );
}

#[test]
fn a_large_response() {
    let mut rig = Rig::new();
    let peer = rig.get("/large");
    let head = format!("HTTP/1.1 200 OK\r\n{DATE}content-length: {LARGE_BYTES}\r\n\r\n");
    assert_eq!(peer.take(), head + &"x".repeat(LARGE_BYTES));
    assert_eq!(peer.sends(), 1, "head and body leave together");
}

#[test]
fn the_head_of_a_stream() {
    check(
        &request("/stream"),
        &[
            "HTTP/1.1 200 OK\r\n",
            DATE,
            "transfer-encoding: chunked\r\n",
            "\r\n",
        ],
    );
    check(
        "GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        &[
            "HTTP/1.1 200 OK\r\n",
            DATE,
            "transfer-encoding: chunked\r\n",
            "connection: close\r\n",
            "\r\n",
        ],
    );
    check(
        "GET /stream HTTP/1.0\r\n\r\n",
        &["HTTP/1.1 200 OK\r\n", DATE, "connection: close\r\n", "\r\n"],
    );
}

#[test]
fn the_head_of_an_upgrade() {
    check(
        &request("/talk?shy"),
        &[
            "HTTP/1.1 101 Switching Protocols\r\n",
            "upgrade: talk\r\n",
            "connection: upgrade\r\n",
            "\r\n",
        ],
    );
}

#[test]
fn a_refusal() {
    check(
        "GET / HTTP/1.1\r\n\r\n",
        &[
            "HTTP/1.1 400 Bad Request\r\n",
            "content-type: text/plain; charset=utf-8\r\n",
            "fanfare-error: bad_request\r\n",
            DATE,
            "content-length: 44\r\n",
            "connection: close\r\n",
            "\r\n",
            "a request must have exactly one Host header\n",
        ],
    );
}

/// What marks off a message must not be said twice, in two ways.
#[test]
fn headers_that_frame_the_message_are_ours_alone() {
    let mut rig = Rig::new();
    let peer = rig.get("/later");
    let response = Response::builder()
        .status(StatusCode::OK)
        .header("content-length", "99")
        .header("transfer-encoding", "chunked")
        .header("connection", "close")
        .header("date", "yesterday")
        .body("hi".into())
        .unwrap();
    rig.routes.decide(Verdict::Answer(response));
    rig.complete();
    let expected = ["HTTP/1.1 200 OK\r\n", DATE, "content-length: 2\r\n\r\nhi"];
    assert_eq!(peer.take(), expected.concat());
}

#[test]
fn the_date_moves_on() {
    let mut rig = Rig::new();
    let peer = rig.get("/nothing");
    assert!(peer.take().contains("22:13:20 GMT"));
    rig.pass(2);
    rig.send(&peer, &request("/nothing"));
    assert!(peer.take().contains("22:13:22 GMT"));
}

#[test]
fn chunks_say_their_length_and_nothing_is_no_chunk() {
    assert_eq!(chunk(b"hello, everybody\n"), "11\r\nhello, everybody\n\r\n");
    assert_eq!(chunk(b""), "");
}

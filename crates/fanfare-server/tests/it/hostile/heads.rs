//! Request heads: slow, long, ambiguous, or none at all.

use std::time::Duration;

use super::{check_unharmed, refused};
use crate::support::raw::request;
use crate::support::{Raw, launch, server};

#[test]
fn a_head_that_comes_slowly_is_given_up() {
    let mut server = launch().set("limits.head_time=1s").start();
    let mut begun: Vec<Raw> = [
        "G",
        "GET /sub/a HTTP/1.1\r\nHost: loc",
        "POST /pub/a HTTP/1.1\r\nX: y\r\n",
    ]
    .into_iter()
    .map(|bytes| {
        let mut raw = Raw::connect(&server);
        raw.send(bytes);
        raw
    })
    .collect();
    for raw in &mut begun {
        let answer = raw.answer();
        assert_eq!(
            (answer.status, answer.header("fanfare-error")),
            (408, "head_too_slow")
        );
        raw.check_closed();
    }
    check_unharmed(&mut server);
}

#[test]
fn a_connection_that_never_begins_is_given_up() {
    let mut server = launch().set("limits.head_time=1s").start();
    // Who has said nothing at all is not owed a sentence.
    let rest = Raw::connect(&server).rest();
    assert!(
        rest.is_empty() || rest.starts_with(b"HTTP/1.1 408 "),
        "{rest:?}"
    );
    check_unharmed(&mut server);
}

// A byte now and then does not buy time: the whole head has to be there.
#[test]
fn a_head_that_drips_is_given_up() {
    let server = launch().set("limits.head_time=1s").start();
    let mut raw = Raw::connect(&server);
    raw.send("GET /sub/a HTTP/1.1\r\n");
    let head = "X-Drip: ".to_owned() + &"y".repeat(200);
    let is_given_up = head.bytes().any(|byte| {
        raw.send_in_vain([byte]);
        raw.hears_within(Duration::from_millis(20))
    });
    assert!(is_given_up, "four seconds of drops, and no answer");
    assert_eq!(raw.answer().status, 408);
}

#[test]
fn a_head_has_a_size() {
    let mut server = launch().set("limits.head_bytes_max=4KiB").start();
    let long = "x".repeat(5000);
    for head in [
        format!("GET /sub/{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        request("GET /sub/a", &[&format!("X-Long: {long}")]),
        // No end in sight.
        format!("GET /sub/a HTTP/1.1\r\nX-Long: {long}"),
        format!("POST /pub/a HTTP/1.1\r\nX-Long: {long}"),
        long,
    ] {
        let status = refused(&server, &head);
        assert!(
            matches!(status, 431 | 414),
            "{status} for {:?}",
            &head[..40]
        );
    }
    let many: Vec<String> = (0..100).map(|n| format!("X-{n}: y")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for line in ["GET /sub/a", "POST /pub/a", "GET /healthz"] {
        assert_eq!(refused(&server, request(line, &many)), 431, "{line}");
    }
    check_unharmed(&mut server);
}

// What two parsers could read in two ways is refused before either acts on it.
#[test]
fn a_head_that_can_be_read_in_two_ways_is_refused() {
    let mut server = server();
    for headers in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 3, 3",
        "Content-Length: +3",
        "Content-Length: -1",
        "Content-Length: 0x3",
        "Content-Length: ",
        "Content-Length: 99999999999999999999999",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: chunked\r\n ",
        "X-Folded: one\r\n two",
        "X-Folded: one\r\n\ttwo",
        "X-Bare: one\nX-Other: two",
        "X-Bare: one\rX-Other: two",
        "X-Nul: \0",
        "X Space: one",
        ": nameless",
        "Host: localhost",
    ] {
        for line in ["GET /sub/a?as=interval", "POST /pub/a", "GET /healthz"] {
            let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n");
            assert_eq!(refused(&server, &head), 400, "{head:?}");
        }
    }
    check_unharmed(&mut server);
}

// The same behind another request, in one piece with it: no head comes in unexamined.
#[test]
fn a_head_behind_another_request_is_examined_too() {
    let mut server = server();
    for second in [
        "GET /sub/a?as=interval HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET /sub/a?as=interval HTTP/1.1\r\n\r\n",
        "GET /sub/a?as=interval HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
        "GET /sub/a?as=interval HTTP/1.1\r\nHost: localhost\nX: a\r\n\r\n",
        "POST /pub/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "POST /pub/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        for first in [
            request("GET /sub/a?as=interval", &[]),
            request("GET /healthz", &[]),
            request("POST /pub/a", &["Content-Length: 2"]) + "hi",
            request("POST /pub/a", &["Transfer-Encoding: chunked"]) + "2\r\nhi\r\n0\r\n\r\n",
        ] {
            let mut raw = Raw::connect(&server);
            raw.send_in_vain([&*first, second].concat());
            assert!(raw.answer().status < 400, "{first:?}");
            assert_eq!(raw.answer().status, 400, "{second:?} behind {first:?}");
            raw.check_closed();
        }
    }
    check_unharmed(&mut server);
}

#[test]
fn what_is_not_http_is_refused() {
    let mut server = server();
    for bytes in [
        "\r\n\r\n",
        "GET /sub/a\r\n\r\n",
        "GET  /sub/a HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /sub/a HTTP/1.1\nHost: localhost\n\n",
        "GET /sub/a HTTP/1.2\r\nHost: localhost\r\n\r\n",
        "GET /sub/a HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "GET /sub/\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /sub/a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET sub/a HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /sub/a HTTP/1.1\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n",
        "\u{0}\u{0}\u{0}\u{0}\r\n\r\n",
        "PRI * HTTP/1.1\r\n\r\n",
    ] {
        assert_eq!(refused(&server, bytes), 400, "{bytes:?}");
    }
    check_unharmed(&mut server);
}

#[test]
fn names_are_checked() {
    let mut server = server();
    let mut client = Raw::connect(&server);
    for name in [
        "%",
        "%2",
        "%zz",
        "%FF",
        "%C3",
        "%00",
        "%0A",
        "%0d%0aX-Injected:%20y",
        "%7F",
        "%C2%85",
        "a%1Bb",
    ] {
        for line in [
            format!("POST /pub/{name}"),
            format!("GET /sub/{name}"),
            format!("DELETE /pub/{name}"),
        ] {
            let answer = client.ask(&line, &[]);
            assert_eq!(answer.status, 400, "{line}: {answer:?}");
            answer.without("x-injected");
        }
    }
    for path in [
        "/sub/../pub/a",
        "/sub//a",
        "//sub/a",
        "/sub/a/",
        "/./sub/a",
        "/sub/a/../b",
        "/sub\\a",
    ] {
        let answer = client.ask(&format!("GET {path}?as=interval"), &[]);
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
    }
    for query in [
        "since=%FF",
        "since=%00",
        "as=%0A",
        "last_event_id=%00&since=%zz",
    ] {
        let answer = client.ask(&format!("GET /sub/a?{query}"), &[]);
        assert_eq!(answer.status, 400, "{query}: {answer:?}");
    }
    drop(client);
    check_unharmed(&mut server);
}

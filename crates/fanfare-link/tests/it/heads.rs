//! Which request heads are taken, which are hyper's, and which are refused.

use fanfare_link::LinkLimits;
use fanfare_link::limits::HEADERS_MAX;

use crate::rig::{Rig, request};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The front was asked, and answered.
    Answered,
    /// hyper gets it, every byte of it.
    HandedOver,
    /// It is refused with this status, and the connection closes.
    Refused(u16),
    /// Its head is not complete.
    Waits,
}

fn fate(rig: &mut Rig, bytes: &str) -> Fate {
    let peer = rig.connect();
    rig.send(&peer, bytes);
    let answer = peer.take();
    if let Some(handover) = rig.handovers.pop() {
        assert_eq!(handover.received, bytes);
        assert_eq!(answer, "");
        return Fate::HandedOver;
    }
    if answer.is_empty() {
        assert!(!peer.is_finished());
        return Fate::Waits;
    }
    let status = answer[9..12].parse().unwrap();
    if status == 200 {
        let seen = rig.routes.seen();
        assert!(
            matches!(&*seen[0], "/answer" | "http://a/answer") && seen.len() == 1,
            "{seen:?}"
        );
        return Fate::Answered;
    }
    assert_eq!(rig.routes.seen(), [""; 0], "the front is not asked");
    assert!(peer.is_finished());
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    Fate::Refused(status)
}

fn check(head: &str, expected: Fate) {
    assert_eq!(fate(&mut Rig::new(), head), expected, "{head:?}");
}

/// A `GET` of ours with these lines after the `Host`.
fn check_fields(fields: &str, expected: Fate) {
    check(
        &format!("GET /answer HTTP/1.1\r\nHost: a\r\n{fields}\r\n"),
        expected,
    );
}

#[test]
fn a_get_without_a_body_is_ours() {
    check_fields("", Fate::Answered);
    check_fields(
        "Accept: text/event-stream\r\nX: \t spaced \t\r\n",
        Fate::Answered,
    );
    check_fields("Content-Length: 0\r\n", Fate::Answered);
    check("GET /answer HTTP/1.0\r\n\r\n", Fate::Answered);
    check(
        "GET http://a/answer HTTP/1.1\r\nHost: a\r\n\r\n",
        Fate::Answered,
    );
}

#[test]
fn whatever_is_sound_but_not_that_is_hypers() {
    check(
        "POST /answer HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
        Fate::HandedOver,
    );
    check(
        "PUT /answer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        Fate::HandedOver,
    );
    check("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", Fate::HandedOver);
    check("get /answer HTTP/1.1\r\nHost: a\r\n\r\n", Fate::HandedOver);
    check("GET /unknown HTTP/1.1\r\nHost: a\r\n\r\n", Fate::HandedOver);
    check_fields("Content-Length: 2\r\n", Fate::HandedOver);
    check_fields("Transfer-Encoding: Chunked\r\n", Fate::HandedOver);
    check_fields("Expect: 100-continue\r\n", Fate::HandedOver);
}

#[test]
fn a_body_measured_in_two_ways_is_refused() {
    check_fields(
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        Fate::Refused(400),
    );
    check_fields(
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        Fate::Refused(400),
    );
    check_fields("Content-Length: 5, 5\r\n", Fate::Refused(400));
    check_fields(
        "Content-Length: 0\r\ncontent-length: 5\r\n",
        Fate::Refused(400),
    );
    check_fields(
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        Fate::Refused(400),
    );
    check_fields("Transfer-Encoding: gzip, chunked\r\n", Fate::Refused(400));
    check_fields("Transfer-Encoding: identity\r\n", Fate::Refused(400));
    check_fields("Transfer-Encoding:\r\n", Fate::Refused(400));
}

#[test]
fn a_length_that_is_no_number_is_refused() {
    for length in [
        "",
        "-1",
        "+1",
        "1.0",
        "0x10",
        "five",
        "1 1",
        "18446744073709551616",
    ] {
        check_fields(&format!("Content-Length: {length}\r\n"), Fate::Refused(400));
    }
}

#[test]
fn a_folded_header_is_refused() {
    check_fields("X: a\r\n b\r\n", Fate::Refused(400));
    check_fields("X: a\r\n\tb\r\n", Fate::Refused(400));
    check_fields("X: a\r\n \r\n", Fate::Refused(400));
}

#[test]
fn line_ends_are_cr_lf_and_nothing_else() {
    check("GET /answer HTTP/1.1\nHost: a\n\n", Fate::Refused(400));
    check("GET /answer HTTP/1.1\r\nHost: a\n\r\n", Fate::Refused(400));
    check_fields("X: a\rb\r\n", Fate::Refused(400));
    check_fields("X: a\nTransfer-Encoding: chunked\r\n", Fate::Refused(400));
    check_fields("X: a\r\r\n", Fate::Refused(400));
}

#[test]
fn a_bare_line_end_is_refused_before_the_head_is_complete() {
    check("GET /answer HTTP/1.1\n", Fate::Refused(400));
    check("GET /answer HTTP/1.1\rHost", Fate::Refused(400));
    check("GET /answer HTTP/1.1\r", Fate::Waits);
}

#[test]
fn characters_where_they_do_not_belong_are_refused() {
    check_fields("X: a\0b\r\n", Fate::Refused(400));
    check_fields("X\0: a\r\n", Fate::Refused(400));
    check_fields("X : a\r\n", Fate::Refused(400));
    check_fields(": a\r\n", Fate::Refused(400));
    check_fields("no colon\r\n", Fate::Refused(400));
    check("GET /a\0 HTTP/1.1\r\nHost: a\r\n\r\n", Fate::Refused(400));
    check(
        "GET  /answer HTTP/1.1\r\nHost: a\r\n\r\n",
        Fate::Refused(400),
    );
    check(
        "GET /answer  HTTP/1.1\r\nHost: a\r\n\r\n",
        Fate::Refused(400),
    );
    check(
        "GET /an swer HTTP/1.1\r\nHost: a\r\n\r\n",
        Fate::Refused(400),
    );
    check(
        "GET\t/answer HTTP/1.1\r\nHost: a\r\n\r\n",
        Fate::Refused(400),
    );
}

#[test]
fn other_versions_and_other_protocols_are_refused() {
    check("GET /answer\r\n\r\n", Fate::Refused(400));
    check(
        "GET /answer HTTP/2.0\r\nHost: a\r\n\r\n",
        Fate::Refused(400),
    );
    check(
        "GET /answer HTTP/1.2\r\nHost: a\r\n\r\n",
        Fate::Refused(400),
    );
    check(
        "GET /answer http/1.1\r\nHost: a\r\n\r\n",
        Fate::Refused(400),
    );
    check("\u{16}\u{3}\u{1}\r\n\r\n", Fate::Refused(400));
    check("\r\n\r\n", Fate::Refused(400));
}

#[test]
fn there_is_exactly_one_host() {
    check("GET /answer HTTP/1.1\r\n\r\n", Fate::Refused(400));
    check(
        "GET /answer HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        Fate::Refused(400),
    );
    check(
        "GET /answer HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n",
        Fate::Refused(400),
    );
    check(
        "POST /answer HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        Fate::Refused(400),
    );
}

#[test]
fn there_are_so_many_headers_and_no_more() {
    // The `Host` is one of them.
    check_fields(&"X: a\r\n".repeat(HEADERS_MAX - 1), Fate::Answered);
    check_fields(&"X: a\r\n".repeat(HEADERS_MAX), Fate::Refused(431));
}

#[test]
fn a_head_is_so_long_and_no_longer() {
    let limits = LinkLimits {
        head_bytes_max: 100,
        ..LinkLimits::default()
    };
    let head = |length: usize| {
        let rest = request("/answer").len() + "X: \r\n".len();
        request("/answer").replace("\r\n\r\n", "\r\nX: ") + &"a".repeat(length - rest) + "\r\n\r\n"
    };
    assert_eq!(head(100).len(), 100);
    let cases = [
        (head(100), Fate::Answered),
        (head(101), Fate::Refused(431)),
        (head(200)[..100].to_owned(), Fate::Waits),
        (head(200)[..101].to_owned(), Fate::Refused(431)),
    ];
    for (bytes, expected) in cases {
        assert_eq!(
            fate(&mut Rig::with_limits(limits), &bytes),
            expected,
            "{bytes:?}"
        );
    }
}

#[test]
fn the_http2_preface_is_hypers_untouched() {
    check(
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0",
        Fate::HandedOver,
    );
    check("PRI * HTTP/2.0\r\n\r\n", Fate::HandedOver);
}

#[test]
fn a_head_may_be_split_anywhere() {
    let requests = [
        (request("/answer"), Fate::Answered),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi".to_owned(),
            Fate::HandedOver,
        ),
        (
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            Fate::HandedOver,
        ),
    ];
    for (whole, expected) in requests {
        let head = whole.find("\r\n\r\n").unwrap() + 4;
        for at in 1..head {
            let mut rig = Rig::new();
            let peer = rig.connect();
            rig.send(&peer, &whole[..at]);
            assert_eq!(peer.take(), "", "after {at} bytes");
            rig.send(&peer, &whole[at..]);
            match expected {
                Fate::Answered => assert!(peer.take().starts_with("HTTP/1.1 200 "), "at {at}"),
                _ => assert_eq!(rig.handovers[0].received, whole.as_bytes(), "at {at}"),
            }
        }
    }
}

#[test]
fn a_head_may_come_byte_by_byte() {
    let mut rig = Rig::new();
    let peer = rig.connect();
    for byte in request("/answer").chars() {
        assert_eq!(peer.take(), "");
        rig.send(&peer, byte.encode_utf8(&mut [0; 4]));
    }
    assert!(peer.take().starts_with("HTTP/1.1 200 OK\r\n"));
}

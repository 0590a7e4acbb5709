//! Two parsers read what comes over one connection: our front and hyper. Whatever the front takes,
//! hyper would have read in the same way. Where they differ an attacker could hide a request.
//!
//! [`front_and_hyper_agree`] is the whole property, for a fuzz target to include and call.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncWriteExt, DuplexStream, ReadBuf, duplex};

/// Panics if the front takes a request at the beginning of `data` and hyper reads another one.
pub(crate) fn front_and_hyper_agree(data: &[u8]) {
    let Some((ours, length)) = fanfare_link::examine_for_tests(data) else {
        return;
    };
    let (theirs, rest) = read_with_hyper(data);
    let shown = data.escape_ascii();
    let Some(theirs) = theirs else {
        panic!("the front takes what hyper does not: {shown}");
    };
    assert_eq!(ours.method, theirs.method, "{shown}");
    assert_eq!(ours.uri, theirs.uri, "{shown}");
    assert_eq!(ours.version, theirs.version, "{shown}");
    assert_eq!(ours.headers, theirs.headers, "{shown}");
    assert_eq!(
        data[length..].escape_ascii().to_string(),
        rest.escape_ascii().to_string(),
        "{shown}"
    );
}

/// The first request that hyper reads, if it has no body, and what it leaves for the next.
fn read_with_hyper(data: &[u8]) -> (Option<Parts>, Vec<u8>) {
    let mut context = Context::from_waker(Waker::noop());
    // Large enough that nobody ever waits, so that polling is all it takes.
    let (mut peer, stream) = duplex(data.len() + (64 << 10));
    let written = pin!(peer.write_all(data)).poll(&mut context);
    assert!(matches!(written, Poll::Ready(Ok(()))));
    let request = Rc::new(RefCell::new(None));
    let seen = Rc::clone(&request);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (parts, body) = request.into_parts();
        seen.borrow_mut()
            .get_or_insert((parts, body.is_end_stream()));
        std::future::ready(Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())))
    });
    let mut connection = http1::Builder::new()
        .keep_alive(false)
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service);
    for _ in 0..10 {
        if connection.poll_without_shutdown(&mut context).is_ready() {
            break;
        }
    }
    let parts = connection.into_parts();
    let mut rest = parts.read_buf.to_vec();
    rest.extend(unread(parts.io.into_inner()));
    let request = request.borrow_mut().take();
    (
        request.and_then(|(parts, is_whole)| is_whole.then_some(parts)),
        rest,
    )
}

fn unread(mut stream: DuplexStream) -> Vec<u8> {
    let mut context = Context::from_waker(Waker::noop());
    let mut bytes = vec![0; 64 << 10];
    let mut buffer = ReadBuf::new(&mut bytes);
    while std::pin::Pin::new(&mut stream)
        .poll_read(&mut context, &mut buffer)
        .is_ready()
    {}
    buffer.filled().to_vec()
}

/// What parsers are known to differ in.
const METHODS: &[&str] = &["get", "GET ", " GET", "G\tET", "POST"];
const TARGETS: &[&str] = &[
    "/a/b?c=d&e",
    "/%2e%2E/",
    "//a",
    "/a#b",
    "/?",
    "/a?b#c",
    "/[x]",
    "/a|b",
    "/\u{e9}",
    "/\\",
    "/a b",
    "/\t",
    "*",
    "http://h/",
    "h:1",
    "",
    "/{}\"<>^`",
];
const VERSIONS: &[&str] = &["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", ""];
const FIELDS: &[&str] = &[
    "Accept: text/event-stream",
    "Connection: close",
    "Connection: keep-alive, Upgrade",
    "Connection: upgrade",
    "Upgrade: websocket",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABk",
    "Content-Length: 0",
    "Content-Length: 00",
    "Content-Length: 3",
    "Content-Length: +0",
    "Content-Length: 0, 0",
    "Content-Length:",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding:",
    "transfer-encoding: xchunked",
    "Content-Length : 3",
    "Host: b",
    "host:",
    "Expect: 100-continue",
    "Expect: x",
    "TE: trailers",
    "X:",
    "X:a",
    "X: \t a \t ",
    "X: \u{e9}",
    "X: a\0",
    "X: a\u{7f}",
    " X: folded",
    "\tX: folded",
    "X Y: a",
    "X\u{e9}: a",
    ": a",
    "no colon",
    "",
    "X: a\rY: b",
    "X: a\nY: b",
    "Cookie: a=b",
    "Cookie: c=d",
];
const LINE_ENDS: &[&str] = &["\n", "\r", "\r\r\n"];

/// Nine times of ten what is ordinary, so that most requests are taken.
fn mostly(
    ordinary: &'static str,
    odd: &'static [&'static str],
) -> impl Strategy<Value = &'static str> {
    prop_oneof![9 => Just(ordinary), 1 => prop::sample::select(odd)]
}

/// A request that is nearly right, and what follows it.
fn near_request() -> impl Strategy<Value = Vec<u8>> {
    let before = mostly("", &["\r\n", "\n", " "]);
    let line = (
        mostly("GET", METHODS),
        mostly("/", TARGETS),
        mostly("HTTP/1.1", VERSIONS),
    )
        .prop_map(|(method, target, version)| format!("{method} {target} {version}\r\n"));
    let field = (prop::sample::select(FIELDS), mostly("\r\n", LINE_ENDS))
        .prop_map(|(field, end)| format!("{field}{end}"));
    let fields = prop::collection::vec(field, 0..3);
    let rest = mostly("", &["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "abc", "\r\n"]);
    (before, line, fields, rest).prop_map(|(before, line, fields, rest)| {
        let fields = fields.concat();
        format!("{before}{line}Host: a\r\n{fields}\r\n{rest}").into_bytes()
    })
}

/// Replaces, inserts or removes one byte.
fn mutate(bytes: &mut Vec<u8>, (at, byte, how): (prop::sample::Index, u8, u8)) {
    let at = at.index(bytes.len());
    match how % 3 {
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        _ => drop(bytes.remove(at)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn near_requests_are_read_alike(
        mut bytes in near_request(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 0..2),
    ) {
        for change in changes {
            mutate(&mut bytes, change);
        }
        front_and_hyper_agree(&bytes);
    }

    #[test]
    fn sound_requests_are_taken_and_read_alike(
        target in "/[!-~]{0,20}",
        fields in prop::collection::vec(("[A-Za-z0-9-]{1,12}", "[ -~\t]{0,20}"), 0..6),
        rest in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let fields: String = fields
            .iter()
            .map(|(name, value)| format!("x-{name}: {value}\r\n"))
            .collect();
        let mut bytes = format!("GET {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes();
        bytes.extend(rest);
        front_and_hyper_agree(&bytes);
    }
}

#[test]
fn they_agree_about_an_ordinary_request_and_what_follows_it() {
    let data = b"GET /a?b HTTP/1.1\r\nHost: a\r\nX: \t1 \r\nX: 2\r\n\r\nGET /next";
    let (parts, rest) = read_with_hyper(data);
    assert_eq!(parts.unwrap().uri, "/a?b");
    assert_eq!(rest, b"GET /next");
    assert!(fanfare_link::examine_for_tests(data).is_some());
    front_and_hyper_agree(data);
}

//! The clients of 2010 and 2011: 12.14.

use std::net::SocketAddr;

use crate::http::{Http, get};
use crate::site::start;
use crate::websocket::{Frame, WebSocket};

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// The id in the first frame.
fn id(frames: &str) -> String {
    let parts: Vec<_> = frames.split("~m~").collect();
    let [_, length, id] = parts[..] else {
        panic!("{frames:?} is not one frame");
    };
    assert_eq!(length.parse(), Ok(id.len()), "{frames:?}");
    id.to_owned()
}

fn post(address: SocketAddr, target: &str, data: &str) {
    let mut http = Http::connect(address);
    http.begin_post(target, FORM, format!("data={data}").as_bytes());
    let reply = http.reply();
    assert_eq!((reply.status, reply.text()), (200, "ok"), "{target}");
    assert!(
        reply
            .field("content-type")
            .is_some_and(|it| it.starts_with("text/plain"))
    );
}

#[test]
fn polling() {
    let server = start();
    let first = get(server.address(), "/sio06/xhr-polling//1321000000000");
    let is = first.field("content-type");
    assert_eq!((first.status, is), (200, Some("text/plain; charset=UTF-8")));
    let session = format!("/sio06/xhr-polling/{}", id(first.text()));
    let said = "~m~5~m~hello~m~10~m~~j~%7B%22a%22%3A1%7D";
    post(server.address(), &format!("{session}/send"), said);
    let second = get(server.address(), &format!("{session}/1321000000001"));
    assert_eq!(second.text(), r#"~m~5~m~hello~m~10~m~~j~{"a":1}"#);
    let nothing = get(server.address(), &format!("{session}/1321000000002"));
    assert_eq!((nothing.status, nothing.text()), (200, ""));
}

#[test]
fn scripts() {
    let server = start();
    let first = get(server.address(), "/sio06/jsonp-polling//1321000000000/0");
    let is = first.field("content-type");
    assert_eq!(is, Some("text/javascript; charset=UTF-8"));
    let script = first.text();
    let frames = script
        .strip_prefix("io.JSONP[0]._(\"")
        .and_then(|rest| rest.strip_suffix("\");"));
    let session = format!("/sio06/jsonp-polling/{}", id(frames.expect("a script")));
    let target = format!("{session}/1321000000003/0");
    post(server.address(), &target, "~m~5~m~he\"lo");
    let second = get(server.address(), &format!("{session}/1321000000004/0"));
    assert_eq!(second.text(), r#"io.JSONP[0]._("~m~5~m~he\"lo");"#);
}

/// Opens a stream, in chunks of nobody's: those are between two machines. Returns also the head.
fn stream(address: SocketAddr, transport: &str) -> (Http, String) {
    let mut stream = Http::connect(address);
    stream.write(format!(
        "GET /sio06/{transport}//1321000000000 HTTP/1.0\r\nHost: localhost\r\n\r\n"
    ));
    let head = stream.until("\r\n\r\n").to_lowercase();
    assert!(!head.contains("content-length"), "{head}");
    (stream, head)
}

#[test]
fn a_stream_of_parts() {
    let server = start();
    let (mut stream, head) = stream(server.address(), "xhr-multipart");
    let kind = "content-type: multipart/x-mixed-replace;boundary=\"socketio\"";
    assert!(head.contains(kind), "{head}");
    assert_eq!(stream.until("--socketio\n"), "");
    let mut part = || {
        let text = stream.until("\n--socketio\n");
        let frames = text.strip_prefix("Content-Type: text/plain\n\n");
        frames.unwrap_or_else(|| panic!("{text:?}")).to_owned()
    };
    let session = format!("/sio06/xhr-multipart/{}", id(&part()));
    post(server.address(), &format!("{session}/send"), "~m~5~m~hello");
    assert_eq!(part(), "~m~5~m~hello");
    assert_eq!(part(), "~m~4~m~~h~1");
}

#[test]
fn a_stream_of_scripts() {
    let server = start();
    let (mut stream, head) = stream(server.address(), "htmlfile");
    assert!(head.contains("content-type: text/html"), "{head}");
    let padding = stream.until("<html><body>") + &stream.until("<script>");
    assert_eq!(padding.trim_end_matches(['\r', '\n']), " ".repeat(244));
    let mut script = || {
        let text = stream.until("</script>");
        let frames = text.trim_start().trim_start_matches("<script>");
        let frames = frames.strip_prefix("parent.s._(\"");
        let frames = frames.and_then(|rest| rest.strip_suffix("\", document);"));
        frames.unwrap_or_else(|| panic!("{text:?}")).to_owned()
    };
    let session = format!("/sio06/htmlfile/{}", id(&script()));
    post(server.address(), &format!("{session}/send"), "~m~5~m~hello");
    assert_eq!(script(), "~m~5~m~hello");
}

#[test]
fn web_socket() {
    let server = start();
    let mut socket = WebSocket::open(server.address(), "/sio06/websocket");
    let Frame::Text(first) = socket.frame() else {
        panic!("no id");
    };
    assert!(!id(&first).is_empty());
    socket.text("~m~5~m~hello");
    assert_eq!(socket.frame(), Frame::Text("~m~5~m~hello".to_owned()));
    for number in 1..=2 {
        let heartbeat = format!("~m~4~m~~h~{number}");
        assert_eq!(socket.frame(), Frame::Text(heartbeat.clone()));
        socket.text(&heartbeat);
    }
}

//! Answers without an end, byte for byte: event streams, lines of JSON, parts, chunks, raw bytes.

use fanfare_testkit::server::Server;
use serde_json::{Value, json};

use crate::support::sse::{Event, Events};
use crate::support::{Answer, Body, Id, Publisher, Raw, launch, server, until_held};

/// Subscribes to channel `c` and waits until the subscription stands.
fn listen(server: &Server, line: &str, headers: &[&str]) -> (Answer, Body) {
    let stream = Raw::connect(server).stream(line, headers);
    stream.0.check(200, "");
    until_held(server, "c", 1);
    stream
}

#[test]
fn an_event_stream_is_made_of_blocks() {
    let server = server();
    let (head, mut body) = listen(&server, "GET /sub/c", &["Accept: text/event-stream"]);
    head.with("content-type", "text/event-stream")
        .with("x-accel-buffering", "no");
    assert!(
        head.list("cache-control").contains(&"no-store".to_owned()),
        "{head:?}"
    );
    head.with("transfer-encoding", "chunked")
        .without("content-length");

    // Something comes at once, and no event: it tells how long to wait before coming back.
    assert_eq!(body.chunk(), b"retry: 2000\n\n");
    let mut publisher = Publisher::connect(&server);
    let id = publisher.publish("c", "one");
    assert_eq!(
        body.chunk(),
        format!("id: {id}\ndata: one\n\n").into_bytes()
    );
    let named = ["X-EventSource-Event: my-event"];
    let id = publisher.publish_with("c", &named, "line1\nline2\n");
    let block = format!("id: {id}\nevent: my-event\ndata: line1\ndata: line2\ndata: \n\n");
    assert_eq!(String::from_utf8(body.chunk()).unwrap(), block);
    let id = publisher.publish_with("c", &[], "");
    assert_eq!(body.chunk(), format!("id: {id}\ndata: \n\n").into_bytes());

    publisher.delete("c");
    assert_eq!(body.rest(), b":410: 410 Gone\n\n");
}

// What a publisher sends stays data, whatever line ends it has.
#[test]
fn nothing_can_be_smuggled_into_an_event_stream() {
    let server = server();
    let events = listen(&server, "GET /sub/c?as=sse", &[]);
    let mut events = Events::of(events);
    let mut publisher = Publisher::connect(&server);
    for text in [
        "a\r\nid: 0:0",
        "a\rdata: b\r\revent: x",
        "\n\n\ndata: x",
        ": comment",
        "retry: 1",
    ] {
        let id = publisher.publish("c", text);
        let seen = text.replace("\r\n", "\n").replace('\r', "\n");
        let expected = Event {
            id: id.to_string(),
            name: "message".into(),
            data: seen,
        };
        assert_eq!(events.next(), Some(expected), "{text:?}");
    }
    let raw = Raw::connect(&server).tell("POST /pub/c?event=a%0Adata%3A%20b", &[], "x");
    assert_eq!(raw.status, 400);
}

#[test]
fn a_quiet_event_stream_shows_signs_of_life() {
    let server = launch().set("subscribe.sse_keep_alive=1s").start();
    let (_, mut body) = listen(&server, "GET /sub/c?as=sse", &[]);
    body.chunk();
    for _ in 0..2 {
        let sign = String::from_utf8(body.chunk()).unwrap();
        assert!(sign.starts_with(':') && sign.ends_with("\n\n"), "{sign:?}");
    }
}

#[test]
fn an_event_stream_resumes_and_tells_of_a_gap() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let first = publisher.publish("c", "first");
    publisher.count("c", 0..150);
    let header = format!("Last-Event-ID: {first}");
    let line = "GET /sub/c";
    let stream = Raw::connect(&server).stream(line, &["Accept: text/event-stream", &header]);
    let mut events = Events::of(stream);
    let gap = events.next().unwrap();
    assert_eq!(gap.name, "gap");
    let told: Value = serde_json::from_str(&gap.data).unwrap();
    assert_eq!(
        (&told["channel"], &told["after"]),
        (&json!("c"), &json!(first.to_string()))
    );
    assert_eq!(told["resumed"], json!(gap.id));
    assert_eq!(
        events.data(100),
        (50..150).map(|n: u32| n.to_string()).collect::<Vec<_>>()
    );
    // The id of the gap is itself a place to resume from: no second gap, nothing twice.
    let header = format!("Last-Event-ID: {}", gap.id);
    let stream = Raw::connect(&server).stream(line, &["Accept: text/event-stream", &header]);
    assert_eq!(Events::of(stream).next().unwrap().data, "50");
}

#[test]
fn several_channels_have_one_cursor() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let a = publisher.publish("a", "a0");
    let b = publisher.publish("b", "b0");
    let stream = Raw::connect(&server).stream("GET /sub/a,b?as=sse", &[]);
    let mut events = Events::of(stream);
    let mut seen = [events.next().unwrap(), events.next().unwrap()];
    assert_eq!(seen.last().unwrap().id, format!("{a},{b}"));
    seen.sort_by(|one, other| one.data.cmp(&other.data));
    assert_eq!(
        seen.iter().map(|event| &*event.data).collect::<Vec<_>>(),
        ["a0", "b0"]
    );
    drop(events);

    publisher.publish("a", "a1");
    publisher.publish("b", "b1");
    let header = format!("Last-Event-ID: {a},{b}");
    let stream = Raw::connect(&server).stream("GET /sub/a,b?as=sse", &[&header]);
    let mut data = Events::of(stream).data(2);
    data.sort();
    assert_eq!(data, ["a1", "b1"]);
}

#[test]
fn lines_of_json_have_everything() {
    let server = server();
    let (head, mut body) = listen(&server, "GET /sub/c", &["Accept: application/x-ndjson"]);
    head.with("content-type", "application/x-ndjson");
    let mut publisher = Publisher::connect(&server);
    let mut line = || -> Value { serde_json::from_str(&body.line().unwrap()).unwrap() };

    let typed = ["Content-Type: text/plain", "X-EventSource-Event: e"];
    let id = publisher.publish_with("c", &typed, "a \"quoted\"\nline \u{1f4ef}");
    let expected = json!({
        "id": id.to_string(), "channel": "c", "event": "e", "content_type": "text/plain",
        "data": "a \"quoted\"\nline \u{1f4ef}",
    });
    assert_eq!(line(), expected);
    let id = publisher.publish_with("c", &[], [0xff, 0x00]);
    assert_eq!(
        line(),
        json!({"id": id.to_string(), "channel": "c", "base64": "/wA="})
    );
    publisher.delete("c");
    assert_eq!(
        line(),
        json!({"end": {"channel": "c", "reason": "deleted"}})
    );
    assert_eq!(body.line(), None);
}

#[test]
fn a_gap_is_a_line_of_json() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let first = publisher.publish("c", "first");
    publisher.count("c", 0..150);
    let line = format!("GET /sub/c?as=ndjson&since={first}");
    let (_, mut body) = Raw::connect(&server).stream(&line, &[]);
    let gap: Value = serde_json::from_str(&body.line().unwrap()).unwrap();
    assert_eq!(gap["gap"]["after"], json!(first.to_string()));
    let next: Value = serde_json::from_str(&body.line().unwrap()).unwrap();
    assert_eq!(next["data"], "50");
    let resumed: Id = gap["gap"]["resumed"].as_str().unwrap().parse().unwrap();
    assert!(resumed < next["id"].as_str().unwrap().parse().unwrap());
}

// Section 5.6 of the Nchan reference: the delimiter that ends a part comes with it.
#[test]
fn parts_come_with_the_delimiter_that_ends_them() {
    let server = server();
    let (head, mut body) = listen(&server, "GET /sub/c", &["Accept: multipart/mixed"]);
    let boundary = head
        .header("content-type")
        .strip_prefix("multipart/mixed; boundary=")
        .unwrap();
    assert!((16..=70).contains(&boundary.len()), "{boundary}");
    let delimiter = format!("--{boundary}");
    assert_eq!(
        body.read_until(delimiter.as_bytes()).unwrap(),
        delimiter.as_bytes()
    );

    let mut publisher = Publisher::connect(&server);
    for (headers, field, payload) in [
        (
            &["Content-Type: text/plain"][..],
            "Content-Type: text/plain\r\n",
            "part one",
        ),
        (
            &["X-EventSource-Event: e"],
            "X-EventSource-Event: e\r\n",
            "<p>2</p>",
        ),
        (&[], "", ""),
    ] {
        let id = publisher.publish_with("c", headers, payload);
        let part = format!(
            "\r\nLast-Modified: {}\r\nEtag: {}\r\n{field}\r\n{payload}\r\n{delimiter}",
            id.date(),
            id.tag
        );
        let received = body.read_until(delimiter.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(received).unwrap(), part);
    }
    publisher.delete("c");
    assert_eq!(body.rest(), b"--\r\n");
}

#[test]
fn a_chunk_is_a_message() {
    let server = server();
    let (head, mut body) = listen(&server, "GET /sub/c", &["TE: chunked"]);
    head.with("transfer-encoding", "chunked")
        .without("content-type");
    let mut publisher = Publisher::connect(&server);
    publisher.publish("c", "first chunk");
    assert_eq!(body.chunk(), b"first chunk");
    // An empty chunk would be the end.
    publisher.publish("c", "");
    publisher.publish_with("c", &[], [0, 1, 255]);
    assert_eq!(body.chunk(), [0, 1, 255]);
    publisher.delete("c");
    assert_eq!(body.rest(), b"");
}

#[test]
fn a_raw_stream_is_messages_and_line_ends() {
    let server = server();
    let (_, mut body) = listen(&server, "GET /sub/c?as=stream", &[]);
    let mut publisher = Publisher::connect(&server);
    for text in ["raw one", "", "raw two"] {
        publisher.publish("c", text);
        assert_eq!(body.line().unwrap(), text);
    }
    publisher.delete("c");
    assert_eq!(body.rest(), b"");
}

#[test]
fn a_connection_is_free_after_its_stream() {
    let server = server();
    for transport in ["sse", "ndjson", "multipart", "chunked", "stream"] {
        let line = format!("GET /sub/c?as={transport}");
        let (_, mut body) = listen(&server, &line, &[]);
        Publisher::connect(&server).delete("c");
        body.rest();
        body.into_raw().ask("GET /healthz", &[]).check(200, "ok\n");
    }
}

#[test]
fn a_stream_that_is_left_is_over() {
    let server = server();
    for transport in ["sse", "ndjson", "multipart", "chunked", "stream"] {
        let line = format!("GET /sub/c?as={transport}");
        let (_, body) = listen(&server, &line, &[]);
        drop(body);
        until_held(&server, "c", 0);
    }
}

#[test]
fn every_transport_says_the_same() {
    const MESSAGES: u32 = 300;
    let server = launch().set("limits.history_messages=1000").start();
    let mut publisher = Publisher::connect(&server);
    // The first half is stored, the second half live.
    publisher.count("c", 0..MESSAGES / 2);
    let open =
        |transport: &str| Raw::connect(&server).stream(&format!("GET /sub/c?as={transport}"), &[]);
    let mut events = Events::of(open("sse"));
    let (_, mut json_lines) = open("ndjson");
    let (_, mut lines) = open("stream");
    let (_, mut chunks) = open("chunked");
    until_held(&server, "c", 4);
    publisher.count("c", MESSAGES / 2..MESSAGES);
    for number in 0..MESSAGES {
        let text = number.to_string();
        assert_eq!(events.next().unwrap().data, text);
        let line: Value = serde_json::from_str(&json_lines.line().unwrap()).unwrap();
        assert_eq!(line["data"], json!(text));
        assert_eq!(lines.line().unwrap(), text);
        assert_eq!(chunks.chunk(), text.into_bytes());
    }
}

#[test]
fn a_raw_stream_tells_in_its_head_what_was_missed() {
    let server = server();
    let id = Publisher::connect(&server).publish("a", "first");
    for transport in ["stream", "chunked"] {
        let line = format!("GET /sub/a?as={transport}&since=1700000000:0");
        let (head, _) = Raw::connect(&server).stream(&line, &[]);
        assert!(
            head.header("fanfare-gap")
                .starts_with("after=1700000000:0; resumed="),
            "{head:?}"
        );
        let line = format!("GET /sub/a?as={transport}&since={id}");
        let (head, _) = Raw::connect(&server).stream(&line, &[]);
        head.without("fanfare-gap");
    }
}

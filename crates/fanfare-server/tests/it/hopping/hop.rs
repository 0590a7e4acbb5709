//! One connection of a reader, over one transport, from a cursor on.

use fanfare_testkit::server::Server;
use serde_json::{Value, json};

use crate::support::multiplex::Multiplex;
use crate::support::sse::Events;
use crate::support::{Body, Id, Raw, frame};

/// The transports that have a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    EventSource,
    Multipart,
    Multiplex,
    Ndjson,
    Poll,
    WebSocket,
}

/// A message as a reader has it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) id: Id,
    pub(super) text: String,
}

impl Hop {
    pub(super) const ALL: [Self; 6] = [
        Self::EventSource,
        Self::Multipart,
        Self::Multiplex,
        Self::Ndjson,
        Self::Poll,
        Self::WebSocket,
    ];

    /// Connects with the cursor in this transport's own place, reads so many messages, and leaves
    /// without a word in the middle of whatever comes next.
    pub(super) fn read(
        self,
        server: &Server,
        channel: &str,
        cursor: Option<Id>,
        count: usize,
        seen: &mut Vec<Seen>,
    ) {
        match self {
            Self::EventSource => event_source(server, channel, cursor, count, seen),
            Self::Multipart => multipart(server, channel, cursor, count, seen),
            Self::Multiplex => multiplex(server, channel, cursor, count, seen),
            Self::Ndjson => ndjson(server, channel, cursor, count, seen),
            Self::Poll => poll(server, channel, cursor, count, seen),
            Self::WebSocket => web_socket(server, channel, cursor, count, seen),
        }
    }
}

fn event_source(
    server: &Server,
    channel: &str,
    cursor: Option<Id>,
    count: usize,
    seen: &mut Vec<Seen>,
) {
    let resume = cursor.map(|id| format!("Last-Event-ID: {id}"));
    let mut headers = vec!["Accept: text/event-stream"];
    headers.extend(resume.as_deref());
    let stream = Raw::connect(server).stream(&format!("GET /sub/{channel}"), &headers);
    let mut events = Events::of(stream);
    for _ in 0..count {
        let event = events.next().expect("the stream goes on");
        assert_eq!(event.name, "message", "{event:?}");
        seen.push(Seen {
            id: event.id.parse().unwrap(),
            text: event.data,
        });
    }
}

fn multipart(
    server: &Server,
    channel: &str,
    cursor: Option<Id>,
    count: usize,
    seen: &mut Vec<Seen>,
) {
    let conditions = cursor.map(Id::conditions);
    let mut headers = vec!["Accept: multipart/mixed"];
    headers.extend(conditions.iter().flatten().map(String::as_str));
    let (head, mut body) = Raw::connect(server).stream(&format!("GET /sub/{channel}"), &headers);
    let (_, boundary) = head.header("content-type").split_once("boundary=").unwrap();
    let delimiter = format!("--{boundary}");
    body.read_until(delimiter.as_bytes()).unwrap();
    seen.extend((0..count).map(|_| part(&mut body, &delimiter)));
}

fn part(body: &mut Body, delimiter: &str) -> Seen {
    let part = String::from_utf8(body.read_until(delimiter.as_bytes()).unwrap()).unwrap();
    let (head, rest) = part.split_once("\r\n\r\n").unwrap();
    let field = |name: &str| {
        let value = head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        value.unwrap_or_else(|| panic!("no {name} in {head}"))
    };
    let text = rest
        .strip_suffix(&format!("\r\n{delimiter}"))
        .unwrap()
        .to_owned();
    Seen {
        id: Id::from_validators(field("Last-Modified"), field("Etag")),
        text,
    }
}

fn multiplex(
    server: &Server,
    channel: &str,
    cursor: Option<Id>,
    count: usize,
    seen: &mut Vec<Seen>,
) {
    let mut socket = Multiplex::connect(server);
    let since = since(cursor);
    let answer = socket.ask(&json!({"op": "subscribe", "channel": channel, "since": since}));
    assert_eq!(answer["op"], "subscribed", "{answer}");
    for _ in 0..count {
        let message = socket.next();
        assert_eq!(message["op"], "message", "{message}");
        seen.push(of_json(&message, "message_id"));
    }
}

fn ndjson(server: &Server, channel: &str, cursor: Option<Id>, count: usize, seen: &mut Vec<Seen>) {
    let since = since(cursor);
    let line = format!("GET /sub/{channel}?since={since}");
    let (_, mut body) = Raw::connect(server).stream(&line, &["Accept: application/x-ndjson"]);
    for _ in 0..count {
        let message: Value = serde_json::from_str(&body.line().unwrap()).unwrap();
        seen.push(of_json(&message, "id"));
    }
}

/// The cursor as `since`; everything for who has none.
fn since(cursor: Option<Id>) -> String {
    cursor.map_or_else(|| "all".to_owned(), |id| id.to_string())
}

fn of_json(message: &Value, id: &str) -> Seen {
    let text = |name: &str| {
        message[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {message}"))
    };
    Seen {
        id: text(id).parse().unwrap(),
        text: text("data").to_owned(),
    }
}

fn poll(
    server: &Server,
    channel: &str,
    mut cursor: Option<Id>,
    count: usize,
    seen: &mut Vec<Seen>,
) {
    let mut raw = Raw::connect(server);
    for _ in 0..count {
        let conditions = cursor.map(Id::conditions);
        let headers: Vec<&str> = conditions.iter().flatten().map(String::as_str).collect();
        let answer = raw.ask(&format!("GET /sub/{channel}"), &headers);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.without("fanfare-gap");
        let id = Id::of_poll(&answer);
        seen.push(Seen {
            id,
            text: answer.text(),
        });
        cursor = Some(id);
    }
}

fn web_socket(
    server: &Server,
    channel: &str,
    cursor: Option<Id>,
    count: usize,
    seen: &mut Vec<Seen>,
) {
    let query = cursor.map_or(String::new(), |id| format!("?last_event_id={id}"));
    let mut raw = Raw::connect(server);
    let protocol = "Sec-WebSocket-Protocol: ws+meta.nchan";
    frame::upgrade(&mut raw, &format!("/sub/{channel}{query}"), &[protocol]);
    for _ in 0..count {
        let (first, payload) = frame::read(&mut raw);
        assert_eq!(first, 0x81);
        let payload = String::from_utf8(payload).unwrap();
        let (head, text) = payload.split_once("\n\n").unwrap();
        let id = head
            .strip_prefix("id: ")
            .and_then(|rest| rest.lines().next())
            .unwrap();
        seen.push(Seen {
            id: id.parse().unwrap(),
            text: text.to_owned(),
        });
    }
}

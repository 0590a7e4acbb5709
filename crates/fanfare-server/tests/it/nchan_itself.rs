//! The profile `nchan` beside Nchan: the same scenario against both, with the same outcome.
//!
//! Only where Nchan is to be followed. Its faults are listed in the protocol's reference, and ours
//! to avoid.

use std::net::SocketAddr;

use crate::support::nginx::Nginx;
use crate::support::sse::Events;
use crate::support::{Answer, Id, Raw, frame, launch, until};

/// One of the two, and where its locations are.
struct Place {
    address: SocketAddr,
    prefix: &'static str,
}

impl Place {
    fn connect(&self) -> Raw {
        Raw::connect_to(self.address)
    }

    /// Publishes with these headers; returns what came of it.
    fn publish(&self, channel: &str, headers: &[&str], body: &str) -> Answer {
        self.connect().tell(
            &format!("POST {}/pub/{channel}", self.prefix),
            headers,
            body,
        )
    }

    fn publish_text(&self, channel: &str, body: &str) -> Answer {
        self.publish(channel, &["Content-Type: text/plain"], body)
    }

    fn inform(&self, channel: &str, accept: &str) -> Answer {
        let header = format!("Accept: {accept}");
        self.connect()
            .ask(&format!("GET {}/pub/{channel}", self.prefix), &[&header])
    }

    fn delete(&self, channel: &str) -> Answer {
        self.connect()
            .ask(&format!("DELETE {}/pub/{channel}", self.prefix), &[])
    }

    fn subscribe(&self, channel: &str) -> String {
        format!("GET {}/sub/{channel}", self.prefix)
    }

    fn until_held(&self, channel: &str, subscribers: usize) {
        let wanted = format!("active subscribers: {subscribers}\r\n");
        until(&wanted, || {
            self.inform(channel, "text/plain").text().contains(&wanted)
        });
    }
}

/// Has both go through a scenario; what it returns must be the same.
fn check(scenario: impl Fn(&Place) -> Vec<String>) {
    let nchan = Nginx::with_nchan(
        "location ~ ^/pub/(\\w+)$ { nchan_publisher; nchan_channel_id $1; }
        location ~ ^/sub/(\\w+)$ { nchan_subscriber; nchan_channel_id $1; }",
    );
    let ours = launch()
        .config("[[profile]]\nprefix = \"/nchan\"\nkind = \"nchan\"\n")
        .start();
    let nchan = scenario(&Place {
        address: nchan.address(),
        prefix: "",
    });
    let ours = scenario(&Place {
        address: ours.address(),
        prefix: "/nchan",
    });
    assert_eq!(ours, nchan, "ours, then Nchan's");
}

/// Status, type and body, with `ID` for every id.
fn show(answer: &Answer) -> String {
    let content_type = answer.find("content-type").unwrap_or("no type");
    let body = String::from_utf8_lossy(&answer.body);
    format!("{} {content_type}: {}", answer.status, hide_ids(&body))
}

/// The same for an answer that carries a message; its cursor must be there.
fn show_message(answer: &Answer) -> String {
    Id::of_poll(answer);
    show(answer)
}

/// Replaces what looks like an id: ten digits, a colon, digits.
fn hide_ids(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let seconds = digits(from);
        let tag = from[seconds..].strip_prefix(':').map_or(0, digits);
        let is_id = seconds == 10 && tag > 0;
        let length = if is_id { seconds + 1 + tag } else { seconds };
        shown += before;
        shown += if is_id { "ID" } else { &from[..length] };
        rest = &from[length..];
    }
    shown + rest
}

#[test]
fn publishing_is_answered_alike() {
    check(|place| {
        let mut said = vec![
            show(&place.inform("missing", "*/*")),
            show(&place.delete("missing")),
            show(&place.publish_text("c", "m0")),
            show(&place.publish("c", &[], "")),
            show(
                &place
                    .connect()
                    .tell(&format!("PUT {}/pub/c", place.prefix), &[], "put"),
            ),
        ];
        for accept in [
            "*/*",
            "text/plain",
            "application/json",
            "text/x-json",
            "text/html, application/json;q=0.5",
            "text/xml",
            "application/yaml",
        ] {
            said.push(show(&place.inform("c", accept)));
        }
        said.push(show(&place.delete("c")));
        said
    });
}

#[test]
fn stored_messages_are_read_alike() {
    check(|place| {
        place.publish_text("c", "m0");
        place.publish("c", &["Content-Type: application/json"], "{}");
        place.publish("c", &[], "no type");
        place.publish("c", &[], "");
        let mut client = place.connect();
        let mut answer = client.ask(&place.subscribe("c"), &[]);
        let mut said = vec![show_message(&answer)];
        for _ in 0..3 {
            let [modified, tag] = Id::of_poll(&answer).conditions();
            answer = client.ask(&place.subscribe("c"), &[&modified, &tag]);
            said.push(show_message(&answer));
        }
        said
    });
}

#[test]
fn polls_are_held_alike() {
    check(|place| {
        let mut client = place.connect();
        client.begin(&place.subscribe("c"), &[]);
        place.until_held("c", 1);
        let published = place.publish_text("c", "held");
        let mut said = vec![show(&published), show_message(&client.answer())];
        let mut client = place.connect();
        client.begin(&place.subscribe("d"), &[]);
        place.until_held("d", 1);
        place.delete("d");
        let gone = client.answer();
        said.push(show(&gone));
        assert!(
            gone.list("vary").contains(&"if-none-match".to_owned()),
            "{gone:?}"
        );
        said
    });
}

#[test]
fn cursors_lead_to_the_same_messages() {
    check(|place| {
        let ids: Vec<Id> = (0..3)
            .map(|number| {
                let info = place.publish_text("c", &format!("m{number}")).text();
                info.rsplit_once(' ').unwrap().1.parse().unwrap()
            })
            .collect();
        let [modified, tag] = ids[0].conditions();
        let quoted = format!("If-None-Match: \"{}\"", ids[0].tag);
        let encoded = ids[0].to_string().replace(':', "%3A");
        let ask = |query: &str, headers: &[&str]| {
            show_message(
                &place
                    .connect()
                    .ask(&format!("{}{query}", place.subscribe("c")), headers),
            )
        };
        vec![
            ask("", &[]),
            ask("", &[&modified, &tag]),
            ask("", &[&modified, &quoted]),
            ask("", &[&format!("If-None-Match: {}", ids[0])]),
            ask("", &[&format!("Last-Event-ID: {}", ids[1])]),
            ask(&format!("?last_event_id={}", ids[1]), &[]),
            ask(&format!("?last_event_id={encoded}"), &[]),
            ask("", &["If-Modified-Since: garbage", "If-None-Match: 1"]),
            ask("", &["Last-Event-ID: foo"]),
            ask(
                "",
                &[
                    "If-Modified-Since: Thu, 01 Jan 1998 00:00:00 GMT",
                    "If-None-Match: 3",
                ],
            ),
        ]
    });
}

#[test]
fn sockets_speak_alike() {
    check(|place| {
        let path = format!("{}/sub/c", place.prefix);
        let mut plain = place.connect();
        frame::upgrade(&mut plain, &path, &[]);
        let mut meta = place.connect();
        let head = frame::upgrade(&mut meta, &path, &["Sec-WebSocket-Protocol: ws+meta.nchan"]);
        let mut said = vec![head.header("sec-websocket-protocol").to_owned()];
        place.until_held("c", 2);
        place.publish_text("c", "first");
        place.publish("c", &["Content-Type: application/octet-stream"], "second");
        place.publish("c", &[], "");
        let mut next = |socket: &mut Raw| {
            let (first, payload) = frame::read(socket);
            said.push(format!(
                "{first:02x} {}",
                hide_ids(&String::from_utf8_lossy(&payload))
            ));
        };
        for _ in 0..3 {
            next(&mut plain);
            next(&mut meta);
        }
        plain.send(frame::masked(frame::PING, b"abc"));
        next(&mut plain);
        place.delete("c");
        next(&mut plain);
        next(&mut meta);
        said
    });
}

#[test]
fn events_are_heard_alike() {
    check(|place| {
        let accept = "Accept: text/event-stream";
        let mut events = Events::of(place.connect().stream(&place.subscribe("c"), &[accept]));
        place.until_held("c", 1);
        place.publish_text("c", "one");
        place.publish("c", &["X-EventSource-Event: my-event"], "line1\nline2\n");
        place.publish("c", &[], "");
        let mut said: Vec<String> = (0..3)
            .map(|_| {
                let event = events.next().unwrap();
                hide_ids(&format!("{}: {} {:?}", event.id, event.name, event.data))
            })
            .collect();
        events.comments.clear();
        place.delete("c");
        assert_eq!(events.next(), None);
        said.extend(events.comments);
        said
    });
}

#[test]
fn chunks_and_parts_are_made_alike() {
    check(|place| {
        let (_, mut chunks) = place
            .connect()
            .stream(&place.subscribe("c"), &["TE: chunked"]);
        let accept = "Accept: multipart/mixed";
        let (head, mut parts) = place.connect().stream(&place.subscribe("c"), &[accept]);
        let (_, boundary) = head.header("content-type").split_once("boundary=").unwrap();
        let delimiter = format!("--{boundary}");
        parts.read_until(delimiter.as_bytes()).unwrap();
        place.until_held("c", 2);
        let mut said = Vec::new();
        for (headers, text) in [(&["Content-Type: text/plain"][..], "one"), (&[], "two")] {
            place.publish("c", headers, text);
            said.push(String::from_utf8(chunks.chunk()).unwrap());
            let part = parts.read_until(delimiter.as_bytes()).unwrap();
            let part = String::from_utf8(part).unwrap().replace(&delimiter, "--");
            let is_date = |line: &&str| !line.starts_with("Last-Modified: ");
            said.push(
                part.split("\r\n")
                    .filter(is_date)
                    .collect::<Vec<_>>()
                    .join("|"),
            );
        }
        place.delete("c");
        said.push(String::from_utf8(chunks.rest()).unwrap());
        said.push(String::from_utf8(parts.rest()).unwrap());
        said
    });
}

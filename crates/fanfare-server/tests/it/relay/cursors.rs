//! E7 and the decision table of section 4.1: where a cursor leads, in every form clients give it.

use super::{held, relay_server};
use crate::support::{Id, Publisher, Raw, until_held};

/// Four messages, two in one second and two in a later one, as the decision table has them.
struct Channel {
    server: fanfare_testkit::server::Server,
    a0: Id,
    b1: Id,
}

impl Channel {
    /// The clock is the server's, so the messages are published until two seconds have two each:
    /// everything before is deleted with the channel.
    fn new() -> Self {
        let server = relay_server();
        let mut publisher = Publisher::connect(&server);
        loop {
            publisher.publish("c", "forerunner");
            publisher.delete("c");
            let a0 = publisher.publish("c", "A0");
            let a1 = publisher.publish("c", "A1");
            let b0 = loop {
                let id = publisher.publish("probe", "what time is it");
                if id.seconds > a1.seconds {
                    break publisher.publish("c", "B0");
                }
            };
            let b1 = publisher.publish("c", "B1");
            let is_as_wanted = (a0.seconds, b0.seconds) == (a1.seconds, b1.seconds);
            if is_as_wanted && b0.seconds == a0.seconds + 1 {
                return Self { server, a0, b1 };
            }
        }
    }

    #[track_caller]
    fn check(&self, headers: &[String], expected: &str) {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let answer = Raw::connect(&self.server).ask("GET /sub/c?as=interval", &headers);
        match expected {
            "nothing" => assert_eq!(answer.status, 304, "{headers:?}: {answer:?}"),
            body => assert_eq!((answer.status, &*answer.text()), (200, body), "{headers:?}"),
        }
    }
}

fn modified(seconds: u64) -> String {
    let [modified, _] = Id { seconds, tag: 0 }.conditions();
    modified
}

fn tag(tag: impl std::fmt::Display) -> String {
    format!("If-None-Match: {tag}")
}

#[test]
fn e7_every_form_of_a_cursor_leads_to_the_next_message() {
    let channel = Channel::new();
    let (t, first, last) = (channel.a0.seconds, channel.a0.tag, channel.b1);
    let at = |second| modified(second);

    channel.check(&[], "A0");
    channel.check(&[tag(first)], "A0");
    // A date alone is the tag 0; A0 has a later one if its channel has been made anew.
    channel.check(&[at(t)], if first == 0 { "A1" } else { "A0" });
    channel.check(&[at(t), tag(first)], "A1");
    channel.check(&[at(t), tag(first + 1)], "B0");
    channel.check(&[at(t), tag(first + 7)], "B0");
    for (form, expected) in [
        (format!("\"{first}\""), "A1"),
        (format!("W/\"{first}\""), "A1"),
        (format!("\"{}\"", first + 1), "B0"),
        (format!("W/\"{}\"", first + 1), "B0"),
        (format!("{}-gzip", first + 1), "B0"),
        (format!("\"{}-gzip\"", first + 1), "B0"),
    ] {
        channel.check(&[at(t), tag(form)], expected);
    }
    channel.check(&[at(t - 1), tag(9)], "A0");
    channel.check(&[at(t - 1000), tag(1)], "A0");
    channel.check(&[at(last.seconds), tag(last.tag)], "nothing");
    channel.check(&[at(last.seconds + 1000), tag(3)], "nothing");
    for odd in ["garbage", "0", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        channel.check(&[format!("If-Modified-Since: {odd}"), tag(1)], "A0");
    }
}

#[test]
fn all_three_date_forms_are_dates() {
    let channel = Channel::new();
    let t = channel.a0.seconds;
    let next = tag(channel.a0.tag);
    // "Fri, 20 Nov 2026 23:27:06 GMT" in pieces.
    let fixdate = channel.a0.date();
    let words: Vec<&str> = fixdate
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .collect();
    let [short, day, month, year, time, _] = words[..] else {
        panic!("{fixdate}")
    };
    let long = [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ];
    let long = long.iter().find(|long| long.starts_with(short)).unwrap();
    let rfc850 = format!("{long}, {day}-{month}-{} {time} GMT", &year[2..]);
    let day = day.trim_start_matches('0');
    let asctime = format!("{short} {month} {day:>2} {time} {year}");
    for date in [Id { seconds: t, tag: 0 }.date(), rfc850, asctime] {
        channel.check(&[format!("If-Modified-Since: {date}"), next.clone()], "A1");
    }
}

#[test]
fn a_cursor_may_come_in_the_place_of_any_transport() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    let first = publisher.publish("c", "first");
    publisher.publish("c", "second");
    let encoded = first.to_string().replace(':', "%3A");
    let mut client = Raw::connect(&server);
    for (query, header) in [
        (String::new(), format!("Last-Event-ID: {first}")),
        (String::new(), format!("If-None-Match: {first}")),
        (String::new(), format!("If-None-Match: \"{first}\"")),
        (String::new(), format!("Etag: {first}")),
        (format!("?last_event_id={first}"), "X-Other: 1".into()),
        (format!("?last_event_id={encoded}"), "X-Other: 1".into()),
        (format!("?since={first}"), "X-Other: 1".into()),
        (format!("?since={encoded}"), "X-Other: 1".into()),
    ] {
        let answer = client.ask(&format!("GET /sub/c{query}"), &[&header]);
        assert_eq!(
            (answer.status, &*answer.text()),
            (200, "second"),
            "{query} {header}"
        );
    }
}

#[test]
fn a_malformed_cursor_counts_as_none() {
    let server = relay_server();
    Publisher::connect(&server).publish("c", "oldest");
    let mut client = Raw::connect(&server);
    for odd in [
        "foo",
        "foo:bar",
        "-1:0",
        "1:2:3:x",
        ":",
        "999999999999999999999999:1",
        "\u{e9}",
    ] {
        client
            .ask("GET /sub/c", &[&format!("Last-Event-ID: {odd}")])
            .check(200, "oldest");
        client
            .ask("GET /sub/c", &[&format!("If-None-Match: {odd}")])
            .check(200, "oldest");
    }
}

#[test]
fn since_places_a_reader_without_a_cursor() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    publisher.count("c", 0..10);
    let mut client = Raw::connect(&server);
    for (since, expected) in [
        ("all", "0"),
        ("-1", "9"),
        ("-3", "7"),
        ("-99", "0"),
        ("1h", "0"),
    ] {
        client
            .ask(&format!("GET /sub/c?since={since}"), &[])
            .check(200, expected);
    }
    client
        .ask("GET /sub/c?as=interval&since=now", &[])
        .check(304, "");
    let wrong = client.ask("GET /sub/c?since=yesterday", &[]);
    assert_eq!(
        (wrong.status, wrong.header("fanfare-error")),
        (400, "bad_since")
    );
}

// D9: a client whose clock was once ahead is not starved.
#[test]
fn a_cursor_from_the_future_gets_the_next_message() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    let id = publisher.publish("c", "stored");
    let ahead = modified(id.seconds + 100_000);
    let mut subscriber = held(&server, "GET /sub/c", &[&ahead, "If-None-Match: 0"]);
    until_held(&server, "c", 1);
    let next = publisher.publish("c", "next");
    let answer = subscriber.answer();
    answer.check(200, "next");
    assert_eq!(Id::of_poll(&answer), next);
}

// The requests that abort a worker of Nchan 1.3.
#[test]
fn stale_cursors_on_an_empty_channel_are_held() {
    let server = relay_server();
    let mut subscribers: Vec<Raw> = (0..4)
        .map(|_| held(&server, "GET /sub/x?last_event_id=1:0", &[]))
        .collect();
    until_held(&server, "x", 4);
    Publisher::connect(&server).publish("x", "m");
    for subscriber in &mut subscribers {
        subscriber.answer().check(200, "m");
    }
}

// R17: replaying what the answers carry visits every message once and in order.
#[test]
fn replayed_validators_visit_every_message_once() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    publisher.count("c", 0..100);
    let mut client = Raw::connect(&server);
    let mut answer = client.ask("GET /sub/c?as=interval", &[]);
    for number in 0..100 {
        answer.check(200, number.to_string());
        let [modified, tag] = Id::of_poll(&answer).conditions();
        answer = client.ask("GET /sub/c?as=interval", &[&modified, &tag]);
    }
    assert_eq!(answer.status, 304);
}

#[test]
fn a_cursor_that_has_left_the_history_is_told_of_the_gap() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    let first = publisher.publish("c", "first");
    publisher.count("c", 0..150);
    let [modified, tag] = first.conditions();
    let answer = Raw::connect(&server).ask("GET /sub/c", &[&modified, &tag]);
    answer.check(200, "50");
    let gap = answer.header("fanfare-gap");
    let resumed = gap
        .strip_prefix(&format!("after={first}; resumed="))
        .expect(gap);
    let resumed: Id = resumed.parse().unwrap();
    assert!(resumed > first && resumed < Id::of_poll(&answer), "{gap}");
    // Nobody is told who has missed nothing.
    Raw::connect(&server)
        .ask("GET /sub/c", &[])
        .check(200, "50")
        .without("fanfare-gap");
}

//! Subscriber locations: E5 to E9, E11, E16, E18.

use super::{check_vary, held, info, relay_server};
use crate::support::{Id, Publisher, Raw, until_held};

#[test]
fn e5_stored_messages_are_read_one_by_one() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    let ids = [
        publisher.publish("a", "m0"),
        publisher.publish_with("a", &["Content-Type: application/json"], "{\"m\":1}"),
    ];
    let mut client = Raw::connect(&server);

    let first = client.ask("GET /sub/a", &[]);
    first
        .check(200, "m0")
        .with("content-type", "text/plain")
        .with("content-length", "2");
    first
        .with("last-modified", &ids[0].date())
        .with("etag", &ids[0].tag.to_string());
    check_vary(&first);

    let [modified, tag] = ids[0].conditions();
    let second = client.ask("GET /sub/a", &[&modified, &tag]);
    second
        .check(200, "{\"m\":1}")
        .with("content-type", "application/json");
    second
        .with("last-modified", &ids[1].date())
        .with("etag", &ids[1].tag.to_string());
}

#[test]
fn e6_a_poll_is_held_until_there_is_a_message() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    let newest = publisher.publish("a", "m0");
    let [modified, tag] = newest.conditions();
    let mut subscriber = held(&server, "GET /sub/a", &[&modified, &tag]);
    until_held(&server, "a", 1);
    subscriber.check_silent();

    let mut client = Raw::connect(&server);
    let published = client.tell("POST /pub/a", &["Content-Type: text/html"], "<b>2</b>");
    published.check(201, info(2, 0, 1));
    let id: Id = published.header("fanfare-id").parse().unwrap();
    let delivered = subscriber.answer();
    delivered
        .check(200, "<b>2</b>")
        .with("content-type", "text/html");
    delivered
        .with("last-modified", &id.date())
        .with("etag", &id.tag.to_string());
    check_vary(&delivered);

    // R24: nothing tells it from an answer that was not held.
    let stored = client.ask("GET /sub/a", &[&modified, &tag]);
    let without_date = |answer: &crate::support::Answer| {
        let mut headers = answer.headers.clone();
        headers.retain(|(name, _)| name != "date");
        headers
    };
    assert_eq!(without_date(&stored), without_date(&delivered));
    assert_eq!(stored.body, delivered.body);
}

#[test]
fn a_held_connection_takes_the_next_request() {
    let server = relay_server();
    let mut subscriber = Raw::connect(&server);
    let mut cursor: Option<Id> = None;
    for number in 0..20 {
        let conditions = cursor.map(Id::conditions);
        let headers: Vec<&str> = conditions.iter().flatten().map(String::as_str).collect();
        subscriber.begin("GET /sub/a", &headers);
        until_held(&server, "a", 1);
        Publisher::connect(&server).publish("a", &number.to_string());
        let answer = subscriber.answer();
        answer.check(200, number.to_string());
        cursor = Some(Id::of_poll(&answer));
    }
}

#[test]
fn e8_an_interval_poll_is_answered_at_once() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    let nothing = client.ask("GET /sub/p?as=interval", &[]);
    nothing
        .check(304, "")
        .without("etag")
        .without("last-modified");
    check_vary(&nothing);

    let id = Publisher::connect(&server).publish("p", "m");
    client.ask("GET /sub/p?as=interval", &[]).check(200, "m");
    let [modified, tag] = id.conditions();
    let nothing = client.ask("GET /sub/p?as=interval", &[&modified, &tag]);
    nothing.check(304, "").with("etag", &id.tag.to_string());
    nothing
        .with("last-modified", &id.date())
        .without("content-type");
    check_vary(&nothing);
}

#[test]
fn e9_a_subscriber_location_takes_get_alone() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    for method in ["POST", "PUT", "DELETE", "PATCH", "BREW"] {
        let answer = client.tell(&format!("{method} /sub/a"), &[], "x");
        assert_eq!(answer.status, 405, "{method}");
        answer.with("allow", "GET");
        check_vary(&answer);
    }
    let head = client.ask("HEAD /sub/a", &[]);
    head.check(405, "").with("allow", "GET");
    client.ask("GET /healthz", &[]).check(200, "ok\n");
}

#[test]
fn e11_deleting_a_channel_sends_its_subscribers_away() {
    let server = relay_server();
    let mut subscribers = [
        held(&server, "GET /sub/d", &[]),
        held(&server, "GET /sub/d", &[]),
    ];
    until_held(&server, "d", 2);
    let mut client = Raw::connect(&server);
    let deleted = client.ask("DELETE /pub/d", &["Accept: application/json"]);
    assert_eq!(deleted.status, 200);
    assert!(
        deleted.text().starts_with("{\"messages\": 0, "),
        "{}",
        deleted.text()
    );
    assert!(
        deleted.text().ends_with(" \"subscribers\": 2 }"),
        "{}",
        deleted.text()
    );
    for subscriber in &mut subscribers {
        let gone = subscriber.answer();
        gone.check(410, "")
            .with("content-length", "0")
            .with("fanfare-error", "gone")
            .without("etag")
            .without("last-modified");
        check_vary(&gone);
        // The connection stays open (D15).
        subscriber.ask("GET /healthz", &[]).check(200, "ok\n");
    }
    // D30: gone at once, and for good.
    client.ask("GET /pub/d", &[]).check(404, "");
    client.ask("DELETE /pub/d", &[]).check(404, "");
}

// R41: by the time the publisher hears of it, the subscribers have been told.
#[test]
fn a_deleted_channel_has_no_subscribers_left() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    const CROWD: u64 = 200;
    for _ in 0..5 {
        let crowd = (0..CROWD).map(|_| held(&server, "GET /sub/d", &[]));
        let mut crowd: Vec<_> = crowd.collect();
        until_held(&server, "d", CROWD);
        publisher.delete("d");
        for subscriber in &mut crowd {
            subscriber.answer_that_is_here().check(410, "");
        }
        assert_eq!(publisher.subscribers("d"), 0);
    }
}

#[test]
fn e16_a_request_without_a_channel_is_told_so() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    for line in [
        "GET /sub",
        "GET /sub/",
        "GET /pub",
        "GET /pub/",
        "PUT /pub/",
        "GET /nchan/sub/",
    ] {
        let answer = client.ask(line, &[]);
        answer
            .check(404, "No channel id provided.")
            .with("content-type", "text/plain");
        answer.with("content-length", "23");
    }
}

#[test]
fn e18_a_message_without_a_type_has_none() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    publisher.publish_with("n", &[], "nt");
    let answer = Raw::connect(&server).ask("GET /sub/n", &[]);
    answer
        .check(200, "nt")
        .without("content-type")
        .with("content-length", "2");
}

// D25: nothing is a message too, and it is delivered to who is waiting.
#[test]
fn e18_an_empty_message_is_a_message() {
    let server = relay_server();
    let mut waiting = held(&server, "GET /sub/e", &[]);
    until_held(&server, "e", 1);
    let mut client = Raw::connect(&server);
    let published = client.tell("POST /pub/e", &["Content-Type: text/plain"], "");
    assert_eq!(published.status, 201);
    let answer = waiting.answer();
    answer
        .check(200, "")
        .with("content-type", "text/plain")
        .with("content-length", "0");
    until_held(&server, "e", 0);
    // Without a length there is no body either.
    assert_eq!(client.ask("POST /pub/e", &[]).status, 202);
    client
        .ask("GET /pub/e", &["Accept: text/json"])
        .header("content-type");
}

#[test]
fn a_message_may_have_any_bytes() {
    let server = relay_server();
    let every_byte: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let mut publisher = Publisher::connect(&server);
    publisher.publish_with(
        "b",
        &["Content-Type: application/octet-stream"],
        &every_byte,
    );
    let answer = Raw::connect(&server).ask("GET /sub/b", &[]);
    assert_eq!(answer.body, every_byte);
    answer.with("content-type", "application/octet-stream");
}

// R40, section 4.2: no id is ever given twice, also over a deletion.
#[test]
fn ids_grow_over_a_deletion() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    let mut newest = publisher.publish("a", "m");
    for _ in 0..20 {
        publisher.delete("a");
        let id = publisher.publish("a", "m");
        assert!(id > newest, "{id} after {newest}");
        newest = id;
    }
}

// Channels beyond the limit must not be left out in silence.
#[test]
fn more_channels_than_a_connection_may_hear_are_refused() {
    let server = crate::support::launch()
        .set("limits.channels_per_connection_max=3")
        .start();
    let refused = Raw::connect(&server).ask("GET /sub/a,b,c,d", &[]);
    assert_eq!(
        (refused.status, refused.header("fanfare-error")),
        (403, "too_many_channels")
    );
    let heard = Raw::connect(&server).ask("GET /sub/a,b,c?as=interval", &[]);
    assert_eq!(heard.status, 304);
}

// R5: where the path ends before the channel, the query names it, as in the worked exchanges.
#[test]
fn a_channel_may_be_named_in_the_query() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    for (line, status) in [
        ("GET /pub?id=q", 404),
        ("PUT /pub?id=q", 200),
        ("GET /pub/?id=q", 200),
        ("GET /sub?id=", 404),
        ("GET /pub?id", 404),
    ] {
        assert_eq!(client.ask(line, &[]).status, status, "{line}");
    }
    // There it is no idempotency key: each of these is a message of its own.
    for text in ["one", "two"] {
        assert_eq!(client.tell("POST /pub?id=q", &[], text).status, 202);
    }
    let first = client.ask("GET /sub?id=q", &[]);
    first.check(200, "one");
    let conditions = [
        format!("If-Modified-Since: {}", first.header("last-modified")),
        format!("If-None-Match: {}", first.header("etag")),
    ];
    let conditions = conditions.each_ref().map(String::as_str);
    client.ask("GET /sub/q", &conditions).check(200, "two");
    client
        .ask("GET /sub/?as=poll&id=x%2Cy,q", &[])
        .check(200, "one");
    client.ask("DELETE /pub?id=q", &[]);
    client.ask("GET /pub/q", &[]).check(404, "");
}

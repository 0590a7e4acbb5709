//! The profile `nchan`: the same exchanges where Nchan 1.3 answers otherwise.

use super::{check_vary, held, relay_server};
use crate::support::{Id, Publisher, Raw, until_held};

fn info(messages: u32, requested: i32, subscribers: u32, last: impl std::fmt::Display) -> String {
    format!(
        "queued messages: {messages}\r\n\
         last requested: {requested} sec. ago\r\n\
         active subscribers: {subscribers}\r\n\
         last message id: {last}"
    )
}

#[test]
fn e3_information_names_the_last_message() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    let answer = client.tell("POST /nchan/pub/a", &["Content-Type: text/plain"], "m0");
    let id: Id = answer.header("fanfare-id").parse().unwrap();
    answer
        .check(202, info(1, -1, 0, id))
        .with("content-type", "text/plain");
}

#[test]
fn e2_put_publishes() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    let answer = client.tell("PUT /nchan/pub/a", &["Content-Type: text/plain"], "via put");
    assert_eq!(answer.status, 202);
    client.ask("GET /nchan/sub/a", &[]).check(200, "via put");
}

#[test]
fn e4_information_is_sent_as_text() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    let id = client
        .tell("POST /nchan/pub/a", &[], "m")
        .header("fanfare-id")
        .to_owned();
    let json = format!(
        r#"{{"messages": 1, "requested": -1, "subscribers": 0, "last_message_id": "{id}" }}"#
    );
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\r\n<channel>\r\n  <messages>1</messages>\r\n  \
         <requested>-1</requested>\r\n  <subscribers>0</subscribers>\r\n  \
         <last_message_id>{id}</last_message_id>\r\n</channel>"
    );
    let yaml = format!(
        "---\r\nmessages: 1\r\nrequested: -1\r\nsubscribers: 0\r\nlast_message_id: \"{id}\"\r\n\r\n"
    );
    for (accept, content_type, body) in [
        ("application/json", "text/json", &json),
        ("text/x-json", "text/json", &json),
        ("application/xml", "text/xml", &xml),
        ("application/yaml", "text/yaml", &yaml),
        ("*/*", "text/plain", &info(1, -1, 0, &id)),
    ] {
        let answer = client.ask("GET /nchan/pub/a", &[&format!("Accept: {accept}")]);
        answer.check(200, body).with("content-type", content_type);
    }
}

#[test]
fn a_channel_without_messages_has_the_id_zero() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    let _subscriber = held(&server, "GET /nchan/sub/a", &[]);
    until_held(&server, "a", 1);
    let told = client.ask("GET /nchan/pub/a", &[]).text();
    assert!(
        told.ends_with("\r\nactive subscribers: 1\r\nlast message id: 0:0"),
        "{told}"
    );
}

#[test]
fn e9_wrong_methods_are_forbidden() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    for method in ["POST", "PUT", "DELETE"] {
        let answer = client.tell(&format!("{method} /nchan/sub/a"), &[], "x");
        answer
            .check(403, "")
            .with("content-length", "0")
            .with("fanfare-error", "wrong_method");
    }
    for method in ["HEAD", "PATCH", "BREW"] {
        let answer = client.ask(&format!("{method} /nchan/sub/a"), &[]);
        assert_eq!(answer.status, 405, "{method}");
        answer.with("allow", "GET");
    }
    // One answer for each request, bodies or not.
    client.ask("GET /healthz", &[]).check(200, "ok\n");
}

#[test]
fn e19_a_poll_times_out() {
    let server = relay_server();
    let answer = Raw::connect(&server).ask("GET /nchan-brief/sub/t", &[]);
    answer.check(408, "").with("content-length", "0");
    check_vary(&answer);
}

#[test]
fn e5_stored_messages_are_read_one_by_one() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    let ids = [publisher.publish("a", "m0"), publisher.publish("a", "m1")];
    let mut client = Raw::connect(&server);
    let first = client.ask("GET /nchan/sub/a", &[]);
    first.check(200, "m0").with("last-modified", &ids[0].date());
    first.with("etag", &ids[0].tag.to_string());
    let [modified, tag] = ids[0].conditions();
    client
        .ask("GET /nchan/sub/a", &[&modified, &tag])
        .check(200, "m1");
}

#[test]
fn e11_deleting_a_channel_sends_its_subscribers_away() {
    let server = relay_server();
    let mut subscriber = held(&server, "GET /nchan/sub/d", &[]);
    until_held(&server, "d", 1);
    let mut client = Raw::connect(&server);
    assert_eq!(client.ask("DELETE /nchan/pub/d", &[]).status, 200);
    let gone = subscriber.answer();
    gone.check(410, "");
    check_vary(&gone);
    client.ask("GET /nchan/pub/d", &[]).check(404, "");
}

#[test]
fn a_cursor_of_several_channels_is_read_in_nchans_form() {
    let server = relay_server();
    let mut publisher = Publisher::connect(&server);
    let a = publisher.publish("a", "a0");
    publisher.publish("b", "b0");
    let mut client = Raw::connect(&server);
    // Everything of that second in `a` has been seen, nothing in `b`.
    let cursor = format!("{}:[{}],-", a.seconds, a.tag);
    let answer = client.ask(
        "GET /nchan/sub/a,b?as=interval",
        &[&format!("If-None-Match: {cursor}")],
    );
    answer.check(200, "b0");
}

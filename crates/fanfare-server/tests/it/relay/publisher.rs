//! Publisher locations: E1 to E4, E10, and what is around them.

use super::{info, relay_server};
use crate::support::{Raw, server, until_held};

#[test]
fn e1_a_channel_that_does_not_exist_is_not_found() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    client
        .ask("GET /pub/a", &[])
        .check(404, "")
        .with("content-length", "0");
    client
        .ask("DELETE /pub/a", &[])
        .check(404, "")
        .with("content-length", "0");
    client
        .ask("GET /nchan/pub/a", &[])
        .check(404, "")
        .with("content-length", "0");
}

#[test]
fn e2_put_makes_a_channel_and_publishes_nothing() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    let empty = info(0, -1, 0);
    let made = client.ask("PUT /pub/a", &[]);
    made.check(200, &empty)
        .with("content-type", "text/plain")
        .with("content-length", "81");
    client
        .tell("PUT /pub/a", &["Content-Type: text/plain"], "ignored")
        .check(200, &empty);
    client.ask("GET /pub/a", &[]).check(200, &empty);
}

#[test]
fn e2_put_leaves_what_is_stored() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    client.tell("POST /pub/a", &[], "stored");
    client.ask("PUT /pub/a", &[]).check(200, info(1, -1, 0));
    client.ask("GET /sub/a", &[]).check(200, "stored");
}

#[test]
fn e3_a_message_that_nobody_waits_for_is_accepted() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    let first = client.tell("POST /pub/a", &["Content-Type: text/plain"], "m0");
    first
        .check(202, info(1, -1, 0))
        .with("content-type", "text/plain");
    first.with("content-length", "81");
    let second = client.tell(
        "POST /pub/a",
        &["Content-Type: application/json"],
        "{\"m\":1}",
    );
    second.check(202, info(2, -1, 0));
}

// E4 and section 7: four forms, and under which type each is sent.
#[test]
fn e4_information_comes_in_the_form_that_is_asked_for() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    client.ask("PUT /pub/a", &[]);
    let text = info(0, -1, 0);
    let json = r#"{"messages": 0, "requested": -1, "subscribers": 0 }"#;
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\r\n<channel>\r\n  <messages>0</messages>\r\n  \
               <requested>-1</requested>\r\n  <subscribers>0</subscribers>\r\n</channel>";
    let yaml = "---\r\nmessages: 0\r\nrequested: -1\r\nsubscribers: 0\r\n\r\n";
    for (accept, content_type, body) in [
        ("text/xml", "text/xml", xml),
        ("application/xml", "application/xml", xml),
        ("application/json", "application/json", json),
        ("text/json", "text/json", json),
        (
            "text/html, application/json;q=0.5",
            "application/json",
            json,
        ),
        ("application/x-yaml", "application/x-yaml", yaml),
        ("text/yaml", "text/yaml", yaml),
        ("text/plain", "text/plain", &text),
        ("*/*", "text/plain", &text),
        ("text/html", "text/plain", &text),
        ("application/json;q=0", "text/plain", &text),
    ] {
        let answer = client.ask("GET /pub/a", &[&format!("Accept: {accept}")]);
        answer.check(200, body).with("content-type", content_type);
    }
}

#[test]
fn e10_a_wrong_method_is_told_the_right_ones() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    // Whether the channel exists makes no difference (D22).
    client.ask("PUT /pub/there", &[]);
    for channel in ["there", "missing"] {
        for method in ["HEAD", "PATCH", "BREW"] {
            let answer = client.ask(&format!("{method} /pub/{channel}"), &[]);
            assert_eq!(answer.status, 405, "{method} {channel}");
            answer.with("allow", "GET, POST, PUT, DELETE");
        }
    }
    // The connection is as good as before (D15, D24).
    client.ask("GET /pub/there", &[]).check(200, info(0, -1, 0));
}

#[test]
fn a_refused_body_is_not_the_next_request() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    for line in ["PATCH /pub/a", "POST /sub/a", "POST /pub/", "POST /nowhere"] {
        let answer = client.tell(
            line,
            &[],
            "GET /pub/evil HTTP/1.1\r\nHost: localhost\r\n\r\n",
        );
        assert!(answer.status >= 400, "{line}: {answer:?}");
        if answer.find("connection") == Some("close") {
            client.check_closed();
            client = Raw::connect(&server);
        } else {
            client.ask("GET /healthz", &[]).check(200, "ok\n");
        }
    }
    client.check_silent();
}

#[test]
fn publishing_answers_with_the_id_of_the_message() {
    let server = server();
    let mut client = Raw::connect(&server);
    let published = client.tell("POST /pub/a", &[], "m");
    let delivered = client.ask("GET /sub/a", &[]);
    assert_eq!(
        published.header("fanfare-id"),
        delivered.header("fanfare-id")
    );
}

// R48, R49, R55: who is counted, and that the count is from before.
#[test]
fn information_counts_who_is_waiting() {
    let server = relay_server();
    let mut client = Raw::connect(&server);
    let mut subscriber = super::held(&server, "GET /sub/a", &[]);
    until_held(&server, "a", 1);
    let told = client
        .ask("GET /pub/a", &["Accept: application/json"])
        .text();
    assert!(told.ends_with("\"subscribers\": 1 }"), "{told}");
    let published = client.tell("POST /pub/a", &[], "m");
    assert_eq!(published.status, 201);
    assert!(
        published.text().starts_with("queued messages: 1\r\n"),
        "{}",
        published.text()
    );
    assert!(
        published.text().ends_with("\r\nactive subscribers: 1"),
        "{}",
        published.text()
    );
    subscriber.answer().check(200, "m");
    until_held(&server, "a", 0);
}

#[test]
fn a_channel_name_may_be_any_text() {
    let server = server();
    let mut client = Raw::connect(&server);
    for name in [
        "a%2Fb",
        "a%2Cb",
        "%C3%A4%20%E2%82%AC",
        "%F0%9F%93%AF",
        "..",
        "a%25",
        "~a.b_c-d",
    ] {
        let answer = client.tell(&format!("POST /pub/{name}"), &[], name);
        assert_eq!(answer.status, 202, "{name}: {answer:?}");
        client
            .ask(&format!("GET /sub/{name}"), &[])
            .check(200, name);
    }
}

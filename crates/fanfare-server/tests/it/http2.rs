//! HTTP/2 without TLS: many streams share a connection, held ones among them.

use fanfare_testkit::script::Script;
use fanfare_testkit::server::Server;
use serde_json::{Value, json};

use crate::support::{Publisher, SOON, clients, metric, server, until, until_held};

struct Session {
    script: Script,
}

impl Session {
    fn connect(server: &Server) -> Self {
        let mut script = Script::start(&clients(), "http2.js");
        script.call("start", &json!({"url": server.url("")}), SOON);
        Self { script }
    }

    fn get(&mut self, name: &str, path: &str) {
        let headers = json!({":path": path});
        self.script
            .call("open", &json!({"name": name, "headers": headers}), SOON);
    }

    fn post(&mut self, name: &str, path: &str, body: &str) {
        let headers = json!({":method": "POST", ":path": path});
        let arguments = json!({"name": name, "headers": headers, "body": body});
        self.script.call("open", &arguments, SOON);
    }

    /// Breaks one stream off.
    fn reset(&mut self, name: &str) {
        self.script.call("reset", &json!({"name": name}), SOON);
    }

    /// What a stream has said, as soon as it `is_enough`.
    fn heard(&mut self, name: &str, is_enough: impl Fn(&Value) -> bool) -> Value {
        let mut heard = Value::Null;
        until(&format!("enough is heard on {name}"), || {
            heard = self.script.call("heard", &Value::Null, SOON)[name].take();
            is_enough(&heard)
        });
        heard
    }

    /// The whole answer on a stream.
    fn answer(&mut self, name: &str) -> Value {
        self.heard(name, |heard| heard["over"] == true)
    }
}

#[test]
fn streams_do_not_wait_for_each_other() {
    let server = server();
    let mut session = Session::connect(&server);
    for number in 0..20 {
        session.get(&format!("poll {number}"), &format!("/sub/c{number}"));
    }
    session.get("events", "/sub/c0?as=sse");
    session.get("lines", "/sub/c0?as=ndjson");
    until_held(&server, "c0", 3);
    until_held(&server, "c19", 1);
    assert_eq!(metric(&server, "fanfare_subscriptions"), 22);

    // Published from within the same connection.
    session.post("publish", "/pub/c19", "held");
    assert_eq!(session.answer("publish")["status"], 201);
    let poll = session.answer("poll 19");
    assert_eq!(
        (&poll["status"], &poll["text"]),
        (&json!(200), &json!("held"))
    );
    assert_eq!(poll["headers"]["etag"], "0");

    let mut publisher = Publisher::connect(&server);
    for number in 0..19 {
        publisher.publish(&format!("c{number}"), &format!("text {number}"));
    }
    for number in 0..19 {
        let poll = session.answer(&format!("poll {number}"));
        assert_eq!(poll["text"], format!("text {number}"));
    }
    let has = |part: &'static str| {
        move |heard: &Value| {
            heard["text"]
                .as_str()
                .is_some_and(|text| text.contains(part))
        }
    };
    session.heard("events", has("data: text 0\n\n"));
    session.heard("lines", has("\"data\":\"text 0\"}\n"));
    publisher.delete("c0");
    for stream in ["events", "lines"] {
        assert_eq!(session.answer(stream)["error"], Value::Null, "{stream}");
    }
}

#[test]
fn a_stream_that_is_broken_off_leaves_its_channel() {
    let server = server();
    let mut session = Session::connect(&server);
    for (name, path) in [
        ("a", "/sub/c"),
        ("b", "/sub/c?as=sse"),
        ("c", "/sub/c?as=multipart"),
    ] {
        session.get(name, path);
    }
    until_held(&server, "c", 3);
    for (name, left) in [("a", 2), ("b", 1), ("c", 0)] {
        session.reset(name);
        until_held(&server, "c", left);
    }
    session.get("after", "/healthz");
    assert_eq!(session.answer("after")["text"], "ok\n");
}

#[test]
fn a_connection_that_breaks_takes_its_streams_along() {
    let server = server();
    let mut session = Session::connect(&server);
    for number in 0..10 {
        session.get(&number.to_string(), "/sub/c?as=sse");
    }
    until_held(&server, "c", 10);
    drop(session);
    until_held(&server, "c", 0);
}

#[test]
fn a_large_message_flows() {
    let server = server();
    let mut session = Session::connect(&server);
    let text = "0123456789".repeat(50_000);
    session.post("publish", "/pub/c", &text);
    assert_eq!(session.answer("publish")["status"], 202);
    session.get("poll", "/sub/c");
    assert!(session.answer("poll")["text"] == json!(text));
    let too_long = "x".repeat(3 << 20);
    session.post("too long", "/pub/c", &too_long);
    assert_eq!(session.answer("too long")["status"], 413);
    session.get("after", "/healthz");
    assert_eq!(session.answer("after")["text"], "ok\n");
}

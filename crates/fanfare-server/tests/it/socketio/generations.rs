//! The official clients, one of each generation, over each way to connect.

use fanfare_testkit::script::Script;
use fanfare_testkit::server::Server;
use serde_json::{Value, json};

use crate::support::{Publisher, Raw, SOON, clients, launch, server, until, until_held};

const MAJORS: [u32; 4] = [1, 2, 3, 4];

const WAYS: [&[&str]; 3] = [&["polling"], &["websocket"], &["polling", "websocket"]];

/// Those before 1.0 had no upgrade.
const OLD_WAYS: [&[&str]; 2] = [&["polling"], &["websocket"]];

/// Clients in a Node.
struct Node(Script);

impl Node {
    fn start() -> Self {
        Self(Script::start(&clients(), "sockets.js"))
    }

    fn open(&mut self, server: &Server, name: &str, major: u32, options: &Value) {
        let socket =
            json!({"name": name, "url": server.url(""), "major": major, "options": options});
        self.0.call("open", &socket, SOON);
    }

    #[track_caller]
    fn ask(&mut self, name: &str, event: &Value) -> Value {
        self.0
            .call("ask", &json!({"name": name, "event": event}), SOON)
    }

    #[track_caller]
    fn subscribe(&mut self, name: &str, channel: &str, since: &str) {
        let answer = self.ask(name, &json!(["subscribe", channel, {"since": since}]));
        assert_eq!(
            answer,
            json!({"op": "subscribed", "channel": channel}),
            "{name}"
        );
    }

    /// What a client has heard, as soon as it `is_enough`.
    fn heard(&mut self, name: &str, list: &str, count: usize) -> Vec<Value> {
        let mut heard = Vec::new();
        until(&format!("{count} {list} of {name}"), || {
            let mut all = self.0.call("heard", &json!({ "name": name }), SOON);
            let Value::Array(list) = all[list].take() else {
                panic!("no list of {list}")
            };
            heard = list;
            heard.len() >= count
        });
        heard
    }

    fn break_off(&mut self, name: &str) {
        self.0.call("breakOff", &json!({ "name": name }), SOON);
    }
}

/// A client of each generation over each way.
fn everybody(node: &mut Node, server: &Server) -> Vec<String> {
    let mut names = Vec::new();
    for major in MAJORS {
        for way in WAYS {
            let name = format!("{major} over {}", way.join(", "));
            node.open(server, &name, major, &json!({ "transports": way }));
            names.push(name);
        }
    }
    names
}

/// An object as the event `greeting`, and three bytes; returns their ids.
fn publish_object_and_bytes(publisher: &mut Publisher) -> (String, String) {
    let event = ["X-EventSource-Event: greeting"];
    let object = publisher.publish_with("c", &event, "{\"a\":[1,\"b\"]}");
    let binary = ["Content-Type: application/octet-stream"];
    let bytes = publisher.publish_with("c", &binary, [0xff, 0, 1]);
    (object.to_string(), bytes.to_string())
}

#[test]
fn every_generation_hears_and_is_answered() {
    let server = server();
    let mut node = Node::start();
    let names = everybody(&mut node, &server);
    let mut publisher = Publisher::connect(&server);
    let stored = publisher.publish("c", "stored").to_string();
    for name in &names {
        node.subscribe(name, "c", "all");
    }
    until_held(&server, "c", names.len() as u64);
    let (object, bytes) = publish_object_and_bytes(&mut publisher);
    let published = node.ask(&names[0], &json!(["publish", "c", "from one"]));
    let last = published["message_id"].clone();
    for name in &names {
        let heard = node.heard(name, "events", 4);
        assert_eq!(
            json!(heard),
            json!([
                ["message", "stored", stored],
                ["greeting", {"a": [1, "b"]}, object],
                ["message", {"hex": "ff0001"}, bytes],
                ["message", "from one", last],
            ]),
            "{name}"
        );
    }
    for name in &names {
        let bytes = node.ask(name, &json!(["publish", "bytes", {"hex": "00ff"}]));
        assert_eq!(bytes["op"], "published", "{name}: {bytes}");
        let wrong = node.ask(name, &json!(["subscribe", "c", {"sicne": "all"}]));
        assert_eq!(
            (&wrong["op"], &wrong["code"]),
            (&json!("error"), &json!("bad_request"))
        );
        assert_eq!(
            node.ask(name, &json!(["unsubscribe", "c"]))["op"],
            "unsubscribed"
        );
    }
    until_held(&server, "c", 0);
}

// The first generation takes each byte of a poll's answer for a character, and breaks off.
#[test]
fn every_generation_but_the_first_reads_every_character_over_polling() {
    let server = server();
    let mut node = Node::start();
    let names = everybody(&mut node, &server);
    let names: Vec<_> = names
        .iter()
        .filter(|name| !name.starts_with("1 over polling"))
        .collect();
    for name in &names {
        node.subscribe(name, "c", "all");
    }
    let text = "\u{e9}\u{20ac}\u{1f600}\u{2028}\u{1e}";
    let id = Publisher::connect(&server).publish("c", text).to_string();
    for name in &names {
        assert_eq!(
            json!(node.heard(name, "events", 1)),
            json!([["message", text, id]]),
            "{name}"
        );
        let published = node.ask(name, &json!(["publish", "other", text]));
        assert_eq!(published["op"], "published", "{name}");
        let poll = Raw::connect(&server).ask("GET /sub/other?since=-1", &[]);
        assert_eq!(poll.text(), text, "{name}");
    }
}

// What the document says of who comes back: a client 4 goes on by itself, others ask anew.
#[test]
fn every_generation_comes_back_without_loss() {
    let server = server();
    let mut node = Node::start();
    let names = everybody(&mut node, &server);
    let mut publisher = Publisher::connect(&server);
    for name in &names {
        node.subscribe(name, "c", "all");
    }
    let first = publisher.publish("c", "first").to_string();
    for name in &names {
        node.heard(name, "events", 1);
        node.break_off(name);
    }
    let second = publisher.publish("c", "second").to_string();
    for name in &names {
        let connects = node.heard(name, "connects", 2);
        let recovers = name.starts_with('4');
        assert_eq!(connects[1]["recovered"], recovers, "{name}");
        assert_eq!(connects[0]["id"] == connects[1]["id"], recovers, "{name}");
        if !recovers {
            node.subscribe(name, "c", &first);
        }
        assert_eq!(
            json!(node.heard(name, "events", 2)),
            json!([["message", "first", first], ["message", "second", second]]),
            "{name}"
        );
    }
}

// Clients before 1.0 have no bytes, and no recovery: they ask anew, with the cursor.
#[test]
fn the_generation_before_hears_the_same() {
    let server = server();
    let mut node = Node::start();
    let names: Vec<_> = OLD_WAYS
        .map(|way| format!("0 over {}", way.join(", ")))
        .into();
    for (name, way) in names.iter().zip(OLD_WAYS) {
        node.open(&server, name, 0, &json!({ "transports": way }));
    }
    node.open(&server, "4", 4, &json!({}));
    let mut publisher = Publisher::connect(&server);
    let stored = publisher.publish("c", "stored").to_string();
    for name in names.iter().map(String::as_str).chain(["4"]) {
        node.subscribe(name, "c", "all");
    }
    let (object, bytes) = publish_object_and_bytes(&mut publisher);
    let published = node.ask(
        &names[0],
        &json!(["publish", "c", "\u{e9}\u{20ac}\u{1f600}"]),
    );
    let from_one = published["message_id"].clone();
    let expected = |data: Value| {
        json!([
            ["message", "stored", stored],
            ["greeting", {"a": [1, "b"]}, object],
            ["message", data, bytes],
            ["message", "\u{e9}\u{20ac}\u{1f600}", from_one],
        ])
    };
    for name in &names {
        let heard = node.heard(name, "events", 4);
        assert_eq!(json!(heard), expected(json!("/wAB")), "{name}");
        node.break_off(name);
    }
    let heard = node.heard("4", "events", 4);
    assert_eq!(json!(heard), expected(json!({"hex": "ff0001"})));
    let last = publisher.publish("c", "last").to_string();
    for name in &names {
        node.heard(name, "connects", 2);
        node.subscribe(name, "c", from_one.as_str().expect("a cursor"));
        let heard = node.heard(name, "events", 5);
        assert_eq!(heard[4], json!(["message", "last", last]), "{name}");
        let wrong = node.ask(name, &json!(["subscribe", "c", {"sicne": "all"}]));
        assert_eq!(wrong["code"], "bad_request", "{name}");
        let answer = node.ask(name, &json!(["unsubscribe", "c"]));
        assert_eq!(answer["op"], "unsubscribed", "{name}");
    }
}

#[test]
fn every_generation_is_refused_where_nobody_may_subscribe() {
    let server = launch().set("subscribe.allow=nobody").start();
    let mut node = Node::start();
    for name in everybody(&mut node, &server) {
        node.heard(&name, "refused", 1);
        assert!(node.heard(&name, "connects", 0).is_empty(), "{name}");
    }
    node.open(&server, "0", 0, &json!({ "transports": ["polling"] }));
    let why = "nobody may subscribe here (subscribe.allow)";
    assert_eq!(node.heard("0", "events", 1), [json!(["error", why])]);
}

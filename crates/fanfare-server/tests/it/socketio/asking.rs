//! An application that asks for its channels on each `connect`, whether it was recovered or not, as
//! the document tells it to: with the official clients.

use fanfare_testkit::script::Script;
use fanfare_testkit::server::Server;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Publisher, SOON, clients, server, until};

/// What became of an application.
#[derive(Debug, Deserialize)]
struct Notes {
    /// For each connection, whether the server knew it again.
    connects: Vec<bool>,
    answers: Vec<Value>,
    /// Names and data.
    events: Vec<(String, Value)>,
}

struct App {
    node: Script,
    major: u32,
}

const NAME: &str = "app";

impl App {
    fn open(server: &Server, major: u32, channels: &[&str], is_torn_at_first: bool) -> Self {
        let mut node = Script::start(&clients(), "asking.js");
        let app = json!({
            "name": NAME,
            "url": server.url(""),
            "major": major,
            "channels": channels,
            "tornAtFirst": is_torn_at_first,
        });
        node.call("open", &app, SOON);
        Self { node, major }
    }

    fn tear(&mut self) {
        self.node.call("tear", &json!({ "name": NAME }), SOON);
    }

    /// Waits until it has come so far.
    fn until(&mut self, what: &str, is_so: impl Fn(&Notes) -> bool) -> Notes {
        let mut notes = None;
        until(&format!("{what}, client {}", self.major), || {
            let found = self.node.call("notes", &json!({ "name": NAME }), SOON);
            let found: Notes = serde_json::from_value(found).unwrap();
            let is_so = is_so(&found);
            notes = Some(found);
            is_so
        });
        notes.unwrap()
    }
}

// It is recovered without what it had asked for: the server knows nothing of that.
#[test]
fn a_request_that_was_lost_with_its_connection_is_made_again() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    publisher.publish("c", "stored");
    let mut app = App::open(&server, 4, &["c"], true);
    let notes = app.until("it hears", |notes| !notes.events.is_empty());
    assert_eq!(notes.connects, [false, true]);
    assert_eq!(notes.answers, [json!({"op": "subscribed", "channel": "c"})]);
    publisher.publish("c", "live");
    let notes = app.until("it hears more", |notes| notes.events.len() >= 2);
    let said = ["stored", "live"].map(|text| ("message".to_owned(), json!(text)));
    assert_eq!(notes.events, said);
}

/// Connections that are torn from an application.
const TEARS: usize = 8;

// Those whose client comes back by itself have the channels already, and ask all the same.
#[test]
fn who_asks_on_each_connect_hears_everything_once() {
    for major in [3, 4] {
        let server = server();
        let mut publisher = Publisher::connect(&server);
        let channels = ["a", "b, c=%"];
        let paths = ["a", "b%2C%20c%3D%25"];
        let mut app = App::open(&server, major, &channels, false);
        for tears in 0..TEARS {
            let answers = (tears + 1) * channels.len();
            app.until("it is answered", |notes| notes.answers.len() >= answers);
            for path in paths {
                publisher.publish(path, &format!("{path} {tears}, live"));
            }
            app.tear();
            for path in paths {
                publisher.publish(path, &format!("{path} {tears}, torn"));
            }
        }
        let count = TEARS * 2 * paths.len();
        let notes = app.until("it has heard all", |notes| notes.events.len() >= count);
        for path in paths {
            let heard: Vec<&str> = notes
                .events
                .iter()
                .filter_map(|(_, data)| data.as_str())
                .filter(|text| text.starts_with(path))
                .collect();
            let all = (0..TEARS)
                .flat_map(|tears| ["live", "torn"].map(|when| format!("{path} {tears}, {when}")));
            assert_eq!(heard, all.collect::<Vec<_>>(), "client {major}");
        }
        assert!(notes.events.iter().all(|(name, _)| name == "message"));
        let refused = notes
            .answers
            .iter()
            .find(|answer| answer["op"] != "subscribed");
        assert_eq!(refused, None, "client {major}");
        let recovered = notes.connects.iter().filter(|&&is| is).count();
        assert_eq!(recovered, if major == 4 { TEARS } else { 0 });
    }
}

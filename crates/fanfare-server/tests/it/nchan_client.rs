//! The client library of Nchan, unchanged, over each of its transports.

use std::ops::Range;

use fanfare_testkit::proxy::Proxy;
use fanfare_testkit::script::Script;
use fanfare_testkit::server::Server;
use serde_json::{Value, json};

use crate::support::{Id, Publisher, SOON, clients, launch, until};

/// Cuts that the client has to survive.
const CUTS: u64 = 20;

/// Bytes after which a stream is cut: more than a head and a message, so that each gets on.
const STREAM_BYTES_TO_CUT: Range<u64> = 800..4000;

/// Bytes after which a poll is cut: some within the answer, some after it. This client makes a
/// connection for each.
const POLL_BYTES_TO_CUT: Range<u64> = 10..900;

/// Many times what it takes to fill connections until they have all been cut.
const MESSAGES_MAX: u32 = 20_000;

/// Where Nchan's clients are at home, and where everybody is.
const PREFIXES: [&str; 2] = ["/nchan", ""];

fn start_server() -> Server {
    launch()
        .config("[[profile]]\nprefix = \"/nchan\"\nkind = \"nchan\"\nhistory_messages = 100000\n")
        .set("subscribe.sse_retry=100ms")
        .set("limits.history_messages=100000")
        .set("limits.history_bytes=64MiB")
        .start()
}

struct Client {
    script: Script,
}

impl Client {
    fn start(url: &str, transport: &str, cursor: Option<Id>) -> Self {
        let mut script = Script::start(&clients(), "nchan.js");
        let id = cursor.map(|id| id.to_string());
        script.call(
            "start",
            &json!({"url": url, "transport": transport, "id": id}),
            SOON,
        );
        Self { script }
    }

    fn state(&mut self) -> Value {
        self.script.call("state", &Value::Null, SOON)
    }

    /// Waits for so many messages; returns them as id and text.
    fn heard(&mut self, count: usize) -> Vec<(Id, String)> {
        let mut heard = Value::Null;
        until(&format!("{count} messages"), || {
            heard = self.state()["heard"].take();
            heard.as_array().unwrap().len() >= count
        });
        let text = |value: &Value| {
            value
                .as_str()
                .unwrap_or_else(|| panic!("{value}"))
                .to_owned()
        };
        let messages = heard.as_array().unwrap().iter();
        messages
            .map(|one| (text(&one[0]).parse().unwrap(), text(&one[1])))
            .collect()
    }
}

/// Publishes to the channel of `prefix`, through its profile.
fn publish(server: &Server, prefix: &str, number: u32) -> Id {
    let mut raw = crate::support::Raw::connect(server);
    let line = format!("POST {prefix}/pub/c");
    let answer = raw.tell(&line, &["Content-Type: text/plain"], number.to_string());
    answer.header("fanfare-id").parse().unwrap()
}

fn check_in_order(transport: &str) {
    for prefix in PREFIXES {
        let server = start_server();
        let mut ids = vec![publish(&server, prefix, 0), publish(&server, prefix, 1)];
        let mut client = Client::start(&server.url(&format!("{prefix}/sub/c")), transport, None);
        client.heard(2);
        ids.extend((2..50).map(|number| publish(&server, prefix, number)));
        let heard = client.heard(50);
        let expected: Vec<(Id, String)> = ids
            .into_iter()
            .zip((0..50).map(|number: u32| number.to_string()))
            .collect();
        assert_eq!(heard, expected, "{prefix}");
    }
}

/// A client that comes back, as after a page load, goes on where it was.
fn check_resumes(transport: &str) {
    for prefix in PREFIXES {
        let server = start_server();
        let ids: Vec<Id> = (0..10)
            .map(|number| publish(&server, prefix, number))
            .collect();
        let url = server.url(&format!("{prefix}/sub/c"));
        let mut client = Client::start(&url, transport, Some(ids[4]));
        let heard = client.heard(5);
        assert_eq!(heard[0], (ids[5], "5".to_owned()), "{prefix}");
        assert_eq!(heard.len(), 5, "{prefix}");
    }
}

/// Cut again and again, it misses nothing and hears nothing twice.
fn check_survives_cuts(transport: &str, bytes_to_cut: Range<u64>, seed: u64) {
    let server = start_server();
    let proxy = Proxy::start(server.address());
    proxy.cut_each_after(bytes_to_cut, seed);
    let mut client = Client::start(&proxy.url("/nchan/sub/c"), transport, None);
    let mut publisher = Publisher::connect(&server);
    let mut count = 0;
    while proxy.cuts() < CUTS {
        assert!(
            count < MESSAGES_MAX,
            "after {count} messages only {} cuts",
            proxy.cuts()
        );
        publisher.count("c", count..count + 1);
        count += 1;
    }
    proxy.stop_cutting();
    publisher.count("c", count..count + 1);
    count += 1;
    let heard = client.heard(count as usize);
    let numbers: Vec<String> = heard.into_iter().map(|(_, text)| text).collect();
    let expected: Vec<String> = (0..count).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected, "seed {seed}");
}

#[test]
fn it_hears_over_websocket() {
    check_in_order("websocket");
}

#[test]
fn it_hears_over_event_source() {
    check_in_order("eventsource");
}

#[test]
fn it_hears_over_long_poll() {
    check_in_order("longpoll");
}

#[test]
fn it_resumes_over_websocket() {
    check_resumes("websocket");
}

#[test]
fn it_resumes_over_event_source() {
    check_resumes("eventsource");
}

#[test]
fn it_resumes_over_long_poll() {
    check_resumes("longpoll");
}

#[test]
fn cuts_do_no_harm_over_websocket() {
    check_survives_cuts("websocket", STREAM_BYTES_TO_CUT, 21);
}

#[test]
fn cuts_do_no_harm_over_event_source() {
    check_survives_cuts("eventsource", STREAM_BYTES_TO_CUT, 22);
}

#[test]
fn cuts_do_no_harm_over_long_poll() {
    check_survives_cuts("longpoll", POLL_BYTES_TO_CUT, 23);
}

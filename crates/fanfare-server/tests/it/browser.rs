//! Chromium, with what its pages have: `EventSource`, `WebSocket`, `fetch`; cut again and again.

use fanfare_testkit::browser::Browser;
use fanfare_testkit::proxy::Proxy;
use serde_json::json;

use crate::support::{Publisher, SOON, clients, launch};

/// Cuts that a page has to survive.
const CUTS: u64 = 20;

/// Bytes after which a connection is cut: more than a head and a message, so that each gets on.
const BYTES_TO_CUT: std::ops::Range<u64> = 800..4000;

/// Pause before a page comes back, in milliseconds. `EventSource` waits as long as it is told to.
const PAUSE_MS: u64 = 20;

/// Many times what it takes to fill connections until they have all been cut.
const MESSAGES_MAX: u32 = 20_000;

/// Reads a channel in a page while the connections of that page are cut; then everything must
/// have arrived, once and in order.
fn check(script: &str, seed: u64) {
    let server = launch()
        .set("subscribe.sse_retry=100ms")
        .set("limits.history_messages=100000")
        .set("limits.history_bytes=64MiB")
        .start();
    let proxy = Proxy::start(server.address());
    let mut browser = Browser::start(&clients());
    browser.open(&proxy.url("/healthz"));
    proxy.cut_each_after(BYTES_TO_CUT, seed);
    browser.run(script, &json!({"channel": "c", "pause": PAUSE_MS}));

    let mut publisher = Publisher::connect(&server);
    let mut count = 0;
    let mut connections = 0;
    while connections <= CUTS {
        assert!(
            count < MESSAGES_MAX,
            "after {count} messages only {connections} connections"
        );
        publisher.count("c", count..count + 10);
        count += 10;
        // A page that polls sees no connections: the browser itself repeats what was cut.
        let seen = browser.run("() => window.connections", &json!(null));
        connections = seen.as_u64().unwrap_or_else(|| proxy.cuts());
    }
    proxy.stop_cutting();
    publisher.count("c", count..count + 1);
    count += 1;

    browser.wait(&format!("window.heard.length >= {count}"), SOON);
    let heard = browser.run("() => window.heard", &json!(null));
    let expected: Vec<String> = (0..count).map(|number| number.to_string()).collect();
    assert!(heard == json!(expected), "seed {seed}: {heard}");
    println!(
        "{count} messages over {connections} connections, {} cuts",
        proxy.cuts()
    );
}

#[test]
fn event_source_misses_nothing() {
    check(include_str!("clients/pages/eventsource.js"), 11);
}

#[test]
fn web_socket_misses_nothing() {
    check(include_str!("clients/pages/websocket.js"), 12);
}

#[test]
fn fetch_misses_nothing() {
    check(include_str!("clients/pages/ndjson.js"), 13);
}

#[test]
fn long_polling_misses_nothing() {
    check(include_str!("clients/pages/poll.js"), 14);
}

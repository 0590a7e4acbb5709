//! Connections are cut wherever it happens, and transports refused at random.

use std::ops::Range;

use fanfare_testkit::proxy::Proxy;
use serde_json::{Value, json};

use super::page::Page;
use super::server_with_history;
use crate::support::Publisher;

/// Cuts, and changes of transport, that the client has to survive.
const CUTS: u64 = 50;

/// Bytes after which a connection is cut: some within the first answer, most after messages.
const BYTES_TO_CUT: Range<u64> = 100..4000;

/// Many times what it takes to be cut that often.
const MESSAGES_MAX: u32 = 40_000;

/// Messages that may be on their way.
const BEHIND_MAX: u32 = 100;

/// Messages between two looks at what has happened.
const MESSAGES_AT_ONCE: u32 = 10;

fn changes_of_transport(page: &mut Page) -> u64 {
    let changes =
        "notes.opened.filter((name, index, all) => index > 0 && name !== all[index - 1]).length";
    page.value(changes).as_u64().unwrap()
}

/// Everything that is published arrives once and in order, whatever happens.
fn check(start: impl FnOnce(&str) -> Page, seed: u32) {
    let server = server_with_history();
    let proxy = Proxy::start(server.address());
    let mut page = start(&proxy.url(""));
    let options = json!({"retryMs": {"min": 10, "max": 50}});
    page.listen_with_luck(&proxy.url("/sub/c"), &options, Some(seed));
    proxy.cut_each_after(BYTES_TO_CUT, u64::from(seed));

    let mut publisher = Publisher::connect(&server);
    let mut count = 0;
    while proxy.cuts() < CUTS || changes_of_transport(&mut page) < CUTS {
        assert!(count < MESSAGES_MAX, "only {} cuts", proxy.cuts());
        publisher.count("c", count..count + MESSAGES_AT_ONCE);
        count += MESSAGES_AT_ONCE;
        // A poll takes a request per message: let it keep up, or the rest would be read by one.
        page.wait(&format!("notes.heard.length + {BEHIND_MAX} >= {count}"));
    }
    let cuts = proxy.cuts();
    let changes = changes_of_transport(&mut page);
    page.value("globalThis.unlucky = false");
    proxy.stop_cutting();
    publisher.count("c", count..count + 1);
    count += 1;

    let heard = page.heard(count as usize);
    let expected: Vec<_> = (0..count)
        .map(|n| ("c".to_owned(), n.to_string()))
        .collect();
    assert_eq!(heard, expected, "seed {seed}");
    let notes = page
        .value("({ gaps: notes.gaps, ends: notes.ends, used: [...new Set(notes.opened)].sort() })");
    let used = json!(["eventsource", "poll", "stream", "websocket"]);
    assert_eq!(
        notes,
        json!({"gaps": [], "ends": [], "used": used}),
        "seed {seed}"
    );
    println!(
        "{count} messages, {cuts} cuts, {changes} changes of transport: none lost, none twice"
    );
    page.run("() => client.close()", &Value::Null);
}

#[test]
fn cuts_and_changes_of_transport_do_no_harm_in_chromium() {
    check(Page::chromium, 31);
}

#[test]
fn cuts_and_changes_of_transport_do_no_harm_in_node() {
    check(|_| Page::node_like_a_browser(), 32);
}

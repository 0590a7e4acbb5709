//! One channel, read by somebody else's client over each transport, all of them cut off again and
//! again: they hear the same messages under the same ids in the same order.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use fanfare_testkit::proxy::Proxy;
use fanfare_testkit::script::Script;
use fanfare_testkit::server::Server;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Id, Publisher, SOON, clients, launch};

/// How many are published, at least, and at most: more if somebody has not been cut off enough.
const MESSAGES: Range<usize> = 5_000..20_000;

/// How often each reader is cut off, at least.
const CUTS: u64 = 20;

/// Messages that may be on their way to the slowest. Over polling a client hears nothing of an
/// answer that is cut off, so all that it is behind must fit between two cuts.
const BEHIND_MAX: usize = 150;

/// Messages between two looks at how far everybody is.
const MESSAGES_AT_ONCE: u32 = 50;

/// Time for everybody to hear everything, on a machine that does much else.
const READ_TIME_MAX: Duration = Duration::from_mins(3);

/// A reader, and after how many bytes of the server's its connections are cut: of each transport
/// about fifty or a hundred messages, some of none, and some within the answer to the handshake.
const READERS: [(&str, Range<u64>); 8] = [
    ("EventSource", 200..8_000),
    ("Socket.IO 2, polling and upgrade", 200..9_000),
    ("Socket.IO 2, websocket", 200..14_000),
    ("Socket.IO 4, polling", 200..7_000),
    ("Socket.IO 4, polling and upgrade", 200..9_000),
    ("Socket.IO 4, websocket", 200..14_000),
    ("WebSocket", 200..14_000),
    ("long poll", 200..60_000),
];

/// What a reader has noted.
#[derive(Debug, Deserialize)]
struct Notes {
    /// Ids and texts.
    heard: Vec<(String, String)>,
    gaps: Vec<Value>,
    /// Connections, and how many of them were those of before.
    opened: u64,
    recovered: u64,
    oddities: Vec<String>,
}

fn server() -> Server {
    launch()
        .set("limits.history_messages=10000")
        .set("limits.history_bytes=64MiB")
        .set("subscribe.sse_retry=100ms")
        .life_time_max(READ_TIME_MAX + READ_TIME_MAX)
        .start()
}

#[test]
fn everybody_hears_the_same_whatever_breaks() {
    let server = server();
    let mut node = Script::start(&clients(), "readers.js");
    let proxies = READERS.map(|(reader, _)| {
        let proxy = Proxy::start(server.address());
        let place = json!({"reader": reader, "url": proxy.url(""), "channel": "c"});
        let answer = node.call("read", &place, SOON);
        if reader.starts_with("Socket.IO") {
            assert_eq!(
                answer,
                json!({"op": "subscribed", "channel": "c"}),
                "{reader}"
            );
        }
        proxy
    });
    for (seed, (proxy, (_, bytes))) in (1..).zip(proxies.iter().zip(READERS)) {
        proxy.cut_each_after(bytes, seed);
    }

    let begun = Instant::now();
    let mut publisher = Publisher::connect(&server);
    let mut ids: Vec<Id> = Vec::new();
    let is_enough = |proxy: &Proxy| proxy.cuts() >= CUTS;
    while ids.len() < MESSAGES.start || !proxies.iter().all(is_enough) {
        assert!(ids.len() < MESSAGES.end, "too few cuts");
        let next = ids.len() as u32;
        let numbers = next..next + MESSAGES_AT_ONCE;
        ids.extend(numbers.map(|number| publisher.publish("c", &number.to_string())));
        wait_for(&mut node, ids.len().saturating_sub(BEHIND_MAX));
    }
    wait_for(&mut node, ids.len());
    let took = begun.elapsed();

    for (proxy, (reader, _)) in proxies.iter().zip(READERS) {
        let notes = node.call("notes", &json!({ "reader": reader }), SOON);
        let notes: Notes = serde_json::from_value(notes).unwrap();
        check(reader, &notes, &ids);
        println!(
            "{reader}: {} messages, {} cuts, {} connections, {} of them recovered",
            notes.heard.len(),
            proxy.cuts(),
            notes.opened,
            notes.recovered
        );
    }
    println!("{} messages to each in {took:?}", ids.len());
}

/// Waits until everybody has heard so many messages.
fn wait_for(node: &mut Script, count: usize) {
    let deadline = Instant::now() + READ_TIME_MAX;
    loop {
        let heard = node.call("heard", &Value::Null, SOON);
        let heard: BTreeMap<String, usize> = serde_json::from_value(heard).unwrap();
        if heard.values().all(|&heard| heard >= count) {
            return;
        }
        assert!(Instant::now() < deadline, "not {count} messages: {heard:?}");
    }
}

fn check(reader: &str, notes: &Notes, ids: &[Id]) {
    for (number, ((id, text), expected)) in notes.heard.iter().zip(ids).enumerate() {
        assert_eq!(
            (&**id, &**text),
            (&*expected.to_string(), &*number.to_string()),
            "{reader}"
        );
    }
    assert_eq!(notes.heard.len(), ids.len(), "{reader}");
    assert_eq!(notes.gaps, [] as [Value; 0], "{reader}");
    assert_eq!(notes.oddities, [] as [String; 0], "{reader}");
    // Only who is new asks for the channel: a client of Socket.IO 4 is so once.
    if reader.starts_with("Socket.IO 4") {
        assert_eq!(notes.recovered + 1, notes.opened, "{reader}");
    }
}

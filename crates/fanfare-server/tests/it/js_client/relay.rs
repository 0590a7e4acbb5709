//! The client that speaks nothing but the relay protocol.

use fanfare_testkit::proxy::Proxy;
use serde_json::{Value, json};

use super::page::Page;
use super::{places, server_with_history};
use crate::support::{Publisher, launch, until_held};

/// Cuts that it has to survive.
const CUTS: u64 = 50;

/// Bytes after which a connection is cut: some within an answer, some after several.
const BYTES_TO_CUT: std::ops::Range<u64> = 10..2500;

fn listen(page: &mut Page, url: &str, after: &Value) {
    let argument = json!({"module": page.module("relay.js"), "url": url, "after": after});
    page.run(include_str!("../clients/pages/relay.js"), &argument);
}

fn check_cuts(start: impl FnOnce(&str) -> Page, seed: u64) {
    let server = server_with_history();
    let proxy = Proxy::start(server.address());
    let mut page = start(&proxy.url(""));
    let module = page.module("relay.js");
    listen(&mut page, &proxy.url("/sub/c"), &Value::Null);
    proxy.cut_each_after(BYTES_TO_CUT, seed);
    let mut publisher = Publisher::connect(&server);
    let mut count = 0;
    while proxy.cuts() < CUTS {
        publisher.count("c", count..count + 1);
        count += 1;
        // It pauses after each failure; let it come back, or nothing is left to be cut.
        page.wait(&format!(
            "notes.heard.length >= {}",
            count.saturating_sub(20)
        ));
    }
    proxy.stop_cutting();
    publisher.count("c", count..count + 1);
    count += 1;
    page.wait(&format!("notes.heard.length >= {count}"));
    let expected: Vec<String> = (0..count).map(|number| number.to_string()).collect();
    assert_eq!(
        page.value("notes.heard"),
        json!(expected),
        "seed {seed}, {module}"
    );
    println!(
        "{count} messages, {} cuts: none lost, none twice",
        proxy.cuts()
    );
}

#[test]
fn the_relay_client_misses_nothing_in_chromium() {
    check_cuts(Page::chromium, 41);
}

#[test]
fn the_relay_client_misses_nothing_in_node() {
    check_cuts(|_| Page::node(), 42);
}

#[test]
fn the_relay_client_goes_on_after_a_message() {
    let server = server_with_history();
    let mut publisher = Publisher::connect(&server);
    publisher.count("c", 0..10);
    for mut page in places(&server.url("")) {
        listen(&mut page, &server.url("/sub/c"), &Value::Null);
        page.wait("notes.heard.length === 10");
        let after = page.value("notes.cursors[6]");
        page.value("relay.close()");
        listen(&mut page, &server.url("/sub/c"), &after);
        page.wait("notes.heard.length === 3");
        assert_eq!(page.value("notes.heard"), json!(["7", "8", "9"]));
        page.value("relay.close()");
    }
}

#[test]
fn the_relay_client_publishes() {
    let server = server_with_history();
    for (place, mut page) in places(&server.url("")).into_iter().enumerate() {
        let [publishing, subscribing] =
            ["pub", "sub"].map(|what| server.url(&format!("/{what}/c{place}")));
        listen(&mut page, &subscribing, &Value::Null);
        until_held(&server, &format!("c{place}"), 1);
        let publish = "({ url }) => publish(url, 'hello', 'text/x-greeting')";
        assert_eq!(page.run(publish, &json!({"url": publishing})), json!(true));
        page.wait("notes.heard[0] === 'hello'");
        page.value("relay.close()");
        until_held(&server, &format!("c{place}"), 0);
        assert_eq!(page.run(publish, &json!({"url": publishing})), json!(false));
    }
}

#[test]
fn the_relay_client_knows_when_it_is_over() {
    let server = launch().set("subscribe.concurrency=last").start();
    let mut publisher = Publisher::connect(&server);
    let mut page = Page::node();
    let url = server.url("/sub/c");
    listen(&mut page, &url, &Value::Null);
    until_held(&server, "c", 1);
    publisher.delete("c");
    page.wait("notes.ended === 410");
    let mut other = Page::node();
    listen(&mut page, &url, &Value::Null);
    until_held(&server, "c", 1);
    listen(&mut other, &url, &Value::Null);
    page.wait("notes.ended === 409");
    listen(&mut page, &server.url("/sub/"), &Value::Null);
    page.wait("notes.ended === 404");
    assert_eq!(page.value("notes.errors"), json!(0));
}

/// Empty answers, held or not, are no end and no reason to hurry.
#[test]
fn the_relay_client_asks_again_after_empty_answers() {
    let server = server_with_history();
    let mut page = Page::node();
    let argument =
        json!({"module": page.module("relay.js"), "url": server.url("/sub/c?as=interval")});
    let script = "async ({ module, url }) => {
        const { subscribe } = await import(module);
        globalThis.asked = 0;
        globalThis.pauses = 0;
        globalThis.heard = [];
        const { setTimeout } = globalThis;
        // Time is the test's; but Node itself has timers too, of other lengths.
        globalThis.setTimeout = (callback, ms, ...rest) => {
          if (ms === 1000) pauses += 1;
          return setTimeout(callback, ms === 1000 ? 1 : ms, ...rest);
        };
        const counting = (...given) => ((asked += 1), fetch(...given));
        subscribe(url, ({ text }) => heard.push(text), { fetch: counting });
    }";
    page.run(script, &argument);
    page.wait("asked > 3 && pauses >= 3");
    Publisher::connect(&server).publish("c", "at last");
    page.wait("heard[0] === 'at last'");
}

//! Where a connection begins, and what is told when that place is gone.

use fanfare_testkit::proxy::Proxy;
use serde_json::json;

use super::page::Page;
use super::{TRANSPORTS, places, server_with_history};
use crate::support::{Publisher, launch, server};

fn texts(page: &mut Page, count: usize) -> Vec<String> {
    page.heard(count)
        .into_iter()
        .map(|(_, text)| text)
        .collect()
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[test]
fn what_is_gone_is_told_over_every_transport() {
    let server = launch().set("limits.history_messages=10").start();
    let mut publisher = Publisher::connect(&server);
    for mut page in places(&server.url("")) {
        for transport in TRANSPORTS {
            let channel = format!("{transport}-{}", page.module(""));
            let channel = channel.replace(['/', '.'], "");
            let last = publisher.publish(&channel, "0");
            page.listen(
                &server.url(&format!("/sub/{channel}")),
                &json!({"transports": [transport]}),
            );
            assert_eq!(texts(&mut page, 1), ["0"]);
            page.value("client.pause()");
            publisher.count(&channel, 1..31);
            page.value("client.reconnect()");
            assert_eq!(texts(&mut page, 11)[1..], numbers(21..31), "{transport}");
            let gaps = page.value("notes.gaps");
            assert_eq!(gaps[0]["channel"], json!(channel), "{transport}");
            assert_eq!(gaps[0]["after"], json!(last.to_string()), "{transport}");
            assert_eq!(gaps.as_array().unwrap().len(), 1, "{transport}");
            page.value("client.close()");
        }
    }
}

#[test]
fn another_client_goes_on_where_one_left_over_another_transport() {
    let server = server_with_history();
    let mut publisher = Publisher::connect(&server);
    for (place, mut page) in places(&server.url("")).into_iter().enumerate() {
        let channel = format!("c{place}");
        let url = server.url(&format!("/sub/{channel}"));
        publisher.count(&channel, 0..5);
        let mut since = json!("all");
        let mut begin = 0;
        for transport in TRANSPORTS.iter().cycle().take(8) {
            page.listen(&url, &json!({"transports": [transport], "since": since}));
            publisher.count(&channel, begin + 5..begin + 10);
            assert_eq!(
                texts(&mut page, 10),
                numbers(begin..begin + 10),
                "{transport}"
            );
            // The next one finds five of its ten in the history.
            let index = 4;
            since = page.value(&format!("({{ {channel}: notes.heard[{index}][2] }})"));
            page.value("client.close()");
            begin += 5;
        }
    }
}

/// `now` means the moment of the call, also when the connection breaks before the first message.
#[test]
fn now_is_the_moment_that_was_meant() {
    let server = server_with_history();
    let mut publisher = Publisher::connect(&server);
    let proxy = Proxy::start(server.address());
    let mut page = Page::node_like_a_browser();
    for transport in TRANSPORTS {
        publisher.publish(transport, "before");
        let options =
            json!({"transports": [transport], "since": "now", "retryMs": {"min": 100, "max": 100}});
        page.listen(&proxy.url(&format!("/sub/{transport}")), &options);
        page.wait("client.state === 'open'");
        page.value("client.pause()");
        proxy.cut_now();
        publisher.publish(transport, "after");
        page.value("client.reconnect()");
        assert_eq!(texts(&mut page, 1), ["after"], "{transport}");
        page.value("client.close()");
    }
}

#[test]
fn since_is_as_the_server_has_it() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    publisher.count("c", 0..10);
    let mut page = Page::node_like_a_browser();
    for (since, expected) in [("-3", 7..10), ("all", 0..10), ("1h", 0..10)] {
        for transport in TRANSPORTS {
            let options = json!({"transports": [transport], "since": since});
            page.listen(&server.url("/sub/c"), &options);
            let count = expected.len();
            assert_eq!(
                texts(&mut page, count),
                numbers(expected.clone()),
                "{since}"
            );
            page.value("client.close()");
        }
    }
}

#[test]
fn transports_that_are_refused_give_way() {
    // Below a profile there is no `/ws`.
    let server = launch()
        .config("[[profile]]\nprefix = \"/app\"\nkind = \"relay\"\n")
        .start();
    Publisher::connect(&server).publish("c", "hello");
    let mut chromium = Page::chromium(&server.url(""));
    let mut node = Page::node();
    for (page, expected) in [(&mut chromium, "eventsource"), (&mut node, "stream")] {
        page.listen(&server.url("/app/"), &json!({"channels": ["c"]}));
        assert_eq!(texts(page, 1), ["hello"]);
        assert_eq!(page.value("notes.opened"), json!([expected]));
        assert_eq!(
            page.value("notes.errors.every(({ retryIn }) => retryIn === 0)"),
            json!(true)
        );
    }
}

#[test]
fn a_page_that_is_online_again_comes_back_at_once() {
    let server = server_with_history();
    let proxy = Proxy::start(server.address());
    let mut publisher = Publisher::connect(&server);
    let mut page = Page::chromium(&proxy.url(""));
    // Nothing but the event ends this wait within the time of a test.
    let options = json!({"retryMs": {"min": 600_000, "max": 600_000}});
    page.listen(&proxy.url("/sub/c"), &options);
    publisher.publish("c", "0");
    assert_eq!(texts(&mut page, 1), ["0"]);
    page.set_offline(true);
    proxy.cut_now();
    page.wait("client.state === 'waiting'");
    publisher.publish("c", "1");
    page.set_offline(false);
    assert_eq!(texts(&mut page, 2), ["0", "1"]);

    // And one that is looked at again.
    page.set_offline(true);
    page.wait("client.state === 'open'");
    page.value("client.reconnect()");
    page.wait("client.state === 'waiting'");
    publisher.publish("c", "2");
    page.value(
        "window.addEventListener('online', (event) => event.stopImmediatePropagation(), true)",
    );
    page.set_offline(false);
    page.run(
        "() => { document.dispatchEvent(new Event('visibilitychange')); }",
        &json!(null),
    );
    assert_eq!(texts(&mut page, 3), ["0", "1", "2"]);
}

#[test]
fn what_is_to_be_done_before_is_awaited_each_time() {
    let server = server_with_history();
    let mut page = Page::node();
    let module = page.module("fanfare.js");
    let script = "async ({ module, url }) => {
        const { connect } = await import(module);
        const said = (globalThis.said = []);
        let attempts = 0;
        globalThis.client = connect(url, {
          retryMs: { min: 5, max: 5 },
          prepare: async () => { if ((attempts += 1) < 3) throw new Error(`not yet ${attempts}`); },
        }).on('error', ({ message }) => said.push(message)).on('open', () => said.push('open'));
    }";
    page.run(
        script,
        &json!({"module": module, "url": server.url("/sub/c")}),
    );
    page.wait("said.includes('open')");
    let said: Vec<String> = serde_json::from_value(page.value("said")).unwrap();
    assert_eq!(said[..2], ["not yet 1", "not yet 2"]);
}

//! Many channels on one connection, and what travels in them.

use serde_json::{Value, json};

use super::page::Page;
use super::{TRANSPORTS, places, server_with_history};
use crate::support::{Publisher, server};

const CHANNELS: u32 = 20;
const ROUNDS: u32 = 10;

/// What came in one channel, in its order.
fn of(heard: &[(String, String)], channel: &str) -> Vec<String> {
    let mine = heard.iter().filter(|(name, _)| name == channel);
    mine.map(|(_, text)| text.clone()).collect()
}

#[test]
fn many_channels_share_a_connection_over_every_transport() {
    let server = server_with_history();
    let mut publisher = Publisher::connect(&server);
    for (place, mut page) in places(&server.url("")).into_iter().enumerate() {
        for transport in TRANSPORTS {
            let name = |channel: u32| format!("{transport}{place},{channel}");
            let encoded = |channel: u32| format!("{transport}{place}%2C{channel}");
            let names: Vec<String> = (0..CHANNELS).map(name).collect();
            let mut publish = |rounds: std::ops::Range<u32>| {
                for round in rounds {
                    for channel in 0..CHANNELS {
                        publisher.publish(&encoded(channel), &round.to_string());
                    }
                }
            };
            publish(0..ROUNDS);
            page.listen(
                &server.url("/"),
                &json!({"channels": names, "transports": [transport]}),
            );
            page.wait("client.state === 'open'");
            publish(ROUNDS..2 * ROUNDS);
            // All of their cursors at once.
            page.value("client.reconnect()");
            publish(2 * ROUNDS..3 * ROUNDS);
            let heard = page.heard((CHANNELS * 3 * ROUNDS) as usize);
            let expected: Vec<String> = (0..3 * ROUNDS).map(|round| round.to_string()).collect();
            for channel in &names {
                assert_eq!(of(&heard, channel), expected, "{channel} over {transport}");
            }
            page.value("client.close()");
        }
    }
}

#[test]
fn channels_come_and_go() {
    let server = server_with_history();
    let mut publisher = Publisher::connect(&server);
    let mut page = Page::node_like_a_browser();
    for transport in TRANSPORTS {
        let [a, b, c] = ["a", "b", "c"].map(|name| format!("{name}-{transport}"));
        publisher.count(&b, 0..3);
        page.listen(
            &server.url("/"),
            &json!({"channels": [a], "transports": [transport]}),
        );
        page.wait("client.state === 'open'");
        let call = |method: &str, channel: &str| format!("client.{method}('{channel}')");
        page.value(&call("subscribe", &b));
        page.value(&format!("client.subscribe('{c}', 'now')"));
        page.heard(3);
        page.wait(&format!("'{c}' in client.cursors"));
        publisher.publish(&c, "live");
        page.heard(4);
        page.value(&call("unsubscribe", &b));
        publisher.publish(&b, "unheard");
        publisher.publish(&a, "heard");
        let heard = page.heard(5);
        assert_eq!(of(&heard, &b), ["0", "1", "2"], "{transport}");
        assert_eq!(of(&heard, &c), ["live"], "{transport}");
        assert_eq!(of(&heard, &a), ["heard"], "{transport}");
        // Left and joined again in one breath: from the place that is said.
        page.value(&format!(
            "({}, client.subscribe('{a}', 'all'))",
            call("unsubscribe", &a)
        ));
        let heard = page.heard(6);
        assert_eq!(of(&heard, &a), ["heard", "heard"], "{transport}");
        for channel in [&a, &c] {
            page.value(&call("unsubscribe", channel));
        }
        page.wait("client.state === 'idle'");
        page.value("client.close()");
    }
}

const PUBLISH: &str = "async () => {
    const { id, subscribers } = await client.publish('c', 'text', { event: 'grüße & more', ttl: '10m', key: 'k' });
    const again = await client.publish('c', 'text', { event: 'grüße & more', key: 'k' });
    const bytes = client.publish('c', new Uint8Array([0, 255]), { contentType: 'application/x-é' });
    const last = client.publish('c', 'last\\r\\n');
    await Promise.all([bytes, last]);
    return [again.id === id, subscribers];
}";

#[test]
fn what_is_published_arrives_as_it_was() {
    let server = server();
    let mut publisher = Page::node();
    publisher.listen(&server.url("/"), &json!({}));
    for transport in TRANSPORTS {
        let mut page = Page::node_like_a_browser();
        let url = server.url("/sub/c");
        page.listen(
            &url,
            &json!({"transports": [transport], "events": ["grüße & more"], "since": "now"}),
        );
        page.wait("client.state === 'open'");
        if transport == TRANSPORTS[0] {
            assert_eq!(publisher.run(PUBLISH, &Value::Null), json!([true, 1]));
        } else {
            let script = PUBLISH.replace("key: 'k'", &format!("key: '{transport}'"));
            publisher.run(&script, &Value::Null);
        }
        page.heard(3);
        let heard = page.value("notes.heard.map(([, text, , rest]) => [text, rest.event ?? null, rest.contentType ?? null])");
        // An event stream has neither bytes nor types, and one kind of line end.
        let plain = (transport != "eventsource").then_some("text/plain;charset=UTF-8");
        let expected = if transport == "eventsource" {
            json!([
                ["text", "grüße & more", null],
                ["AP8=", null, null],
                ["last\n", null, null]
            ])
        } else {
            json!([
                ["text", "grüße & more", plain],
                ["bytes 0,255", null, "application/x-é"],
                ["last\r\n", null, plain]
            ])
        };
        assert_eq!(heard, expected, "{transport}");
    }
}

#[test]
fn event_source_learns_names_while_it_listens() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let mut page = Page::chromium(&server.url(""));
    page.listen("/sub/c", &json!({"transports": ["eventsource"]}));
    page.wait("client.state === 'open'");
    page.value("client.listen('news')");
    publisher.publish_with("c", &["X-EventSource-Event: news"], "named");
    assert_eq!(page.heard(1), [("c".to_owned(), "named".to_owned())]);
    assert_eq!(page.value("notes.opened"), json!(["eventsource"]));
}

#[test]
fn a_refused_publish_says_why() {
    let server = crate::support::launch()
        .config("[publish]\nkeys = [\"a-key-of-16-chars\"]\n[subscribe]\nallow = \"everyone\"\n")
        .start();
    let mut page = Page::node();
    let publish = "() => client.publish('c', 'm').then(() => 'done', ({ name, status, message }) => [status, message])";
    page.listen(&server.url("/"), &json!({}));
    let refused = page.run(publish, &Value::Null);
    assert_eq!(refused[0], json!(401));
    assert!(
        refused[1].as_str().unwrap().contains("publish.keys"),
        "{refused}"
    );
    page.listen(
        &server.url("/"),
        &json!({"publishKey": "a-key-of-16-chars"}),
    );
    assert_eq!(page.run(publish, &Value::Null), json!("done"));
}

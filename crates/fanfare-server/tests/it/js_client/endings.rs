//! What ends a subscription, and what does not.

use fanfare_testkit::server::Signal;
use serde_json::{Value, json};

use super::page::Page;
use super::server_with_history;
use crate::support::{Publisher, launch, server, until_held};

/// Answers every request with this status.
const ANSWERED: &str = "async ({ module, status, transports }) => {
    const { connect } = await import(module);
    globalThis.said = [];
    globalThis.client = connect('http://localhost/sub/c', {
      transports,
      since: '1:0',
      retryMs: { min: 5, max: 5 },
      fetch: async () => new Response(null, { status }),
    })
      .on('end', ({ channel, reason }) => said.push(`${channel} ${reason}`))
      .on('error', ({ message }) => said.push(message));
}";

fn check_answered(page: &mut Page, transport: &str, status: u16, expected: &str) {
    let argument =
        json!({"module": page.module("fanfare.js"), "status": status, "transports": [transport]});
    page.run(ANSWERED, &argument);
    page.wait("said.length > 0");
    assert_eq!(
        page.value("said[0]"),
        json!(expected),
        "{status} over {transport}"
    );
    let state = if expected.starts_with("c ") {
        "idle"
    } else {
        "waiting"
    };
    page.wait(&format!("client.state === '{state}'"));
    page.value("client.close()");
}

#[test]
fn a_no_is_taken_for_a_no() {
    let mut page = Page::node();
    for transport in ["stream", "poll"] {
        check_answered(&mut page, transport, 204, "c over");
        check_answered(&mut page, transport, 400, "c refused");
        check_answered(&mut page, transport, 403, "c refused");
        check_answered(&mut page, transport, 404, "c refused");
        check_answered(&mut page, transport, 409, "c conflict");
        check_answered(&mut page, transport, 410, "c deleted");
        check_answered(&mut page, transport, 429, "429");
        check_answered(&mut page, transport, 500, "500");
        check_answered(&mut page, transport, 503, "503");
    }
}

#[test]
fn a_deleted_channel_is_over_and_the_others_go_on() {
    let server = server_with_history();
    let mut publisher = Publisher::connect(&server);
    let mut page = Page::node_like_a_browser();
    for transport in ["websocket", "stream"] {
        let [gone, kept] = ["gone", "kept"].map(|name| format!("{name}-{transport}"));
        let options = json!({"channels": [gone, kept], "transports": [transport]});
        page.listen(&server.url("/"), &options);
        until_held(&server, &gone, 1);
        publisher.delete(&gone);
        page.wait("notes.ends.length === 1");
        let end = page.value("notes.ends[0]");
        assert_eq!(
            (&end["channel"], &end["reason"]),
            (&json!(gone), &json!("deleted"))
        );
        publisher.publish(&kept, "still here");
        page.heard(1);
        page.value("client.close()");
    }
    page.listen(&server.url("/sub/alone"), &json!({"transports": ["poll"]}));
    until_held(&server, "alone", 1);
    publisher.delete("alone");
    page.wait("notes.ends.length === 1 && client.state === 'idle'");
    // It may begin anew.
    page.value("client.subscribe('alone')");
    publisher.publish("alone", "again");
    assert_eq!(page.heard(1), [("alone".to_owned(), "again".to_owned())]);
}

#[test]
fn a_refusal_says_why() {
    let server = launch()
        .set("subscribe.existing_channels_only=true")
        .start();
    let mut page = Page::node();
    page.listen(&server.url("/sub/nothing"), &Value::Null);
    page.wait("notes.ends.length === 1");
    assert_eq!(page.value("notes.ends[0].reason"), json!("refused"));
    page.listen(&server.url("/sub/c"), &json!({"since": "yesterday"}));
    page.wait("notes.ends.length === 1");
    let said = page.value("notes.ends[0].message");
    assert!(said.as_str().unwrap().contains("since"), "{said}");
}

#[test]
fn a_client_that_is_closed_says_nothing_more_and_lets_go() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let mut page = Page::node_like_a_browser();
    for transport in super::TRANSPORTS {
        page.listen(
            &server.url("/sub/c"),
            &json!({"transports": [transport], "since": "now"}),
        );
        until_held(&server, "c", 1);
        page.value("client.close()");
        until_held(&server, "c", 0);
        publisher.publish("c", "nobody");
        assert_eq!(
            page.value("[client.state, notes.heard, notes.errors]"),
            json!(["closed", [], []])
        );
    }
}

/// Polls, and counts its requests in `requests`.
const COUNTING: &str = "async ({ module, url }) => {
    const { connect } = await import(module);
    globalThis.requests = globalThis.heard = 0;
    globalThis.polling = connect(url, {
      transports: ['poll'],
      since: 'now',
      fetch: (...request) => {
        requests += 1;
        return fetch(...request);
      },
    }).on('message', () => { heard += 1; });
}";

/// Does something to a client whose poll is held, then publishes: how many requests that makes.
fn requests_after(action: &str, messages: u32) -> u64 {
    let server = server_with_history();
    let mut page = Page::node();
    let argument = json!({"module": page.module("fanfare.js"), "url": server.url("/sub/c")});
    page.run(COUNTING, &argument);
    until_held(&server, "c", 1);
    page.value(&format!("void (requests = 0, polling.{action}())"));
    Publisher::connect(&server).count("c", 0..messages);
    if action == "reconnect" {
        page.wait(&format!("heard === {messages}"));
    }
    // Another client of the same process has heard everything: so could this one have.
    page.listen(&server.url("/sub/c"), &json!({"transports": ["poll"]}));
    page.heard(messages as usize);
    let requests = page.value("requests").as_u64().unwrap();
    page.value("[client.close(), polling.close()]");
    requests
}

#[test]
fn a_poll_that_was_held_is_not_asked_again() {
    assert_eq!(requests_after("close", 20), 0);
    assert_eq!(requests_after("pause", 20), 0);
    // One to find its place, one per message, one that is held.
    let requests = requests_after("reconnect", 20);
    assert!(requests <= 22, "{requests}");
}

/// Fails, and is closed so many turns of the event queue later: the failure must not undo that.
const CLOSED_WHILE_FAILING: &str = "async ({ module, turns }) => {
    const { connect } = await import(module);
    const said = [];
    const client = connect('http://localhost/sub/c', {
      transports: ['poll'],
      since: '1:0',
      fetch: async () => { throw new Error('no'); },
    }).on('error', () => said.push(client.state));
    for (let turn = 0; turn < turns; turn++) await null;
    client.close();
    const before = said.length;
    for (let turn = 0; turn < 50; turn++) await null;
    return [client.state, said.length - before];
}";

#[test]
fn a_client_that_is_closed_while_it_fails_stays_closed() {
    let mut page = Page::node();
    for turns in 0..40 {
        let argument = json!({"module": page.module("fanfare.js"), "turns": turns});
        let left = page.run(CLOSED_WHILE_FAILING, &argument);
        assert_eq!(left, json!(["closed", 0]), "after {turns} turns");
    }
}

/// A peer that vanishes without a word is asked, and then no longer waited for. Time is the test's.
const SILENT: &str = "async ({ module }) => {
    const { connect } = await import(module);
    const timers = [];
    globalThis.setTimeout = (callback, ms) => timers.push({ callback, ms });
    const sockets = [];
    class Silent {
      asked = [];
      constructor() {
        sockets.push(this);
        queueMicrotask(() => this.onopen());
      }
      send(text) {
        const { op, id, channel } = JSON.parse(text);
        this.asked.push(op);
        const answer = JSON.stringify({ op: 'subscribed', id, channel });
        if (op === 'subscribe') queueMicrotask(() => this.onmessage({ data: answer }));
      }
      close() {
        this.isClosed = true;
      }
    }
    const client = connect('http://localhost/sub/c', { since: '1:0', WebSocket: Silent, transports: ['websocket'] });
    const opened = () => new Promise((resolve) => client.on('open', resolve));
    const pass = (ms) => timers.findLast((timer) => timer.ms === ms).callback();
    await opened();
    pass(25_000);
    const again = opened();
    pass(10_000);
    await again;
    client.close();
    return sockets.map(({ asked, isClosed }) => [asked, isClosed]);
}";

#[test]
fn a_silent_socket_is_asked_and_then_replaced() {
    let mut page = Page::node();
    let argument = json!({"module": page.module("fanfare.js")});
    let sockets = page.run(SILENT, &argument);
    assert_eq!(
        sockets,
        json!([[["subscribe", "ping"], true], [["subscribe"], true]])
    );
}

/// The first is never answered; time is the test's.
const STUCK: &str = "async ({ module }) => {
    const { connect } = await import(module);
    const timers = [];
    globalThis.setTimeout = (callback, ms) => timers.push({ callback, ms });
    let asked = 0;
    const answer = () => new Response('{\"subscribers\":0}', { headers: { 'Fanfare-Id': '1:0' } });
    const never = (signal) => new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    const fetch = async (url, { signal }) => (asked++ ? answer() : never(signal));
    const client = connect('http://localhost/', { fetch });
    const stuck = client.publish('c', 'stuck').catch(({ message }) => message);
    const next = client.publish('c', 'next');
    while (asked === 0) await null;
    timers.find(({ ms }) => ms === 60_000).callback();
    return [await stuck, (await next).id];
}";

#[test]
fn a_publish_that_is_not_answered_gives_way_to_the_next() {
    let mut page = Page::node();
    let said = page.run(STUCK, &json!({"module": page.module("fanfare.js")}));
    let expected = "No answer in time. The message may have been published all the same.";
    assert_eq!(said, json!([expected, "1:0"]));
}

#[test]
fn a_server_that_goes_away_is_given_time() {
    for transport in ["websocket", "stream"] {
        let server = launch().set("server.shutdown_grace=100ms").start();
        let mut page = Page::node_like_a_browser();
        page.listen(&server.url("/sub/c"), &json!({"transports": [transport]}));
        until_held(&server, "c", 1);
        server.signal(Signal::TERM);
        page.wait("notes.errors.length > 0");
        // Half of 500 ms, doubled three times.
        assert_eq!(page.value("notes.errors[0].retryIn >= 2000"), json!(true));
    }
}

/// What a callback throws is reported like any other mistake, and harms nobody else.
#[test]
fn a_callback_that_throws_is_on_its_own() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let mut page = Page::chromium(&server.url(""));
    page.run(
        "() => { window.mistakes = []; window.onerror = (message) => { mistakes.push(message); return true; }; }",
        &Value::Null,
    );
    page.listen("/sub/c", &json!({}));
    page.value("void client.on('message', () => { throw new Error('mine'); })");
    publisher.count("c", 0..3);
    page.heard(3);
    page.wait("mistakes.length === 3");
    assert_eq!(page.value("notes.errors"), json!([]));
}

#[test]
fn what_cannot_be_is_said_at_once() {
    let mut page = Page::node();
    let script = "async ({ module }) => {
        const { connect } = await import(module);
        const attempt = (...given) => { try { connect(...given); } catch (error) { return error.name; } };
        return [
          attempt('nonsense'),
          attempt('http://localhost/', { transports: ['pigeon'] }),
          attempt('http://localhost/', { transports: ['eventsource'] }),
          attempt('http://localhost/', { transports: [] }),
        ];
    }";
    let module = page.module("fanfare.js");
    let said = page.run(script, &json!({"module": module}));
    assert_eq!(
        said,
        json!(["TypeError", "TypeError", "TypeError", "TypeError"])
    );
}

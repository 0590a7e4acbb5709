//! The page that the server brings along, as a person uses it.
//!
//! The handles are those that `console/index.html` promises at its top.

mod client_files;
mod socketio;

use fanfare_testkit::browser::Browser;
use fanfare_testkit::server::Server;
use serde_json::{Value, json};

use crate::support::{Publisher, SOON, clients, metric, server, until};

const PANES: [&str; 5] = ["websocket", "eventsource", "longpoll", "ndjson", "socketio"];

/// The playground of a new server, with all panes connected.
fn open() -> (Server, Browser) {
    let server = server();
    let mut browser = Browser::start(&clients());
    browser.open(&server.url("/"));
    wait_for_connections(&mut browser);
    (server, browser)
}

fn wait_for_connections(browser: &mut Browser) {
    for pane in PANES {
        let state = state(pane);
        browser.wait(&format!("['open', 'polling'].includes({state})"), SOON);
    }
}

/// An expression for the state of a pane.
fn state(pane: &str) -> String {
    format!("document.querySelector('[data-pane={pane}] [data-state]').dataset.state")
}

/// Opens another channel, as a person does.
fn switch_to(browser: &mut Browser, channel: &str) {
    browser.run(
        "(channel) => { document.querySelector('#channel').value = channel; }",
        &json!(channel),
    );
    browser.click("#open");
    browser.wait(&format!("document.title.startsWith('{channel} ')"), SOON);
    wait_for_connections(browser);
}

/// Those that wait for messages now.
fn held(server: &Server, transport: &str) -> u64 {
    let name = format!("fanfare_held_connections{{transport=\"{transport}\"}}");
    metric(server, &name)
}

fn wait_for_received(browser: &mut Browser, count: u32) {
    for pane in PANES {
        let text =
            format!("document.querySelector('[data-pane={pane}] [data-received]').textContent");
        browser.wait(&format!("{text} === '{count}'"), SOON);
    }
}

fn wait_for_agreement(browser: &mut Browser, kind: &str) {
    let agreement = "document.querySelector('#agreement').dataset.agreement";
    browser.wait(&format!("{agreement} === '{kind}'"), SOON);
}

/// The ids that a pane shows, oldest first.
fn ids(browser: &mut Browser, pane: &str) -> Value {
    let function = format!(
        "() => [...document.querySelectorAll('[data-pane={pane}] [data-rows] > li[data-id]')]
            .map((row) => row.dataset.id).reverse()"
    );
    browser.run(&function, &json!(null))
}

fn check_no_complaints(browser: &mut Browser) {
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_message_arrives_five_times() {
    let (server, mut browser) = open();
    browser.click("#publish");
    wait_for_received(&mut browser, 1);
    wait_for_agreement(&mut browser, "same");
    // Also from elsewhere.
    Publisher::connect(&server).publish("demo", "from a terminal");
    wait_for_received(&mut browser, 2);
    wait_for_agreement(&mut browser, "same");
    check_no_complaints(&mut browser);
}

#[test]
fn a_pane_that_was_cut_catches_up() {
    let (_server, mut browser) = open();
    browser.click("#publish");
    wait_for_received(&mut browser, 1);
    for pane in PANES {
        browser.click(&format!("[data-pane={pane}] [data-cut]"));
    }
    browser.click("#publish-100");
    browser.wait(
        "document.querySelector('#publish-status').textContent.includes('100')",
        SOON,
    );
    for pane in PANES {
        browser.click(&format!("[data-pane={pane}] [data-resume]"));
    }
    wait_for_received(&mut browser, 101);
    wait_for_agreement(&mut browser, "same");
    socketio::wait_for_notice(
        &mut browser,
        "Back as the same socket: recovered 100 messages.",
    );
    let shown = PANES.map(|pane| ids(&mut browser, pane));
    assert!(shown.iter().all(|ids| ids == &shown[0]), "{shown:?}");
    assert!(
        shown[0].as_array().is_some_and(|ids| ids.len() > 50),
        "{shown:?}"
    );
    check_no_complaints(&mut browser);
}

#[test]
fn a_pane_that_comes_back_too_late_is_told_so() {
    let (_server, mut browser) = open();
    browser.click("#publish");
    wait_for_received(&mut browser, 1);
    for pane in PANES {
        browser.click(&format!("[data-pane={pane}] [data-cut]"));
    }
    browser.click("#overflow");
    browser.wait(
        "document.querySelector('#publish-status').textContent.includes('150')",
        SOON,
    );
    for pane in PANES {
        browser.click(&format!("[data-pane={pane}] [data-resume]"));
    }
    for pane in PANES {
        let gap =
            format!("document.querySelector('[data-pane={pane}] [data-rows] > li[data-gap]')");
        browser.wait(&format!("{gap} !== null"), SOON);
    }
    wait_for_agreement(&mut browser, "gap");
    // The first message and the oldest fifty of the hundred and fifty.
    wait_for_received(&mut browser, 101);
    // A hundred rows are above it.
    browser.click("#show-gaps");
    let seen = "[...document.querySelectorAll('[data-rows] > [data-gap]')].every((gap) => {
        const [row, list] = [gap, gap.parentElement].map((one) => one.getBoundingClientRect());
        return row.top >= list.top && row.bottom <= list.bottom;
    })";
    browser.wait(seen, SOON);
    check_no_complaints(&mut browser);
}

#[test]
fn the_clock_ticks_while_somebody_looks() {
    let (_server, mut browser) = open();
    browser.wait(
        "/\\d/.test(document.querySelector('#clock-time').textContent)",
        SOON,
    );
    check_no_complaints(&mut browser);
}

/// A browser keeps six connections to a server: those left behind would soon be all.
#[test]
fn a_change_of_channel_leaves_no_connection_behind() {
    let (server, mut browser) = open();
    let mut publisher = Publisher::connect(&server);
    for channel in ["second", "third", "fourth"] {
        switch_to(&mut browser, channel);
        publisher.publish(channel, "here");
        wait_for_received(&mut browser, 1);
    }
    for transport in ["ws", "sse", "ndjson", "socketio"] {
        until(transport, || held(&server, transport) == 1);
    }
    // That of the pane, and that of the clock.
    until("longpoll", || held(&server, "longpoll") == 2);
    for channel in ["demo", "second", "third"] {
        assert_eq!(publisher.subscribers(channel), 0, "{channel}");
    }

    browser.run("() => performance.clearResourceTimings()", &json!(null));
    for channel in ["demo", "second", "third"] {
        publisher.publish(channel, "nobody");
    }
    publisher.publish("fourth", "here again");
    wait_for_received(&mut browser, 2);
    let asked = "() => performance.getEntriesByType('resource')
        .map(({ name }) => name)
        .filter((name) => /sub.(demo|second|third)/.test(name))";
    assert_eq!(browser.run(asked, &json!(null)), json!([]));
    check_no_complaints(&mut browser);
}

/// Four connections of each would be more than a browser makes to one server.
#[test]
fn the_tab_that_was_looked_at_last_has_the_connections() {
    let (server, mut browser) = open();
    let states = "(page) => PANES.map((pane) =>
        page.document.querySelector(`[data-pane=${pane}] [data-state]`)?.dataset.state).join()";
    let states = states.replace("PANES", &json!(PANES).to_string());
    let open_another =
        format!("() => {{ window.states = {states}; window.other = window.open('/'); }}");
    browser.run(&open_another, &json!(null));
    let (has_all, has_one) = (
        "open,open,polling,open,open",
        "open,paused,paused,paused,open",
    );
    browser.wait(&format!("states(other) === '{has_all}'"), SOON);
    browser.wait(&format!("states(window) === '{has_one}'"), SOON);
    until("longpoll", || held(&server, "longpoll") == 2);

    Publisher::connect(&server).publish("demo", "for both");
    let received =
        "other.document.querySelector('[data-pane=longpoll] [data-received]').textContent";
    browser.wait(&format!("{received} === '1'"), SOON);
    browser.run(
        "() => { window.dispatchEvent(new Event('focus')); }",
        &json!(null),
    );
    browser.wait(&format!("states(window) === '{has_all}'"), SOON);
    browser.wait(&format!("states(other) === '{has_one}'"), SOON);
    wait_for_received(&mut browser, 1);
    wait_for_agreement(&mut browser, "same");
    check_no_complaints(&mut browser);
}

/// `EventSource` learns names from the others, and reads again what it did not hear.
#[test]
fn stored_events_are_stored_for_every_pane() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    for name in ["one", "two", "two"] {
        publisher.publish_with("demo", &[&format!("X-EventSource-Event: {name}")], name);
    }
    let mut browser = Browser::start(&clients());
    browser.open(&server.url("/"));
    wait_for_received(&mut browser, 3);
    let origins =
        "() => [...document.querySelectorAll('[data-rows] > li')].map((row) => row.dataset.origin)";
    assert_eq!(
        browser.run(origins, &json!(null)),
        json!(vec!["stored"; 15])
    );
    check_no_complaints(&mut browser);
}

#[test]
fn what_was_said_of_one_channel_is_not_said_of_the_next() {
    let (_server, mut browser) = open();
    let said = "document.querySelector('#publish-status').textContent";
    browser.click("#publish");
    browser.wait(
        &format!("{said}.endsWith(' 5 connected at that moment.')"),
        SOON,
    );
    switch_to(&mut browser, "second");
    browser.wait(&format!("{said} === ''"), SOON);
}

/// A burst is a request after the other.
#[test]
fn a_burst_says_how_far_it_is() {
    let (_server, mut browser) = open();
    let watch = "() => {
        const progress = document.querySelector('#publish-progress');
        window.steps = [];
        new MutationObserver(() => steps.push(progress.textContent)).observe(progress, { childList: true });
    }";
    browser.run(watch, &json!(null));
    browser.click("#publish-100");
    browser.wait("steps.includes('37 of 100') && steps.at(-1) === ''", SOON);
}

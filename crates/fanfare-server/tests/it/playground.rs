//! The page that the server brings along, as a person uses it.
//!
//! The handles are those that `console/index.html` promises at its top.

use fanfare_testkit::browser::Browser;
use fanfare_testkit::server::Server;
use serde_json::{Value, json};

use crate::support::{Publisher, SOON, clients, server};

const PANES: [&str; 4] = ["websocket", "eventsource", "longpoll", "ndjson"];

/// The playground of a new server, with all panes connected.
fn open() -> (Server, Browser) {
    let server = server();
    let mut browser = Browser::start(&clients());
    browser.open(&server.url("/"));
    for pane in PANES {
        let state =
            format!("document.querySelector('[data-pane={pane}] [data-state]').dataset.state");
        browser.wait(&format!("['open', 'polling'].includes({state})"), SOON);
    }
    (server, browser)
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
fn a_message_arrives_four_times() {
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

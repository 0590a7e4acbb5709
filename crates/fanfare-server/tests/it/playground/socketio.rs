//! The pane of Socket.IO: whether it comes back as who it was, and where there is nothing to come
//! back to.

use fanfare_testkit::browser::Browser;
use fanfare_testkit::proxy::Proxy;

use super::{check_no_complaints, open, state, wait_for_agreement, wait_for_connections};
use crate::support::{Publisher, SOON, clients, launch, server};

/// Waits until the pane says something.
pub(super) fn wait_for_notice(browser: &mut Browser, text: &str) {
    let notice = "document.querySelector('[data-pane=socketio] [data-notice]')";
    browser.wait(&format!("{notice}.textContent === `{text}`"), SOON);
    browser.wait(&format!("!{notice}.hidden"), SOON);
}

fn wait_for_state(browser: &mut Browser, expected: &str) {
    browser.wait(&format!("{} === '{expected}'", state("socketio")), SOON);
}

fn wait_for_received(browser: &mut Browser, count: u32) {
    let received = "document.querySelector('[data-pane=socketio] [data-received]').textContent";
    browser.wait(&format!("{received} === '{count}'"), SOON);
}

#[test]
fn who_was_cut_is_the_same_when_it_is_back() {
    let (server, mut browser) = open();
    let mut publisher = Publisher::connect(&server);
    // It has heard nothing yet: what it is given is after the place where it began.
    for (count, said) in [(2, "2 messages"), (1, "1 message"), (0, "no messages")] {
        browser.click("[data-pane=socketio] [data-cut]");
        wait_for_state(&mut browser, "cut");
        publisher.count("demo", 0..count);
        browser.click("[data-pane=socketio] [data-resume]");
        wait_for_state(&mut browser, "open");
        wait_for_notice(
            &mut browser,
            &format!("Back as the same socket: recovered {said}."),
        );
    }
    wait_for_received(&mut browser, 3);
    wait_for_agreement(&mut browser, "same");
    check_no_complaints(&mut browser);
}

#[test]
fn a_connection_that_breaks_is_made_again() {
    let server = server();
    let proxy = Proxy::start(server.address());
    let mut browser = Browser::start(&clients());
    browser.open(&proxy.url("/"));
    wait_for_connections(&mut browser);
    // Nothing gets through until it is published: it cannot be back before.
    proxy.cut_each_after(0..1, 1);
    wait_for_state(&mut browser, "retrying");
    Publisher::connect(&server).publish("demo", "meanwhile");
    proxy.stop_cutting();
    wait_for_notice(
        &mut browser,
        "Back as the same socket: recovered 1 message.",
    );
    wait_for_received(&mut browser, 1);
    wait_for_agreement(&mut browser, "same");
}

#[test]
fn a_channel_that_was_deleted_begins_anew() {
    let (server, mut browser) = open();
    let mut publisher = Publisher::connect(&server);
    publisher.publish("demo", "old");
    wait_for_received(&mut browser, 1);
    publisher.delete("demo");
    wait_for_state(&mut browser, "cut");
    wait_for_notice(&mut browser, "The channel is over: deleted.");
    browser.click("[data-pane=socketio] [data-resume]");
    wait_for_state(&mut browser, "open");
    wait_for_notice(&mut browser, "Back as a new socket, with no messages.");
    publisher.publish("demo", "new");
    wait_for_received(&mut browser, 2);
}

/// The server says `gap` and `end` itself, to whoever looks at the name alone.
#[test]
fn publishers_may_use_the_names_of_the_servers_events() {
    let (server, mut browser) = open();
    let mut publisher = Publisher::connect(&server);
    for (count, name) in (1..).zip(["gap", "end"]) {
        let body = r#"{"channel":"demo","reason":"deleted"}"#;
        publisher.publish_with("demo", &[&format!("X-EventSource-Event: {name}")], body);
        // `EventSource` learns the name from the others, and reads again. What comes before it has
        // learnt it would take it past the message.
        super::wait_for_received(&mut browser, count);
    }
    publisher.publish("demo", "after them");
    super::wait_for_received(&mut browser, 3);
    wait_for_agreement(&mut browser, "same");
    check_no_complaints(&mut browser);
}

#[test]
fn where_it_is_switched_off_the_others_go_on() {
    let server = launch().set("socketio.enabled=false").start();
    let mut browser = Browser::start(&clients());
    browser.open(&server.url("/"));
    wait_for_state(&mut browser, "off");
    let sentence = "This server has it switched off (socketio.enabled).";
    wait_for_notice(&mut browser, sentence);
    browser.click("#publish");
    let agreement = "document.querySelector('#agreement-text').textContent";
    browser.wait(
        &format!("{agreement}.startsWith('All four agree: 1 of 1')"),
        SOON,
    );
}

#[test]
fn who_is_not_let_in_says_why() {
    let server = launch()
        .set("subscribe.existing_channels_only=true")
        .start();
    Publisher::connect(&server).publish("demo", "so that it exists");
    let mut browser = Browser::start(&clients());
    browser.open(&server.url("/"));
    wait_for_state(&mut browser, "cut");
    let why = "only existing channels may be chosen (subscribe.existing_channels_only)";
    wait_for_notice(&mut browser, &format!("Not let in: {why}."));
}

//! Clients before 1.0, as packages have them, in Chromium: scripts only pages have.

use std::process::Command;

use fanfare_testkit::browser::Browser;
use serde_json::json;

use crate::site::{packages, script, start};

/// Runs all cases in a page.
fn check(package: &str, transport: &str) {
    let old_client = packages().join("old_client.js");
    let bundled = Command::new(packages().join("node_modules/.bin/esbuild"))
        .args(["--bundle", "--format=iife", "--log-level=warning"])
        .arg(format!("--alias:old-client={}", old_client.display()))
        .arg(script("page_old.js"))
        .output()
        .expect("esbuild is among the packages");
    assert!(bundled.status.success(), "{bundled:?}");
    let cases = String::from_utf8(bundled.stdout).expect("a script");
    let file = format!("node_modules/{package}/dist/socket.io.js");
    let client = std::fs::read_to_string(packages().join(file));

    let server = start();
    let mut browser = Browser::start(&packages());
    // An error is a page too.
    browser.open(&server.url("/socket.io/"));
    // The client puts scripts of its own beside the first one of the page.
    let load = "(text) => {
        document.head.append(Object.assign(document.createElement('script'), { text }));
    }";
    browser.run(
        load,
        &json!(client.expect("the client is among the packages")),
    );
    browser.run(load, &json!(cases));
    let options = json!({"path": "/sio09", "transports": [transport]});
    let cases = browser.run("(options) => start(options)", &options);
    for case in cases.as_array().expect("a list") {
        println!("{package} over {transport}: {case}");
        browser.run("(name) => perform(name)", case);
    }
}

#[test]
fn client_0_9_with_scripts() {
    check("socket.io-client-0.9", "jsonp");
}

#[test]
fn client_0_9_polling() {
    check("socket.io-client-0.9", "polling");
}

#[test]
fn client_0_9_over_a_web_socket() {
    check("socket.io-client-0.9", "websocket");
}

#[test]
fn client_0_7_with_scripts() {
    check("socket.io-client-0.7", "jsonp");
}

//! The client of 2011, unchanged, in Chromium: over those of its transports that a browser of
//! today still has. Those that browsers have given up are in the transcripts.

use fanfare_testkit::browser::Browser;
use serde_json::{Value, json};

use crate::site::{packages, script, start};

fn check(transport: &str) {
    let server = start();
    let mut browser = Browser::start(&packages());
    // An error is a page too.
    browser.open(&server.url("/socket.io/"));
    let file = packages().join("node_modules/socket.io-0/support/socket.io-client/socket.io.js");
    let client = std::fs::read_to_string(file).expect("the client is among the packages");
    let load = "(text) => {
        const script = Object.assign(document.createElement('script'), { text });
        document.head.append(script);
        return io.version;
    }";
    assert_eq!(browser.run(load, &json!(client)), json!("0.6.3"));
    let page = std::fs::read_to_string(script("museum.js")).expect("our script");
    let (_, function) = page.split_once("\n\n").expect("a comment before it");
    let function = function.trim_end().trim_end_matches(';');
    assert_eq!(browser.run(function, &json!(transport)), Value::Null);
}

#[test]
fn web_socket() {
    check("websocket");
}

#[test]
fn polling() {
    check("xhr-polling");
}

#[test]
fn scripts() {
    check("jsonp-polling");
}

//! The client of 2011, unchanged, in Chromium: over those of its transports that a browser of
//! today still has. In Node it has all of them.

use fanfare_testkit::browser::Browser;
use fanfare_testkit::proxy::Proxy;
use serde_json::{Value, json};

use crate::site::{packages, script, start};

const CLIENT: &str = "node_modules/socket.io-0/support/socket.io-client/socket.io.js";

const ATTEMPTS: usize = 5;

/// What shows a page and runs functions in it, given as their text.
pub trait Page {
    fn open(&mut self, url: &str);
    fn run(&mut self, function: &str, argument: &Value) -> Value;
}

impl Page for Browser {
    fn open(&mut self, url: &str) {
        self.open(url);
    }

    fn run(&mut self, function: &str, argument: &Value) -> Value {
        self.run(function, argument)
    }
}

/// Runs all cases in a page, one after the other. On a machine that is too busy for heartbeats, all
/// of them are tried again.
pub fn check(page: &mut impl Page, transport: &str) {
    let is_done = (0..ATTEMPTS).any(|_| passes(page, transport));
    assert!(is_done, "connections always break");
}

fn passes(page: &mut impl Page, transport: &str) -> bool {
    let server = start();
    load(page, &server.url(""));
    let cases = page.run("(transport) => start(transport)", &json!(transport));
    let cases = cases.as_array().expect("a list");
    cases.iter().all(|case| {
        println!("{transport}: {case}");
        page.run("(name) => perform(name)", case) == true
    })
}

/// Breaks off all connections: both clients notice and come back.
pub fn check_cut(page: &mut impl Page, transport: &str) {
    let server = start();
    let proxy = Proxy::start(server.address());
    load(page, &proxy.url(""));
    page.run("(transport) => start(transport)", &json!(transport));
    // Between two polls there is nothing to cut.
    let is_cut = (0..ATTEMPTS).any(|_| {
        page.run("() => expectCut()", &Value::Null);
        proxy.cut_now();
        page.run("() => isCut()", &Value::Null) == true
    });
    assert!(is_cut, "nobody notices");
    page.run("() => comeBack()", &Value::Null);
}

/// Loads the client and the cases into a page of that origin.
fn load(page: &mut impl Page, origin: &str) {
    // An error is a page too.
    page.open(&format!("{origin}/socket.io/"));
    let client = std::fs::read_to_string(packages().join(CLIENT));
    let client = client.expect("the client is among the packages");
    let load = "(text) => {
        const script = Object.assign(document.createElement('script'), { text });
        document.head.append(script);
        return io.version;
    }";
    assert_eq!(page.run(load, &json!(client)), json!("0.6.3"));
    let cases = std::fs::read_to_string(script("museum.js")).expect("our script");
    page.run("(text) => { (0, eval)(text); }", &json!(cases));
}

fn chromium() -> Browser {
    Browser::start(&packages())
}

#[test]
fn web_socket() {
    let mut page = chromium();
    check(&mut page, "websocket");
    check_cut(&mut page, "websocket");
}

// Chromium itself asks again when a connection breaks that it had used before: these two would not
// notice.

#[test]
fn polling() {
    check(&mut chromium(), "xhr-polling");
}

#[test]
fn scripts() {
    check(&mut chromium(), "jsonp-polling");
}

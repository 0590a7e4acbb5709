//! The official client 4.x in Chromium, as the contract serves it.

use std::process::Command;

use fanfare_testkit::browser::Browser;
use fanfare_testkit::proxy::Proxy;
use serde_json::{Value, json};

use crate::site::{SOON, packages, script, start};
use crate::websocket::WebSocket;

/// Breaks that a page has to survive.
const BREAKS: u64 = 10;

/// A page of that origin, with the client and the cases.
fn page(origin: &str) -> Browser {
    let bundled = Command::new(packages().join("node_modules/.bin/esbuild"))
        .args(["--bundle", "--format=iife", "--log-level=warning"])
        .arg(script("page.js"))
        .output()
        .expect("esbuild is among the packages");
    assert!(bundled.status.success(), "{bundled:?}");
    let cases = String::from_utf8(bundled.stdout).expect("a script");

    let mut browser = Browser::start(&packages());
    // An error is a page too.
    browser.open(&format!("{origin}/socket.io/"));
    let load = "(url) => new Promise((resolve, reject) => {
        const script = Object.assign(document.createElement('script'), { src: url });
        Object.assign(script, { onload: () => resolve(typeof io), onerror: reject });
        document.head.append(script);
    })";
    let client = format!("{origin}/socket.io/socket.io.js");
    assert_eq!(browser.run(load, &json!(client)), json!("function"));
    browser.run("(text) => { (0, eval)(text); }", &json!(cases));
    browser
}

/// Runs all cases in a page.
fn check(transports: &[&str]) {
    let server = start();
    let mut browser = page(&server.url(""));
    let options = json!({"path": "/sio", "transports": transports});
    let cases = browser.run("(options) => start(options)", &options);
    for case in cases.as_array().expect("a list") {
        println!("{}: {case}", transports.join(", "));
        browser.run("(name) => perform(name)", case);
    }
}

#[test]
fn polling() {
    check(&["polling"]);
}

#[test]
fn web_socket() {
    check(&["websocket"]);
}

#[test]
fn upgrade() {
    check(&["polling", "websocket"]);
}

/// Events come while connections are cut: each is heard once, in order.
fn check_recovery(transports: &[&str]) {
    let server = start();
    let proxy = Proxy::start(server.address());
    let mut browser = page(&proxy.url(""));
    let options = json!({"path": "/sio-csr", "transports": transports});
    browser.run("(options) => { start(options); }", &options);
    browser.run("() => open()", &Value::Null);

    let mut other = WebSocket::open(server.address(), "/sio-csr/?EIO=4&transport=websocket");
    other.hear();
    other.text("40");
    let mut count = 0;
    for number in 1..=BREAKS {
        // Between two polls there is nothing to cut.
        loop {
            proxy.cut_now();
            let state = browser.run("() => state()", &Value::Null);
            if state["breaks"].as_u64() >= Some(number) {
                break;
            }
        }
        for _ in 0..5 {
            other.text(&format!(r#"42["broadcast","m",{count}]"#));
            count += 1;
        }
        // One that has lost its place would wait for ever.
        let enough = format!("state().heard.length >= {count} || !state().isSame");
        browser.wait(&enough, SOON);
    }
    browser.wait("state().isRecovered", SOON);
    let state = browser.run("() => state()", &Value::Null);
    let heard: Vec<u32> = (0..count).collect();
    assert_eq!(state["heard"], json!(heard));
    assert_eq!(state["isSame"], true, "{state}");
    println!(
        "{count} events, {} breaks: none lost, none twice",
        state["breaks"]
    );
}

#[test]
fn recovery_over_polling() {
    check_recovery(&["polling"]);
}

#[test]
fn recovery_over_web_socket() {
    check_recovery(&["websocket"]);
}

#[test]
fn recovery_after_an_upgrade() {
    check_recovery(&["polling", "websocket"]);
}

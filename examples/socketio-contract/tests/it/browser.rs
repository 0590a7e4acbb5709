//! The official client 4.x in Chromium, as the contract serves it.

use std::process::Command;
use std::time::{Duration, Instant};

use fanfare_testkit::browser::Browser;
use fanfare_testkit::proxy::Proxy;
use serde_json::{Value, json};

use crate::site::{SOON, packages, script, start};
use crate::websocket::WebSocket;

/// Breaks that a page has to survive.
const BREAKS: u64 = 10;

/// A little less than the mount keeps the places of those who are away. It begins to count when it
/// sees the break, which may be long before the page does.
const PLACE_TIME: Duration = Duration::from_millis(2_500);

const ATTEMPTS: usize = 10;

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

/// Events come while connections are cut: each is heard once, in order. On a machine that is too
/// busy for the page to be back in time, it is tried again.
fn check_recovery(transports: &[&str]) {
    let is_done = (0..ATTEMPTS).any(|_| survives(transports));
    assert!(is_done, "always away for longer than places are kept");
}

/// False if a place may have expired.
fn survives(transports: &[&str]) -> bool {
    let server = start();
    let proxy = Proxy::start(server.address());
    let mut browser = page(&proxy.url(""));
    let options = json!({"path": "/sio-csr", "transports": transports});
    browser.run("(options) => { start(options); }", &options);
    browser.run("() => open()", &Value::Null);
    let mut state = move || browser.run("() => state()", &Value::Null);

    let mut other = WebSocket::open(server.address(), "/sio-csr/?EIO=4&transport=websocket");
    other.hear();
    other.text("40");
    let mut heard = Vec::new();
    for number in 1..=BREAKS {
        let cut = Instant::now();
        // Between two polls there is nothing to cut.
        while state()["breaks"].as_u64() < Some(number) {
            proxy.cut_now();
            stays(&mut other);
        }
        for _ in 0..5 {
            other.text(&format!(r#"42["broadcast","m",{}]"#, heard.len()));
            heard.push(heard.len());
        }
        let deadline = Instant::now() + SOON;
        loop {
            stays(&mut other);
            let now = state();
            if now["isSame"] != true {
                assert!(cut.elapsed() > PLACE_TIME, "{now}");
                return false;
            }
            if now["heard"] == json!(heard) && now["isConnected"] == true {
                break;
            }
            assert!(Instant::now() < deadline, "{now}");
        }
    }
    println!(
        "{} events, {BREAKS} breaks: none lost, none twice",
        heard.len()
    );
    true
}

/// Has it answer the pings that have come.
fn stays(socket: &mut WebSocket) {
    socket.text(r#"420["rooms"]"#);
    while !socket.hear().starts_with("430[") {}
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

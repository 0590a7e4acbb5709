//! The official clients in Node, each generation over each way to connect. The cases are in
//! `clients/cases`.

use std::time::{Duration, Instant};

use fanfare_testkit::script::Script;
use serde_json::json;

use crate::site::{SOON, packages, script, start};

/// One case: some wait for what takes seconds by nature, and there may be much else to do.
const CASE_TIME_MAX: Duration = Duration::from_secs(100);

/// Ways to connect.
type Ways = &'static [&'static [&'static str]];

/// The last is the clients' own.
const WAYS: Ways = &[&["polling"], &["websocket"], &["polling", "websocket"]];

/// Those before 1.0 had no upgrade.
const OLD_WAYS: Ways = &[&["polling"], &["websocket"]];

/// Runs all cases of a group with one package, at one mount; each way has a server of its own.
fn check(package: &str, major: u32, path: &str, group: &str, parser: Option<&str>) {
    let begun = Instant::now();
    let run = |transports: &'static [&str]| {
        let server = start();
        let mut node = Script::start(&packages(), &script("drive.js"));
        let start = json!({
            "client": package, "major": major, "parser": parser, "group": group,
            "port": server.address().port(), "path": path, "transports": transports,
        });
        let cases = node.call("start", &start, SOON);
        let cases = cases.as_array().expect("a list");
        for case in cases {
            let begun = Instant::now();
            let figures = node.call("run", &json!({ "name": case }), CASE_TIME_MAX);
            let way = transports.join(", ");
            let figures = figures.as_str().unwrap_or_default();
            println!(
                "{package} at {path} over {way}: {case}, {:?} {figures}",
                begun.elapsed()
            );
        }
        cases.len()
    };
    let count: usize = std::thread::scope(|scope| {
        let ways = if major < 1 { OLD_WAYS } else { WAYS };
        let begin = |transports: &&'static [_]| {
            let transports = *transports;
            scope.spawn(move || run(transports))
        };
        let ways: Vec<_> = ways.iter().map(begin).collect();
        ways.into_iter()
            .map(|way| way.join().expect("all cases pass"))
            .sum()
    });
    println!(
        "{package} at {path}: {count} cases in {:?}",
        begun.elapsed()
    );
}

#[test]
fn client_4() {
    check("socket.io-client", 4, "/sio", "all", None);
}

#[test]
fn client_3() {
    check("socket.io-client-3", 3, "/sio", "all", None);
}

#[test]
fn client_2() {
    check("socket.io-client-2", 2, "/sio", "all", None);
}

#[test]
fn client_1() {
    check("socket.io-client-1", 1, "/sio", "all", None);
}

#[test]
fn client_4_with_msgpack() {
    let parser = Some("socket.io-msgpack-parser");
    check("socket.io-client", 4, "/sio-mp", "all", parser);
}

#[test]
fn client_4_comes_back() {
    check("socket.io-client", 4, "/sio-csr", "recovery", None);
}

/// A client before 1.0: what is its own, and what it has in common with the others.
fn check_old(package: &str) {
    check(package, 0, "/sio09", "protocol1", None);
    check(package, 0, "/sio", "common", None);
}

#[test]
fn client_0_9() {
    check_old("socket.io-client-0.9");
}

#[test]
fn client_0_9_0() {
    check_old("socket.io-client-0.9.0");
}

#[test]
fn client_0_8() {
    check_old("socket.io-client-0.8");
}

#[test]
fn client_0_7() {
    check_old("socket.io-client-0.7");
}

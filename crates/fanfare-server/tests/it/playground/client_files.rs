//! The official browser client, as pages load it from the server.

use fanfare_testkit::browser::Browser;
use serde_json::json;

use crate::support::{Publisher, Raw, SOON, clients, launch, server, until_held};

/// Names below `/socket.io/`, and how they begin.
const FILES: [(&str, &str); 8] = [
    ("socket.io.js", "/*!\n * Socket.IO v4."),
    ("socket.io.js.map", "{\"version\":3"),
    ("socket.io.min.js", "/*!\n * Socket.IO v4."),
    ("socket.io.min.js.map", "{\"version\":3"),
    ("socket.io.esm.min.js", "/*!\n * Socket.IO v4."),
    ("socket.io.esm.min.js.map", "{\"version\":3"),
    ("socket.io.msgpack.min.js", "/*!\n * Socket.IO v4."),
    ("socket.io.msgpack.min.js.map", "{\"version\":3"),
];

#[test]
fn every_file_is_there() {
    let server = server();
    let mut raw = Raw::connect(&server);
    for (name, beginning) in FILES {
        let line = format!("GET /socket.io/{name}?from=a-page");
        let whole = raw.ask(&line, &[]);
        let kind = if name.ends_with(".map") {
            "application/json; charset=utf-8"
        } else {
            "application/javascript; charset=utf-8"
        };
        assert!(whole.text().starts_with(beginning), "{name}");
        whole
            .with("content-type", kind)
            .with("etag", "\"4.8.4\"")
            .with("cache-control", "public, max-age=0")
            .with("vary", "accept-encoding")
            .without("content-encoding");
        assert_eq!(whole.status, 200, "{name}");

        let packed = raw.ask(&line, &["Accept-Encoding: gzip"]);
        packed.with("content-encoding", "gzip");
        assert!(packed.body.len() < whole.body.len() / 2, "{name}");

        let head = raw.ask(&line.replace("GET", "HEAD"), &[]);
        assert_eq!(head.status, 200, "{name}");
        head.with("content-length", &whole.body.len().to_string());

        for method in ["GET", "HEAD"] {
            let known = raw.ask(
                &line.replace("GET", method),
                &["If-None-Match: W/\"4.8.4\""],
            );
            known.check(304, "").with("etag", "\"4.8.4\"");
        }
    }
}

#[test]
fn without_socketio_there_are_none() {
    let server = launch().set("socketio.enabled=false").start();
    let mut raw = Raw::connect(&server);
    for (name, _) in FILES {
        let answer = raw.ask(&format!("GET /socket.io/{name}"), &[]);
        assert_eq!(answer.status, 404, "{name}");
    }
}

#[test]
fn a_page_that_loads_the_script_hears_a_channel() {
    let server = server();
    let mut browser = Browser::start(&clients());
    browser.open(&server.url("/healthz"));
    let listen = "async () => {
        const script = document.createElement('script');
        script.src = '/socket.io/socket.io.js';
        await new Promise((loaded) => {
            script.onload = loaded;
            document.body.append(script);
        });
        const socket = io();
        window.heard = [];
        socket.on('message', (data, id) => heard.push([data, id]));
        return socket.emitWithAck('subscribe', 'news');
    }";
    let answer = browser.run(listen, &json!(null));
    assert_eq!(answer, json!({"op": "subscribed", "channel": "news"}));
    until_held(&server, "news", 1);
    let id = Publisher::connect(&server).publish("news", "Hello, world");
    browser.wait("heard.length > 0", SOON);
    let heard = browser.run("() => heard", &json!(null));
    assert_eq!(heard, json!([["Hello, world", id.to_string()]]));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

//! Behind a reverse proxy that was told nothing special: nginx with its defaults.

use fanfare_testkit::server::Server;
use serde_json::Value;

use crate::support::frame;
use crate::support::nginx::Nginx;
use crate::support::sse::Events;
use crate::support::{Id, Publisher, Raw, server, until_held};

/// A server and an nginx in front of it. WebSocket takes the lines that nginx's manual gives.
fn start() -> (Server, Nginx) {
    let server = server();
    let address = server.address();
    let nginx = Nginx::start(&format!(
        "location / {{ proxy_pass http://{address}; }}
        location /websocket/ {{
            proxy_pass http://{address}/;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
        }}"
    ));
    (server, nginx)
}

// nginx would collect 4 KiB before it sends any; a header of the answer asks it not to.
#[test]
fn streams_are_not_held_back() {
    let (server, nginx) = start();
    let open = |transport: &str| {
        let line = format!("GET /sub/c?as={transport}");
        Raw::connect_to(nginx.address()).stream(&line, &[])
    };
    let mut events = Events::of(open("sse"));
    let (_, mut lines) = open("ndjson");
    let (_, mut raw) = open("stream");
    until_held(&server, "c", 3);
    let mut publisher = Publisher::connect(&server);
    for number in 0..10 {
        let text = format!("small {number}");
        publisher.publish("c", &text);
        assert_eq!(events.next().unwrap().data, text);
        let line: Value = serde_json::from_str(&lines.line().unwrap()).unwrap();
        assert_eq!(line["data"], text);
        assert_eq!(raw.line().unwrap(), text);
    }
}

#[test]
fn polls_are_held_and_cursors_pass() {
    let (server, nginx) = start();
    let mut client = Raw::connect_to(nginx.address());
    client.begin("GET /sub/c", &[]);
    until_held(&server, "c", 1);
    let published = Raw::connect_to(nginx.address()).tell("POST /pub/c", &[], "first");
    assert_eq!(published.status, 201);
    let first = client.answer();
    first.check(200, "first");
    let [modified, tag] = Id::of_poll(&first).conditions();
    Publisher::connect(&server).publish("c", "second");
    client
        .ask("GET /sub/c", &[&modified, &tag])
        .check(200, "second");
}

#[test]
fn sockets_pass() {
    let (server, nginx) = start();
    let mut raw = Raw::connect_to(nginx.address());
    frame::upgrade(&mut raw, "/websocket/sub/c", &[]);
    until_held(&server, "c", 1);
    Publisher::connect(&server).publish("c", "hello");
    assert_eq!(frame::read(&mut raw), (0x81, b"hello".to_vec()));
    raw.send(frame::masked(frame::PING, b"abc"));
    assert_eq!(frame::read(&mut raw), (0x80 | frame::PONG, b"abc".to_vec()));
}

#[test]
fn who_leaves_is_gone() {
    let (server, nginx) = start();
    let stream = Raw::connect_to(nginx.address()).stream("GET /sub/c?as=sse", &[]);
    until_held(&server, "c", 1);
    drop(stream);
    until_held(&server, "c", 0);
}

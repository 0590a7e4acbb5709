//! Clients 0.7 to 0.9: 12.15.

use std::net::SocketAddr;

use crate::http::{Http, Reply, get, post};
use crate::site::start;
use crate::websocket::{Frame, WebSocket};

const PACKETS: &str = "text/plain; charset=UTF-8";
const SCRIPT: &str = "text/javascript; charset=UTF-8";
const WELCOME: &str = r#"5:::{"name":"welcome","args":[{"ok":true}]}"#;
const UNKNOWN: &str = "7:::1+0";

/// Shakes hands; returns the id.
fn open(address: SocketAddr) -> String {
    let reply = get(address, "/sio09/1/?t=1321000000000");
    let is = reply.field("content-type");
    assert_eq!((reply.status, is), (200, Some("text/plain")), "{reply:?}");
    id(reply.text())
}

fn id(text: &str) -> String {
    let id = text.strip_suffix(":15:25:websocket,xhr-polling,jsonp-polling");
    let id = id.unwrap_or_else(|| panic!("{text:?}"));
    assert_eq!(id.len(), 20, "{text:?}");
    id.to_owned()
}

#[track_caller]
fn check(reply: &Reply, content_type: &str, body: &str) {
    assert_eq!((reply.status, reply.text()), (200, body));
    assert_eq!(reply.field("content-type"), Some(content_type));
}

#[test]
fn polling() {
    let server = start();
    let address = server.address();
    let target = format!("/sio09/1/xhr-polling/{}?t=1", open(address));
    let hear = |expected: &str| check(&get(address, &target), PACKETS, expected);
    let say = |packets: &str| check(&post(address, &target, packets), PACKETS, "1");
    hear("1::");
    hear(WELCOME);
    say("3:::h€llo");
    hear("3:::h€llo");
    say(r#"4:::{"a":[1,"é"]}"#);
    hear(r#"4:::{"a":[1,"é"]}"#);
    say(r#"5:1+::{"name":"with-ack","args":["x",1]}"#);
    hear(r#"6:::1+["x",1]"#);
    say("1::/custom");
    hear(concat!(
        "\u{fffd}10\u{fffd}1::/custom",
        "\u{fffd}50\u{fffd}5::/custom:",
        r#"{"name":"welcome","args":[{"ok":true}]}"#
    ));
    // Lengths count as JavaScript does.
    say("\u{fffd}19\u{fffd}3::/custom:h€llo 😀\u{fffd}9\u{fffd}3:7::main");
    hear(concat!(
        "\u{fffd}19\u{fffd}3::/custom:h€llo 😀",
        "\u{fffd}5\u{fffd}6:::7",
        "\u{fffd}8\u{fffd}3:::main"
    ));
    say("0::/custom");
    // After the poll's time.
    hear("8::");
    let unknown = get(address, "/sio09/1/xhr-polling/123456?t=7");
    check(&unknown, PACKETS, UNKNOWN);
    let end = get(address, &format!("{target}&disconnect=1"));
    assert_eq!((end.status, end.text()), (200, ""));
    hear(UNKNOWN);
}

#[test]
fn scripts() {
    let server = start();
    let address = server.address();
    let reply = get(address, "/sio09/1/?t=1321000000000&jsonp=0");
    assert_eq!(reply.field("content-type"), Some("application/javascript"));
    let text = reply.text().strip_prefix("io.j[0](\"");
    let text = text.and_then(|text| text.strip_suffix("\");"));
    let id = id(text.expect("a script"));
    let target = format!("/sio09/1/jsonp-polling/{id}?t=1&i=3");
    let hear = |expected: &str| {
        let expected = format!("io.j[3]({expected});");
        check(&get(address, &target), SCRIPT, &expected);
    };
    hear(r#""1::""#);
    hear(r#""5:::{\"name\":\"welcome\",\"args\":[{\"ok\":true}]}""#);
    let mut http = Http::connect(address);
    let form = "d=%223%3A%3A%3Aa%5C%22b%5Cn%E2%82%AC%22";
    http.begin_post(
        &target,
        "application/x-www-form-urlencoded",
        form.as_bytes(),
    );
    check(&http.reply(), PACKETS, "1");
    hear(r#""3:::a\"b\n€""#);
    let unknown = get(address, "/sio09/1/jsonp-polling/123456?i=1");
    check(&unknown, SCRIPT, r#"io.j[1]("7:::1+0");"#);
}

#[test]
fn web_socket() {
    let server = start();
    let address = server.address();
    let id = open(address);
    let target = format!("/sio09/1/websocket/{id}");
    let mut socket = WebSocket::open(address, &target);
    let mut check = |say: &str, expected: &[&str]| {
        if !say.is_empty() {
            socket.text(say);
        }
        for packet in expected {
            assert_eq!(socket.frame(), Frame::Text((*packet).to_owned()), "{say}");
        }
    };
    check("", &["1::", WELCOME]);
    check("3:::hello", &["3:::hello"]);
    check("3:1::hello", &["6:::1", "3:::hello"]);
    check(
        "1::/custom:?token=a",
        &["1::/custom", &WELCOME.replace("5::", "5::/custom")],
    );
    check("2::", &[]);
    check("1::/admin:?token=wrong", &["7::/admin:2"]);
    check(
        "1::/admin:?token=secret",
        &["1::/admin", &WELCOME.replace("5::", "5::/admin")],
    );
    check("0::/custom", &[]);
    let ask = r#"5:2+::{"name":"leave-me","args":[false]}"#;
    check(ask, &["0::"]);
    assert_eq!(socket.frame(), Frame::End);
    let mut socket = WebSocket::open(address, &target);
    assert_eq!(socket.frame(), Frame::Text(UNKNOWN.to_owned()));
    assert_eq!(socket.frame(), Frame::End);
}

/// What waits for a poll goes over the WebSocket, and no poll is of use after that.
#[test]
fn from_polling_to_a_web_socket() {
    let server = start();
    let address = server.address();
    let id = open(address);
    let target = format!("/sio09/1/xhr-polling/{id}");
    check(&get(address, &target), PACKETS, "1::");
    let mut socket = WebSocket::open(address, &format!("/sio09/1/websocket/{id}"));
    assert_eq!(socket.frame(), Frame::Text(WELCOME.to_owned()));
    check(&get(address, &target), PACKETS, UNKNOWN);
    socket.text("3:::still here");
    assert_eq!(socket.frame(), Frame::Text("3:::still here".to_owned()));
}

/// Of two polls the later one waits. Which of them that is, two connections do not tell.
#[test]
fn one_poll_after_the_other() {
    let server = start();
    let address = server.address();
    let target = format!("/sio09/1/xhr-polling/{}", open(address));
    check(&get(address, &target), PACKETS, "1::");
    check(&get(address, &target), PACKETS, WELCOME);
    let mut polls = [Http::connect(address), Http::connect(address)];
    for poll in &mut polls {
        poll.begin("GET", &target, "");
    }
    check(&post(address, &target, "3:::x"), PACKETS, "1");
    let mut bodies = polls.map(|mut poll| poll.reply().text().to_owned());
    bodies.sort();
    assert_eq!(bodies, ["3:::x", "8::"]);
}

/// What they say is nobody's elsewhere.
#[test]
fn where_they_are_not_served() {
    let server = start();
    for path in ["/socket.io/", "/sio-mp/", "/eio3/"] {
        for rest in ["1/?t=1", "1/xhr-polling/123456?t=1"] {
            let reply = get(server.address(), &format!("{path}{rest}"));
            let body = r#"{"code":0,"message":"Transport unknown"}"#;
            assert_eq!((reply.status, reply.text()), (400, body), "{path}{rest}");
        }
    }
}

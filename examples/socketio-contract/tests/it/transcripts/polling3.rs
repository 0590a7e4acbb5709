//! Polling, revision 3: 12.8, 12.9, 12.11.

use std::net::SocketAddr;

use crate::http::{Http, Reply, TEXT};
use crate::names::Names;
use crate::site::start;

/// A session; here one connection does for all.
struct Session {
    http: Http,
    target: String,
}

impl Session {
    /// Opens one; returns also the answer.
    fn open(address: SocketAddr, query: &str) -> (Self, Reply) {
        let mut http = Http::connect(address);
        let target = format!("/sio/?EIO=3&transport=polling{query}");
        http.begin("GET", &target, "");
        let reply = http.reply();
        let text = reply.text().replace('\\', "");
        let (_, rest) = text.split_once("\"sid\":\"").expect("a session");
        let (sid, _) = rest.split_once('"').expect("an id");
        let target = format!("{target}&sid={sid}");
        (Self { http, target }, reply)
    }

    fn get(&mut self) -> Reply {
        self.http.begin("GET", &self.target, "");
        self.http.reply()
    }

    /// Polls until so many bytes have come.
    fn hear(&mut self, content_type: &str, length: usize) -> Vec<u8> {
        let mut heard = Vec::new();
        while heard.len() < length {
            let reply = self.get();
            assert_eq!(reply.field("content-type"), Some(content_type), "{reply:?}");
            heard.extend(reply.body);
        }
        heard
    }

    #[track_caller]
    fn hear_text(&mut self, expected: &str) {
        let heard = self.hear("text/plain; charset=UTF-8", expected.len());
        assert_eq!(String::from_utf8(heard).expect("text"), expected);
    }

    fn post(&mut self, content_type: &str, body: &[u8]) {
        self.http.begin_post(&self.target, content_type, body);
        let reply = self.http.reply();
        let is = reply.field("content-type");
        assert_eq!((is, reply.text()), (Some("text/html"), "ok"));
    }
}

/// The open packet, its length as the mount's figures make it.
const OPEN: &str = r#"116:0{"sid":"<sid>","upgrades":["websocket"],"pingInterval":1000,"pingTimeout":2000,"maxPayload":1000000}"#;

#[test]
fn binary_for_a_client_that_asks_for_base64() {
    let server = start();
    let (mut session, reply) = Session::open(server.address(), "&b64=1");
    let open = reply.text().trim_end_matches("2:40");
    Names::default().check(OPEN, open);
    if open == reply.text() {
        session.hear_text("2:40");
    }
    session.hear_text(r#"13:42["auth",{}]"#);
    let said = r#"53:451-["message","h€llo",{"_placeholder":true,"num":0}]"#;
    session.post(TEXT, said.as_bytes());
    session.post(TEXT, b"10:b4AQIDBA==");
    session
        .hear_text(r#"58:451-["message-back","h€llo",{"_placeholder":true,"num":0}]10:b4AQIDBA=="#);
    session.post(TEXT, br#"31:420["message-with-ack",{"a":1}]"#);
    session.hear_text(r#"12:430[{"a":1}]"#);
    session.post(TEXT, b"2:41");

    let mut waiting = Http::connect(server.address());
    waiting.begin("GET", &session.target, "");
    session.post(TEXT, b"1:1");
    assert_eq!(waiting.reply().text(), "1:6");
}

#[test]
fn binary_payloads_in_both_directions() {
    let server = start();
    let (mut session, reply) = Session::open(server.address(), "");
    if !reply.text().ends_with("2:40") {
        session.hear_text("2:40");
    }
    session.hear_text(r#"13:42["auth",{}]"#);
    let mut said = b"\x00\x05\x05\xff".to_vec();
    said.extend(r#"451-["message","h€llo",{"_placeholder":true,"num":0}]"#.as_bytes());
    said.extend(b"\x01\x05\xff\x04\x01\x02\x03\x04");
    session.post("application/octet-stream", &said);
    let mut expected = b"\x00\x06\x00\xff".to_vec();
    expected.extend(r#"451-["message-back","h€llo",{"_placeholder":true,"num":0}]"#.as_bytes());
    expected.extend(b"\x01\x05\xff\x04\x01\x02\x03\x04");
    let heard = session.hear("application/octet-stream", expected.len());
    assert_eq!(heard, expected);
    session.post(TEXT, br#"31:420["message-with-ack",{"a":1}]1:2"#);
    let heard = session.hear("text/plain; charset=UTF-8", 18);
    // The pong may overtake what a handler says.
    let heard = String::from_utf8(heard).expect("text");
    assert!(
        [r#"1:312:430[{"a":1}]"#, r#"12:430[{"a":1}]1:3"#].contains(&&*heard),
        "{heard}"
    );
}

#[test]
fn scripts_for_pages_without_anything_else() {
    let server = start();
    let (mut session, reply) = Session::open(server.address(), "&j=0&b64=1");
    let open = reply.text().replace("2:40\");", "\");");
    let script = format!("___eio[0](\"{}\");", OPEN.replace('"', "\\\""));
    Names::default().check(&script, &open);
    assert_eq!(
        reply.field("content-type"),
        Some("text/javascript; charset=UTF-8")
    );
    session.target = session.target.replace("&j=0", "&j=1");
    // What is said at once may have shared the first answer.
    let mut heard = String::new();
    while !heard.contains("auth") {
        heard.push_str(session.get().text());
    }
    let greeting = "___eio[1](\"13:42[\\\"auth\\\",{}]\");";
    assert!(
        heard.ends_with(greeting) || heard == "___eio[1](\"2:4013:42[\\\"auth\\\",{}]\");",
        "{heard}"
    );
    let form = "application/x-www-form-urlencoded";
    session.post(
        form,
        b"d=24%3A42%5B%22message%22%2C%22a%5C%5Cnb%22%2C%22%E2%82%AC%22%5D",
    );
    assert_eq!(
        session.get().text(),
        r#"___eio[1]("29:42[\"message-back\",\"a\\nb\",\"€\"]");"#
    );
    session.post(form, b"d=1%3A1");
}

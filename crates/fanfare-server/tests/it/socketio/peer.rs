//! A client of Socket.IO over a WebSocket, written by hand: it says what it is told and shows what
//! comes.

use std::collections::VecDeque;

use fanfare_testkit::server::Server;
use serde_json::{Value, json};

use crate::support::frame::{self, BINARY, TEXT, masked};
use crate::support::raw::{Answer, Raw};

/// Where a socket of the current protocol begins.
pub(crate) const SOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

/// Where one of a 2.x client begins.
const SOCKET_3: &str = "/socket.io/?EIO=3&transport=websocket";

#[derive(Debug)]
pub(crate) struct Peer {
    raw: Raw,
    /// The first packet: what the server allows.
    pub(crate) opened: Value,
    /// What the namespace was entered with: `sid`, and `pid` if it can be recovered.
    pub(crate) entered: Value,
    acks: u64,
    heard: VecDeque<Heard>,
}

/// An event.
#[derive(Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) name: String,
    /// Without the name; a place of bytes is `{"_placeholder":true,"num":0}`.
    pub(crate) arguments: Vec<Value>,
    pub(crate) attachments: Vec<Vec<u8>>,
}

/// A packet of the namespace `/`.
#[derive(Debug)]
enum Packet {
    Ack(u64, Value),
    Event(Heard),
    /// A CONNECT or another one of few words.
    Other(String),
}

impl Peer {
    pub(crate) fn connect(server: &Server) -> Self {
        Self::connect_with(server, &[], &Value::Null)
    }

    /// With headers of the handshake, and what is said on entering the namespace.
    pub(crate) fn connect_with(server: &Server, headers: &[&str], auth: &Value) -> Self {
        Self::on(Raw::connect(server), headers, auth)
    }

    /// Over a connection that is there.
    pub(crate) fn on(mut raw: Raw, headers: &[&str], auth: &Value) -> Self {
        frame::upgrade(&mut raw, SOCKET, headers);
        let mut peer = Self::opened(raw);
        let auth = if auth.is_null() {
            String::new()
        } else {
            auth.to_string()
        };
        peer.say(&format!("40{auth}"));
        peer.entered = peer.entered();
        peer
    }

    /// A client of the older protocol, which is in the namespace `/` from the beginning.
    pub(crate) fn connect_3(server: &Server) -> Self {
        let mut raw = Raw::connect(server);
        frame::upgrade(&mut raw, SOCKET_3, &[]);
        let mut peer = Self::opened(raw);
        assert_eq!(peer.text(), "40");
        peer
    }

    /// One that comes back as the client it was, after what it has heard last.
    pub(crate) fn back(server: &Server, was: &Value, offset: Option<&str>) -> Self {
        let auth = json!({"pid": was["pid"], "offset": offset});
        let peer = Self::connect_with(server, &[], &auth);
        assert_eq!(peer.entered, *was, "it is not recovered");
        peer
    }

    fn opened(mut raw: Raw) -> Self {
        let (_, payload) = frame::read(&mut raw);
        let open = String::from_utf8(payload).unwrap();
        Self {
            raw,
            opened: serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap(),
            entered: Value::Null,
            acks: 0,
            heard: VecDeque::new(),
        }
    }

    /// Waits to be let in. What was missed comes before.
    fn entered(&mut self) -> Value {
        loop {
            match self.packet() {
                Packet::Event(heard) => self.heard.push_back(heard),
                Packet::Other(text) => {
                    let payload = text.strip_prefix("40");
                    let payload = payload.unwrap_or_else(|| panic!("not let in: {text}"));
                    return serde_json::from_str(payload).unwrap();
                }
                other @ Packet::Ack(..) => panic!("{other:?}"),
            }
        }
    }

    /// Sends one packet as it stands.
    pub(crate) fn say(&mut self, text: &str) {
        self.raw.send(masked(TEXT, text.as_bytes()));
    }

    /// Sends an attachment.
    pub(crate) fn attach(&mut self, bytes: &[u8]) {
        self.raw.send(masked(BINARY, bytes));
    }

    /// Emits an event without waiting for anything. `event` is its name and arguments.
    pub(crate) fn emit(&mut self, event: &Value) {
        self.say(&format!("42{event}"));
    }

    /// Emits an event and returns what it is answered.
    #[track_caller]
    pub(crate) fn ask(&mut self, event: &Value) -> Value {
        self.acks += 1;
        self.say(&format!("42{}{event}", self.acks));
        self.acked()
    }

    /// The same with bytes as the argument that a placeholder stands for.
    #[track_caller]
    pub(crate) fn ask_with(&mut self, event: &Value, bytes: &[u8]) -> Value {
        self.acks += 1;
        self.say(&format!("451-{}{event}", self.acks));
        self.attach(bytes);
        self.acked()
    }

    /// The answer to what was asked last. What is heard before it is kept.
    #[track_caller]
    fn acked(&mut self) -> Value {
        loop {
            match self.packet() {
                Packet::Event(heard) => self.heard.push_back(heard),
                Packet::Ack(number, answer) if number == self.acks => {
                    let [answer] = answer.as_array().unwrap().as_slice() else {
                        panic!("an acknowledgement has one argument: {answer}")
                    };
                    return answer.clone();
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[track_caller]
    pub(crate) fn subscribe(&mut self, channel: &str) {
        self.subscribe_since(channel, "all");
    }

    #[track_caller]
    pub(crate) fn subscribe_since(&mut self, channel: &str, since: &str) {
        let answer = self.ask(&json!(["subscribe", channel, {"since": since}]));
        assert_eq!(answer, json!({"op": "subscribed", "channel": channel}));
    }

    #[track_caller]
    pub(crate) fn unsubscribe(&mut self, channel: &str) {
        let answer = self.ask(&json!(["unsubscribe", channel]));
        assert_eq!(answer, json!({"op": "unsubscribed", "channel": channel}));
    }

    /// The next event.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Heard {
        if let Some(heard) = self.heard.pop_front() {
            return heard;
        }
        match self.packet() {
            Packet::Event(heard) => heard,
            other => panic!("{other:?}"),
        }
    }

    /// The next event has this name and these arguments.
    #[track_caller]
    pub(crate) fn hears(&mut self, name: &str, arguments: &Value) {
        let heard = self.next();
        assert_eq!((&*heard.name, &json!(heard.arguments)), (name, arguments));
    }

    /// Nothing was heard before the answer to what is asked now.
    #[track_caller]
    pub(crate) fn hears_nothing(&mut self) {
        let answer = self.ask(&json!(["unsubscribe", "a channel that nobody hears"]));
        assert_eq!(answer["code"], "not_subscribed");
        assert_eq!(self.heard, []);
    }

    fn packet(&mut self) -> Packet {
        let text = self.text();
        let (kind, rest) = text.split_at(2);
        let payload = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = &rest[..rest.len() - payload.len()];
        let is_binary = matches!(kind, "45" | "46");
        let payload = if is_binary {
            payload.strip_prefix('-').unwrap()
        } else {
            payload
        };
        let count = if is_binary {
            number.parse().unwrap()
        } else {
            0
        };
        match kind {
            "42" | "45" => {
                assert!(payload.starts_with('['), "asked for an answer: {text}");
                let mut arguments: Vec<Value> = serde_json::from_str(payload).unwrap();
                let name = arguments.remove(0);
                Packet::Event(Heard {
                    name: name.as_str().unwrap().to_owned(),
                    arguments,
                    attachments: (0..count).map(|_| self.attachment()).collect(),
                })
            }
            "43" => Packet::Ack(
                number.parse().unwrap(),
                serde_json::from_str(payload).unwrap(),
            ),
            _ => Packet::Other(text),
        }
    }

    /// The next text that is no ping.
    pub(crate) fn text(&mut self) -> String {
        loop {
            let (first, payload) = frame::read(&mut self.raw);
            let text = String::from_utf8_lossy(&payload).into_owned();
            assert_eq!(first, 0x80 | TEXT, "{text}");
            if text != "2" {
                return text;
            }
            self.say("3");
        }
    }

    fn attachment(&mut self) -> Vec<u8> {
        let (first, payload) = frame::read(&mut self.raw);
        assert_eq!(
            first,
            0x80 | BINARY,
            "{}",
            String::from_utf8_lossy(&payload)
        );
        payload
    }

    /// Breaks off without a word.
    pub(crate) fn reset(self) {
        self.raw.reset();
    }

    pub(crate) fn raw(&mut self) -> &mut Raw {
        &mut self.raw
    }
}

/// A request for a session by polling.
pub(crate) fn poll(server: &Server, headers: &[&str]) -> Answer {
    Raw::connect(server).ask("GET /socket.io/?EIO=4&transport=polling", headers)
}

/// The id of a session that a poll has opened.
#[track_caller]
pub(crate) fn sid(opened: &Answer) -> String {
    opened.check(200, opened.text());
    let open: Value = serde_json::from_str(opened.text().strip_prefix('0').unwrap()).unwrap();
    open["sid"].as_str().unwrap().to_owned()
}

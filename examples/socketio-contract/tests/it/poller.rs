//! A session over polling.

use std::net::SocketAddr;

use crate::http::{Http, Reply, TEXT, get, post};

/// A session over polling, revision 4. Pings are answered and not shown.
pub struct Poller {
    address: SocketAddr,
    /// Path and query, with the session's id.
    pub target: String,
    /// Packets that came and were not looked at.
    heard: Vec<String>,
}

/// The separator of packets.
const SEPARATOR: char = '\u{1e}';

impl Poller {
    /// Opens a session below a path such as `/sio/`.
    pub fn open(address: SocketAddr, path: &str) -> Self {
        Self::open_with(address, &format!("{path}?EIO=4&transport=polling"))
    }

    pub fn open_with(address: SocketAddr, target: &str) -> Self {
        let reply = get(address, target);
        assert_eq!(reply.status, 200, "{reply:?}");
        let (_, rest) = reply.text().split_once("\"sid\":\"").expect("a session");
        let (sid, _) = rest.split_once('"').expect("an id");
        Self {
            address,
            target: format!("{target}&sid={sid}"),
            heard: Vec::new(),
        }
    }

    /// A `GET` that waits for what comes.
    pub fn begin(&self) -> Http {
        let mut http = Http::connect(self.address);
        http.begin("GET", &self.target, "");
        http
    }

    /// A `GET`, with its answer.
    pub fn get(&self) -> Reply {
        self.begin().reply()
    }

    /// A `POST`, with its answer.
    pub fn post(&self, body: impl AsRef<[u8]>) -> Reply {
        post(self.address, &self.target, body)
    }

    /// Says something that has to be taken.
    pub fn say(&self, body: &str) {
        let reply = self.post(body);
        assert_eq!((reply.status, reply.text()), (200, "ok"), "{body}");
        assert_eq!(reply.field("content-type"), Some("text/html"));
    }

    /// Posts and does not wait for the answer.
    pub fn begin_post(&self, body: &str) -> Http {
        let mut http = Http::connect(self.address);
        http.begin_post(&self.target, TEXT, body.as_bytes());
        http
    }

    /// The next packet.
    pub fn hear(&mut self) -> String {
        while self.heard.is_empty() {
            let reply = self.get();
            assert_eq!(reply.status, 200, "{reply:?}");
            self.take(&reply);
        }
        self.heard.remove(0)
    }

    /// Takes the packets of an answer.
    pub fn take(&mut self, reply: &Reply) {
        assert_eq!(
            reply.field("content-type"),
            Some("text/plain; charset=UTF-8")
        );
        for packet in reply.text().split(SEPARATOR) {
            match packet {
                "2" => self.say("3"),
                _ => self.heard.push(packet.to_owned()),
            }
        }
    }

    /// Polls until the session is over; returns the packets before.
    pub fn hear_end(&mut self) -> Vec<String> {
        loop {
            let reply = self.get();
            if reply.status != 200 {
                assert_eq!(reply.text(), r#"{"code":1,"message":"Session ID unknown"}"#);
                return std::mem::take(&mut self.heard);
            }
            for packet in reply.text().split(SEPARATOR) {
                self.heard.push(packet.to_owned());
            }
        }
    }
}

//! WebSocket frames as bytes.

use std::net::SocketAddr;

use crate::http::{Http, Reply};

/// What tests mask with: any four bytes do.
const MASK: [u8; 4] = [0x5f, 0x11, 0xa0, 0x3c];

/// A WebSocket of a client.
pub struct WebSocket(Http);

/// What a server says on it. Pings of the WebSocket layer there are none.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    Binary(Vec<u8>),
    /// The end: with a close frame, or without.
    End,
}

impl WebSocket {
    pub fn open(address: SocketAddr, target: &str) -> Self {
        Self::try_open(address, target).expect("an open WebSocket")
    }

    /// The answer, if it is another one than 101.
    pub fn try_open(address: SocketAddr, target: &str) -> Result<Self, Reply> {
        let mut http = Http::connect(address);
        let fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        http.begin("GET", target, fields);
        let reply = http.reply();
        match reply.status {
            101 => Ok(Self(http)),
            _ => Err(reply),
        }
    }

    pub fn text(&mut self, text: &str) {
        self.send(0x81, text.as_bytes());
    }

    pub fn binary(&mut self, bytes: &[u8]) {
        self.send(0x82, bytes);
    }

    pub fn close(&mut self) {
        self.send(0x88, &[]);
    }

    fn send(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length @ 126..0x1_0000 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(a, b)| a ^ b));
        self.0.write(frame);
    }

    /// The next frame, whatever it is.
    pub fn frame(&mut self) -> Frame {
        self.read().unwrap_or(Frame::End)
    }

    /// The next frame that is no ping of Engine.IO 4; those are answered.
    pub fn next(&mut self) -> Frame {
        loop {
            match self.frame() {
                Frame::Text(text) if text == "2" => self.text("3"),
                frame => return frame,
            }
        }
    }

    /// The next text.
    pub fn hear(&mut self) -> String {
        match self.next() {
            Frame::Text(text) => text,
            other => panic!("no text but {other:?}"),
        }
    }

    /// Reads until the end; returns the texts before it.
    pub fn hear_end(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        loop {
            match self.next() {
                Frame::Text(text) => texts.push(text),
                Frame::Binary(_) => {}
                Frame::End => return texts,
            }
        }
    }

    fn read(&mut self) -> Option<Frame> {
        let head = self.0.bytes(2)?;
        let length = match head[1] {
            126 => u64::from(u16::from_be_bytes(self.0.bytes(2)?.try_into().ok()?)),
            127 => u64::from_be_bytes(self.0.bytes(8)?.try_into().ok()?),
            length => u64::from(length),
        };
        let payload = self.0.bytes(usize::try_from(length).ok()?)?;
        match head[0] {
            0x81 => Some(Frame::Text(String::from_utf8(payload).expect("text"))),
            0x82 => Some(Frame::Binary(payload)),
            0x88 => None,
            other => panic!("a frame that begins with {other:#x}"),
        }
    }
}

//! HTTP as bytes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::site::SOON;

/// The type that official clients post with.
pub const TEXT: &str = "text/plain;charset=UTF-8";

/// A connection.
pub struct Http(BufReader<TcpStream>);

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case.
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Http {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the contract listens");
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(SOON)).expect("a socket");
        Self(BufReader::new(stream))
    }

    /// Sends a request without a body. `fields` are lines with their ends.
    pub fn begin(&mut self, method: &str, target: &str, fields: &str) {
        self.write(format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"
        ));
    }

    pub fn begin_post(&mut self, target: &str, content_type: &str, body: &[u8]) {
        let length = body.len();
        let fields = format!("Content-Type: {content_type}\r\nContent-Length: {length}\r\n");
        self.begin("POST", target, &fields);
        self.write(body);
    }

    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        // It may have been cut off on purpose; then there is no answer either.
        let _ = self.0.get_ref().write_all(bytes.as_ref());
    }

    /// The next answer.
    pub fn reply(&mut self) -> Reply {
        self.try_reply().expect("an answer")
    }

    /// None if the connection ends first.
    pub fn try_reply(&mut self) -> Option<Reply> {
        let line = self.line()?;
        let status = line.split(' ').nth(1)?.parse().expect("a status line");
        let mut fields = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            fields.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let mut reply = Reply {
            status,
            fields,
            body: Vec::new(),
        };
        if status != 101 {
            let length = reply.field("content-length").unwrap_or("0");
            reply.body = self.bytes(length.parse().expect("a length"))?;
        }
        Some(reply)
    }

    /// The next so many bytes.
    pub fn bytes(&mut self, length: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// What has come so far up to this text, without it.
    pub fn until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        while !read.ends_with(end.as_bytes()) {
            read.extend(self.bytes(1).expect("more bytes"));
        }
        read.truncate(read.len() - end.len());
        String::from_utf8(read).expect("text")
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let bytes = self.0.read_line(&mut line).ok()?;
        (bytes > 0).then(|| line.trim_end().to_owned())
    }
}

impl Reply {
    /// The first field of this name.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields.find_map(|(other, value)| (other == name).then_some(&**value))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

/// A `GET` on a connection of its own.
pub fn get(address: SocketAddr, target: &str) -> Reply {
    let mut http = Http::connect(address);
    http.begin("GET", target, "");
    http.reply()
}

/// A `POST` of text on a connection of its own.
pub fn post(address: SocketAddr, target: &str, body: impl AsRef<[u8]>) -> Reply {
    let mut http = Http::connect(address);
    http.begin_post(target, TEXT, body.as_ref());
    http.reply()
}

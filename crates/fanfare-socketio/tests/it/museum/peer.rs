//! A client, byte by byte.

use std::time::Duration;

use fanfare_socketio::museum::Transport;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// Longer than whatever a museum does by itself in these tests.
const PATIENCE: Duration = Duration::from_secs(60);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One connection.
pub(super) struct Peer {
    stream: Box<dyn Stream>,
    read: Vec<u8>,
}

/// A response with all of its body.
#[derive(Debug)]
pub(super) struct Answer {
    head: String,
    pub(super) body: String,
}

impl Peer {
    pub(super) fn new(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            read: Vec::new(),
        }
    }

    pub(super) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Writes the head of a `GET`.
    pub(super) async fn ask(&mut self, path: &str, fields: &str) {
        let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        self.write(head).await;
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        self.ask(path, "").await;
        self.answer().await
    }

    /// Sends frames as the clients do, escaped with `encodeURIComponent`.
    pub(super) async fn post(&mut self, path: &str, frames: &str) -> Answer {
        let body = format!("data={}", escaped(frames));
        self.request("POST", path, "", &body).await
    }

    pub(super) async fn request(
        &mut self,
        method: &str,
        path: &str,
        fields: &str,
        body: &str,
    ) -> Answer {
        let length = body.len();
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        self.write(format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\
             Content-Type: {form}\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await;
        self.answer().await
    }

    /// Opens a session over a transport with polls; returns its id.
    pub(super) async fn open(&mut self, transport: Transport) -> String {
        let path = format!("/sio06/{transport}//1321000000000");
        let answer = self.get(&path).await;
        assert_eq!(answer.status(), 200);
        frame_of_id(&answer.body)
    }

    /// Reads a response that has a length.
    pub(super) async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let length = field(&head, "content-length").unwrap().parse().unwrap();
        let body = self.bytes(length).await;
        Answer {
            head,
            body: String::from_utf8(body).unwrap(),
        }
    }

    /// Reads the head of a response.
    pub(super) async fn head(&mut self) -> String {
        self.until("\r\n\r\n").await
    }

    /// Reads up to and with `end`.
    pub(super) async fn until(&mut self, end: &str) -> String {
        loop {
            let found = self
                .read
                .windows(end.len())
                .position(|it| it == end.as_bytes());
            if let Some(at) = found {
                return String::from_utf8(self.bytes(at + end.len()).await).unwrap();
            }
            assert!(self.more().await, "{:?} has no {end:?}", self.so_far());
        }
    }

    /// Reads so many bytes.
    pub(super) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.read.len() < count {
            assert!(self.more().await, "{:?} is too short", self.so_far());
        }
        self.read.drain(..count).collect()
    }

    /// Reads exactly that.
    pub(super) async fn expect(&mut self, text: &str) {
        let found = self.bytes(text.len()).await;
        assert_eq!(String::from_utf8_lossy(&found), text);
    }

    /// Reads one chunk of a body; empty at its end.
    pub(super) async fn chunk(&mut self) -> String {
        let size = self.until("\r\n").await;
        let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
        let chunk = self.bytes(size).await;
        self.expect("\r\n").await;
        String::from_utf8(chunk).unwrap()
    }

    /// Reads to the end of the connection.
    pub(super) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.read)
    }

    /// Reads something; false at the end.
    async fn more(&mut self) -> bool {
        let reading = self.stream.read_buf(&mut self.read);
        let count = timeout(PATIENCE, reading).await.expect("an answer");
        // A connection that was cut has ended, too.
        count.is_ok_and(|count| count > 0)
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }
}

/// The value of a field in a head.
pub(super) fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// The id in the only frame of a text.
pub(super) fn frame_of_id(frames: &str) -> String {
    let id = frames.strip_prefix("~m~22~m~").unwrap();
    assert_eq!(id.len(), 22);
    assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    id.to_owned()
}

/// As `encodeURIComponent` does it.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

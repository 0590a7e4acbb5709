//! HTTP as bytes.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer than anything here takes. What takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection of a client.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) read: Vec<u8>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Waits for something that has to happen.
pub(crate) async fn soon<T>(it: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, it).await.expect("in time")
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            read: Vec::new(),
        }
    }

    pub(crate) async fn get(&mut self, target: &str) -> Reply {
        self.request("GET", target, "").await;
        self.reply().await
    }

    pub(crate) async fn post(&mut self, target: &str, body: &str) -> Reply {
        self.begin_post(target, body.len(), body).await;
        self.reply().await
    }

    /// A request without a body. `fields` are lines with their ends.
    pub(crate) async fn request(&mut self, method: &str, target: &str, fields: &str) {
        self.write(&format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"
        ))
        .await;
    }

    /// The head of a `POST`, and as much of its body as there is.
    pub(crate) async fn begin_post(&mut self, target: &str, bytes: usize, body: &str) {
        self.write(&format!(
            "POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain;charset=UTF-8\r\n\
             Content-Length: {bytes}\r\n\r\n{body}"
        ))
        .await;
    }

    /// A `POST` of something else than text.
    pub(crate) async fn post_as(&mut self, content_type: &str, target: &str, body: &[u8]) -> Reply {
        let bytes = body.len();
        let fields = format!("Content-Type: {content_type}\r\nContent-Length: {bytes}\r\n");
        self.request("POST", target, &fields).await;
        self.write(body).await;
        self.reply().await
    }

    /// The head of a `POST`; returns when its body is waited for.
    pub(crate) async fn announce_post(&mut self, target: &str, bytes: usize) {
        let fields = format!("Content-Length: {bytes}\r\nExpect: 100-continue\r\n");
        self.request("POST", target, &fields).await;
        assert_eq!(self.reply().await.status, 100);
    }

    pub(crate) async fn write(&mut self, text: impl AsRef<[u8]>) {
        self.stream.write_all(text.as_ref()).await.unwrap();
    }

    /// The next response; panics if the connection ends first.
    pub(crate) async fn reply(&mut self) -> Reply {
        self.try_reply().await.expect("an answer")
    }

    pub(crate) async fn try_reply(&mut self) -> Option<Reply> {
        let head = loop {
            if let Some(at) = self.read.windows(4).position(|it| it == b"\r\n\r\n") {
                let head: Vec<u8> = self.read.drain(..at + 4).collect();
                break String::from_utf8(head).unwrap();
            }
            self.fill().await?;
        };
        let mut reply = Reply::parse(&head);
        let bytes: usize = reply
            .field("content-length")
            .map_or(0, |it| it.parse().unwrap());
        while self.read.len() < bytes {
            self.fill().await?;
        }
        reply.body = self.read.drain(..bytes).collect();
        Some(reply)
    }

    /// Reads some more. `None` at the end.
    pub(crate) async fn fill(&mut self) -> Option<()> {
        let bytes = soon(self.stream.read_buf(&mut self.read)).await;
        (bytes.unwrap_or(0) > 0).then_some(())
    }
}

impl Reply {
    fn parse(head: &str) -> Self {
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let fields = lines.filter_map(|line| line.split_once(": "));
        Self {
            status: status.parse().unwrap(),
            fields: fields
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect(),
            body: Vec::new(),
        }
    }

    /// The values of a field, as one.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self
            .fields
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// Status and body.
    pub(crate) fn brief(&self) -> (u16, String) {
        (self.status, self.text())
    }
}

//! The client's side of a WebSocket.

use std::net::SocketAddr;

use fanfare_websocket::frame::FrameHeader;
use fanfare_websocket::{Decoder, Event, Opcode, Role, Settings};
use tokio::io::AsyncWriteExt as _;

use crate::client::{Connection, Reply};

/// A WebSocket as its client has it.
pub(crate) struct WebSocket {
    pub(crate) connection: Connection,
    decoder: Decoder,
}

/// The fields of a handshake.
pub(crate) const HANDSHAKE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\n\
     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

impl WebSocket {
    pub(crate) async fn open(address: SocketAddr, target: &str) -> Self {
        let (socket, _) = Self::open_with(address, target, "").await;
        socket
    }

    /// With more fields, and the head of the response.
    pub(crate) async fn open_with(
        address: SocketAddr,
        target: &str,
        fields: &str,
    ) -> (Self, Reply) {
        let mut connection = Connection::open(address).await;
        let fields = format!("{HANDSHAKE}{fields}");
        connection.request("GET", target, &fields).await;
        let reply = connection.reply().await;
        assert_eq!(reply.status, 101, "{reply:?}");
        let socket = Self {
            connection,
            decoder: Decoder::new(Settings {
                role: Role::Client,
                message_bytes_max: 64 << 20,
                deflate: reply.field("sec-websocket-extensions").is_some(),
            }),
        };
        (socket, reply)
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.send_frame(Opcode::Text, text.as_bytes()).await;
    }

    pub(crate) async fn send_frame(&mut self, opcode: Opcode, payload: &[u8]) {
        let frame = FrameHeader::new(opcode).masked(MASK).frame(&[payload]);
        // One that the server has closed is what some tests wait for.
        self.connection.stream.write_all(&frame).await.ok();
    }

    /// The next frame; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Event<'static>> {
        loop {
            let mut input = &mut self.connection.read[..];
            let event = self.decoder.decode(&mut input).unwrap();
            let event = event.map(Event::into_owned);
            let left = input.len();
            let used = self.connection.read.len() - left;
            self.connection.read.drain(..used);
            if event.is_some() {
                return event;
            }
            self.connection.fill().await?;
        }
    }

    /// The next message, which is text.
    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Some(Event::Text(text)) => text.into_owned(),
            other => panic!("text expected, not {other:?}"),
        }
    }

    /// Waits for the close frame and the end; returns the code.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        let code = match self.next().await {
            Some(Event::Close(close)) => close.map(|it| it.code.number()),
            other => panic!("a close frame expected, not {other:?}"),
        };
        assert_eq!(self.connection.fill().await, None, "the connection ends");
        code
    }
}

//! The client's end of a WebSocket, and what is particular to it.

use std::time::Duration;

use fanfare_socketio::museum::{DisconnectReason, SendError};
use fanfare_websocket::frame::FrameHeader;
use fanfare_websocket::{Decoder, Event, Opcode, Role, Settings};

use super::contract;
use super::house::House;
use super::peer::{Peer, field};

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The client's end of a WebSocket.
pub(super) struct Socket {
    peer: Peer,
    decoder: Decoder,
}

impl Peer {
    /// Opens a WebSocket.
    pub(super) async fn upgrade(mut self) -> Socket {
        self.ask("/sio06/websocket", UPGRADE).await;
        let head = self.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        let accept = field(&head, "sec-websocket-accept");
        assert_eq!(accept, Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        Socket {
            peer: self,
            decoder: Decoder::new(Settings {
                role: Role::Client,
                message_bytes_max: 1 << 20,
                deflate: false,
            }),
        }
    }
}

impl Socket {
    pub(super) async fn say(&mut self, text: &str) {
        self.send(Opcode::Text, text.as_bytes()).await;
    }

    pub(super) async fn send(&mut self, opcode: Opcode, payload: &[u8]) {
        let frame = FrameHeader::new(opcode)
            .masked([1, 2, 3, 4])
            .frame(&[payload]);
        self.peer.write(frame).await;
    }

    /// The next text.
    pub(super) async fn text(&mut self) -> String {
        match self.event().await {
            Event::Text(text) => text.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    /// The code of the goodbye, after which the server must hang up.
    pub(super) async fn goodbye(mut self) -> u16 {
        loop {
            if let Event::Close(frame) = self.event().await {
                assert_eq!(self.peer.rest().await, b"");
                return frame.map_or(0, |frame| frame.code.number());
            }
        }
    }

    async fn event(&mut self) -> Event<'static> {
        loop {
            // One byte at a time: how they are cut is none of the server's business.
            let mut byte = self.peer.bytes(1).await;
            let event = self.decoder.decode(&mut &mut byte[..]).unwrap();
            if let Some(event) = event {
                return event.into_owned();
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_dead() {
    let house = House::in_memory(contract());
    let before = tokio::time::Instant::now();
    let socket = house.peer().await.upgrade().await;
    assert_eq!(socket.goodbye().await, 1000);
    // It did not hang up either, which it is given some more time for.
    assert_eq!(before.elapsed(), Duration::from_millis(1000 + 1500));
    house.ended(&[DisconnectReason::HeartbeatTimeout]);
    assert!(house.museum.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_is_gone() {
    let house = House::in_memory(contract());
    let mut socket = house.peer().await.upgrade().await;
    socket.text().await;
    socket.send(Opcode::Close, &1001_u16.to_be_bytes()).await;
    assert_eq!(socket.goodbye().await, 1001);
    house.ended(&[DisconnectReason::SocketClosed]);

    let socket = house.peer().await.upgrade().await;
    assert_eq!(house.museum.len(), 1);
    drop(socket);
    until_empty(&house).await;
    house.ended(&[DisconnectReason::SocketClosed; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_closed_says_all_it_had_to_say() {
    let house = House::in_memory(contract());
    let mut socket = house.peer().await.upgrade().await;
    socket.text().await;
    socket.say("~m~1~m~a~m~6~m~!close~m~1~m~b").await;
    assert_eq!(socket.text().await, "~m~1~m~a");
    assert_eq!(socket.goodbye().await, 1000);
    house.ended(&[DisconnectReason::Closed]);
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_and_binary_is_not_understood() {
    let house = House::in_memory(contract());
    let mut socket = house.peer().await.upgrade().await;
    socket.text().await;
    socket.send(Opcode::Ping, b"here?").await;
    assert_eq!(socket.event().await, Event::Pong(b"here?"[..].into()));
    socket.send(Opcode::Pong, b"").await;
    socket.send(Opcode::Binary, b"~m~1~m~a").await;
    assert_eq!(socket.goodbye().await, 1003);
    house.ended(&[DisconnectReason::SocketClosed]);
}

#[tokio::test(start_paused = true)]
async fn violations_end_the_socket() {
    let house = House::in_memory(contract());
    let mut socket = house.peer().await.upgrade().await;
    socket.text().await;
    socket.peer.write(b"\x81\x01a").await; // Not masked.
    assert_eq!(socket.goodbye().await, 1002);

    let mut socket = house.peer().await.upgrade().await;
    socket.text().await;
    let too_long = 1_000_001_u64.to_be_bytes();
    let header = [&b"\x81\xff"[..], &too_long, b"mask"].concat();
    socket.peer.write(header).await;
    assert_eq!(socket.goodbye().await, 1009);
}

/// The drafts that the clients of the time spoke cannot be served: those go on to polling.
#[tokio::test(start_paused = true)]
async fn other_handshakes_are_refused() {
    let house = House::in_memory(contract());
    let mut peer = house.peer().await;
    assert_eq!(peer.get("/sio06/websocket").await.status(), 426);
    let draft_76 = "Connection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key1: 1\r\n";
    peer.ask("/sio06/websocket", draft_76).await;
    assert_eq!(peer.answer().await.status(), 426);
    assert!(house.museum.is_empty());
}

/// A client that reads nothing costs the bound of its queue, and its sender hears of it.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_bounded() {
    let house = House::in_memory(contract());
    let mut socket = house.peer().await.upgrade().await;
    let id = super::peer::frame_of_id(&socket.text().await);
    let conn = house.museum.get(&id).unwrap();
    let mut sent = 0;
    while conn.send("x".repeat(1000)).is_ok() {
        sent += 1;
        tokio::task::yield_now().await;
    }
    assert!((250..270).contains(&sent), "{sent}");
    // It had fallen asleep, and reads on: nothing is missing.
    let mut frames = String::new();
    while frames.len() < sent * 1010 {
        frames += &socket.text().await;
    }
    assert_eq!(
        frames,
        format!("~m~1000~m~{}", "x".repeat(1000)).repeat(sent)
    );
}

/// It must not keep its connection longer than its session.
#[tokio::test(start_paused = true)]
async fn a_reader_that_stopped_is_cut_off() {
    let house = House::in_memory(contract());
    let mut socket = house.peer().await.upgrade().await;
    let id = super::peer::frame_of_id(&socket.text().await);
    let conn = house.museum.get(&id).unwrap();
    conn.send("x".repeat(10_000)).unwrap();
    let before = tokio::time::Instant::now();
    assert_eq!(conn.flushed().await, Err(SendError::Over));
    assert_eq!(before.elapsed(), Duration::from_millis(1000 + 1500));
    house.ended(&[DisconnectReason::HeartbeatTimeout]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    // No more than was on its way.
    assert_eq!(socket.peer.rest().await.len(), 1024);
}

async fn until_empty(house: &House) {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert!(house.museum.is_empty());
}

//! Sessions on a WebSocket.

use fanfare_socketio::engine::CloseReason;
use fanfare_websocket::{Event, Opcode};

use crate::client::soon;
use crate::site::{Site, eio3, patient};
use crate::websocket::WebSocket;

#[tokio::test]
async fn messages_come_back_as_what_they_were() {
    let (site, _ends) = Site::echo(patient()).await;
    let mut socket = site.socket().await;
    socket.send("4hello").await;
    assert_eq!(socket.text().await, "4hello");
    socket.send_frame(Opcode::Binary, &[1, 2, 3, 4]).await;
    assert_eq!(
        socket.next().await,
        Some(Event::Binary(vec![1, 2, 3, 4].into()))
    );
}

#[tokio::test]
async fn revision_3_puts_a_type_before_bytes() {
    let (site, _ends) = Site::echo(eio3()).await;
    let mut socket = site.websocket("/eio3/?EIO=3&transport=websocket").await;
    socket.text().await;
    socket.send_frame(Opcode::Binary, &[4, 1, 2]).await;
    assert_eq!(
        socket.next().await,
        Some(Event::Binary(vec![4, 1, 2].into()))
    );
    socket.send("b4AQIDBA==").await;
    assert_eq!(
        socket.next().await,
        Some(Event::Binary(vec![4, 1, 2, 3, 4].into()))
    );
    let mut socket = site
        .websocket("/eio3/?EIO=3&transport=websocket&b64=1")
        .await;
    socket.text().await;
    socket.send_frame(Opcode::Binary, &[4, 1, 2, 3, 4]).await;
    assert_eq!(socket.text().await, "b4AQIDBA==");
}

#[tokio::test]
async fn pings_of_the_websocket_are_answered() {
    let (site, _ends) = Site::echo(patient()).await;
    let mut socket = site.socket().await;
    socket.send_frame(Opcode::Ping, b"are you there").await;
    assert_eq!(
        socket.next().await,
        Some(Event::Pong(b"are you there"[..].into()))
    );
}

/// What a client sends, the code it is closed with, and how the session ends.
async fn check(opcode: Opcode, payload: &[u8], code: Option<u16>, reason: CloseReason) {
    let (site, mut ends) = Site::echo(patient()).await;
    let mut socket = site.socket().await;
    socket.send_frame(opcode, payload).await;
    assert_eq!(socket.closed().await, code);
    assert_eq!(soon(ends.recv()).await, Some(reason));
    assert_eq!(site.engine.count(), 0);
}

#[tokio::test]
async fn a_socket_ends_with_its_session() {
    let too_long = vec![b'4'; 1_000_001];
    check(Opcode::Close, b"", None, CloseReason::TransportClose).await;
    check(
        Opcode::Close,
        &1000_u16.to_be_bytes(),
        Some(1000),
        CloseReason::TransportClose,
    )
    .await;
    check(Opcode::Text, b"1", None, CloseReason::TransportClose).await;
    check(Opcode::Text, b"abc", None, CloseReason::ParseError).await;
    check(Opcode::Text, b"", None, CloseReason::ParseError).await;
    check(Opcode::Text, b"2", None, CloseReason::TransportError).await;
    check(
        Opcode::Text,
        b"4\xff",
        Some(1007),
        CloseReason::TransportError,
    )
    .await;
    check(
        Opcode::Text,
        &too_long,
        Some(1009),
        CloseReason::TransportError,
    )
    .await;
    check(
        Opcode::Continuation,
        b"x",
        Some(1002),
        CloseReason::TransportError,
    )
    .await;
}

#[tokio::test]
async fn the_longest_message_passes() {
    let (site, _ends) = Site::echo(patient()).await;
    let mut socket = site.socket().await;
    let longest = format!("4{}", "x".repeat(999_999));
    socket.send(&longest).await;
    assert_eq!(socket.text().await.len(), longest.len());
}

#[tokio::test]
async fn a_connection_that_ends_ends_the_session() {
    let (site, mut ends) = Site::echo(patient()).await;
    drop(site.socket().await);
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportClose));
    assert_eq!(site.engine.count(), 0);
}

#[tokio::test]
async fn messages_are_deflated_if_both_want_it() {
    let mut settings = patient();
    settings.deflate = Some(1_024);
    let (site, _ends) = Site::echo(settings).await;
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let target = "/engine.io/?EIO=4&transport=websocket";
    let (mut socket, reply) = WebSocket::open_with(site.address, target, offer).await;
    assert!(reply.field("sec-websocket-extensions").is_some());
    socket.text().await;
    let long = format!("4{}", "x".repeat(100_000));
    socket.send(&long).await;
    while socket.connection.read.is_empty() {
        socket.connection.fill().await.unwrap();
    }
    assert_eq!(
        socket.connection.read[0], 0xc1,
        "the first reserved bit says so"
    );
    assert_eq!(socket.text().await, long);
    let (mut plain, reply) = WebSocket::open_with(site.address, target, "").await;
    assert_eq!(reply.field("sec-websocket-extensions"), None);
    plain.text().await;
    plain.send(&long).await;
    assert_eq!(plain.text().await, long);
}

#[tokio::test]
async fn without_the_mounts_wish_nothing_is_deflated() {
    let (site, _ends) = Site::echo(patient()).await;
    let offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    let target = "/engine.io/?EIO=4&transport=websocket";
    let (_, reply) = WebSocket::open_with(site.address, target, offer).await;
    assert_eq!(reply.field("sec-websocket-extensions"), None);
}

#[tokio::test]
async fn frames_behind_the_handshake_are_not_lost() {
    use fanfare_websocket::frame::FrameHeader;
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let target = crate::site::upgrade_of(&session);
    let probe = FrameHeader::new(Opcode::Text)
        .masked([1, 2, 3, 4])
        .frame(&[b"2probe"]);
    let handshake = crate::websocket::HANDSHAKE;
    let mut request =
        format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{handshake}\r\n").into_bytes();
    request.extend_from_slice(&probe);
    let mut connection = site.connect().await;
    connection.write(request).await;
    assert_eq!(connection.reply().await.status, 101);
    while connection.read.len() < 8 {
        connection.fill().await.unwrap();
    }
    assert_eq!(connection.read, b"\x81\x063probe");
}

#[tokio::test]
async fn a_connection_that_is_no_plain_tcp_carries_a_session_as_well() {
    use fanfare_websocket::frame::{self, FrameHeader};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (site, mut ends) = Site::echo(patient()).await;
    let service = hyper_util::service::TowerToHyperService::new(site.engine.service());
    let (mut client, server) = tokio::io::duplex(1_024);
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(hyper_util::rt::TokioIo::new(server), service)
        .with_upgrades();
    tokio::spawn(async move { connection.await.ok() });
    let handshake = crate::websocket::HANDSHAKE;
    let target = "/engine.io/?EIO=4&transport=websocket";
    let head = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{handshake}\r\n");
    client.write_all(head.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"}") {
        assert!(soon(client.read_buf(&mut read)).await.unwrap() > 0);
    }
    // Longer than what lies between the two: it takes turns to write it.
    let long = format!("4{}", "x".repeat(100_000));
    let message = FrameHeader::new(Opcode::Text)
        .masked([1, 2, 3, 4])
        .frame(&[long.as_bytes()]);
    let expected = frame::encode(fanfare_websocket::MessageKind::Text, long.as_bytes());
    client.write_all(&message).await.unwrap();
    let mut echo = vec![0; expected.len()];
    soon(client.read_exact(&mut echo)).await.unwrap();
    assert_eq!(echo, expected);
    drop(client);
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportClose));
}

//! Clients that mean no good.

use std::time::Duration;

use fanfare_socketio::engine::CloseReason;
use fanfare_websocket::Opcode;
use tokio::io::AsyncWriteExt as _;

use crate::client::soon;
use crate::site::{Site, patient, upgrade_of};
use crate::websocket::HANDSHAKE;

#[tokio::test]
async fn frames_without_mask_end_the_session() {
    let (site, mut ends) = Site::echo(patient()).await;
    let mut socket = site.socket().await;
    socket.connection.write(b"\x81\x024x").await;
    assert_eq!(socket.closed().await, Some(1002));
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportError));
}

#[tokio::test]
async fn a_length_that_is_announced_costs_nothing() {
    let (site, mut ends) = Site::echo(patient()).await;
    let mut socket = site.socket().await;
    socket
        .connection
        .write(b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask")
        .await;
    assert_eq!(socket.closed().await, Some(1009));
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportError));
}

#[tokio::test]
async fn pings_without_end_are_bounded() {
    let (site, mut ends) = Site::echo(patient()).await;
    let mut socket = site.socket().await;
    let frame = fanfare_websocket::frame::FrameHeader::new(Opcode::Ping)
        .masked([0; 4])
        .frame(&[&[0; 125]]);
    let flood = frame.repeat(1_000);
    // The server stops reading once its answers are not taken, and the flood stands still.
    let is_stuck = async {
        loop {
            let write = socket.connection.stream.write_all(&flood);
            if tokio::time::timeout(Duration::from_millis(300), write)
                .await
                .is_err()
            {
                break;
            }
        }
    };
    soon(is_stuck).await;
    assert!(ends.try_recv().is_err());
    assert_eq!(site.engine.count(), 1);
    drop(socket);
    assert!(soon(ends.recv()).await.is_some());
}

#[tokio::test]
async fn sockets_without_end_for_one_session_are_closed() {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut probe = site.websocket(&upgrade_of(&session)).await;
    for _ in 0..50 {
        let mut socket = site.websocket(&upgrade_of(&session)).await;
        assert_eq!(socket.closed().await, None);
    }
    probe.send("2probe").await;
    assert_eq!(probe.text().await, "3probe");
}

#[tokio::test]
async fn a_handshake_whose_connection_is_gone_leaves_nothing() {
    let (site, _ends) = Site::echo(patient()).await;
    for _ in 0..20 {
        let mut connection = site.connect().await;
        let target = "/engine.io/?EIO=4&transport=websocket";
        connection.request("GET", target, HANDSHAKE).await;
        drop(connection);
    }
    // One that comes behind them all and is served.
    drop(site.socket().await);
    soon(site.is_empty()).await;
}

#[tokio::test]
async fn bytes_of_no_meaning_end_the_connection_and_nothing_else() {
    let (site, _ends) = Site::echo(patient()).await;
    let mut bytes = vec![0_u8; 4_096];
    for seed in 1..50_u64 {
        let mut random = seed;
        for byte in &mut bytes {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *byte = (random >> 56) as u8;
        }
        let mut socket = site.socket().await;
        // The server may be gone before all is written.
        socket.connection.stream.write_all(&bytes).await.ok();
        drop(socket);
    }
    soon(site.is_empty()).await;
    let mut socket = site.socket().await;
    socket.send("4x").await;
    assert_eq!(socket.text().await, "4x");
}

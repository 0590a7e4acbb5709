//! Pings, and what happens without.

use std::time::{Duration, Instant};

use fanfare_socketio::engine::CloseReason;

use crate::client::soon;
use crate::site::{Site, eio3, engine_io};

/// How late a machine with other work may be.
const SLACK: Duration = Duration::from_millis(150);

fn assert_about(elapsed: Duration, expected_ms: u64) {
    let expected = Duration::from_millis(expected_ms);
    assert!(elapsed >= expected, "{elapsed:?}, not before {expected:?}");
    assert!(
        elapsed < expected + SLACK,
        "{elapsed:?}, not long after {expected:?}"
    );
}

#[tokio::test]
async fn the_server_pings_in_its_interval() {
    let (site, _ends) = Site::echo(engine_io()).await;
    let began = Instant::now();
    let mut socket = site.socket().await;
    for beat in 1..=3 {
        assert_eq!(socket.text().await, "2");
        assert_about(began.elapsed(), 300 * beat);
        socket.send("3").await;
    }
}

#[tokio::test]
async fn a_ping_ends_an_idle_poll() {
    let (site, _ends) = Site::echo(engine_io()).await;
    let began = Instant::now();
    let session = site.open().await;
    assert_eq!(site.get(&session).await.text(), "2");
    assert_about(began.elapsed(), 300);
    site.post(&session, "3").await;
    assert_eq!(site.get(&session).await.text(), "2");
    assert_about(began.elapsed(), 600);
}

#[tokio::test]
async fn a_client_without_pong_is_given_up() {
    let (site, mut ends) = Site::echo(engine_io()).await;
    let began = Instant::now();
    let mut socket = site.socket().await;
    assert_eq!(socket.text().await, "2");
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::PingTimeout));
    assert_about(began.elapsed(), 500);
    assert_eq!(socket.closed().await, None);
}

#[tokio::test]
async fn a_poll_that_waits_is_told_of_the_end() {
    let (site, mut ends) = Site::echo(engine_io()).await;
    let session = site.open().await;
    assert_eq!(site.get(&session).await.text(), "2");
    assert_eq!(site.get(&session).await.text(), "1");
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::PingTimeout));
}

#[tokio::test]
async fn clients_of_revision_3_ping_themselves() {
    let (site, mut ends) = Site::echo(eio3()).await;
    let mut socket = site.websocket("/eio3/?EIO=3&transport=websocket").await;
    socket.text().await;
    socket.send("2").await;
    assert_eq!(socket.text().await, "3");
    let began = Instant::now();
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::PingTimeout));
    let elapsed = began.elapsed();
    assert!(elapsed > Duration::from_millis(450) && elapsed < Duration::from_millis(650));
}

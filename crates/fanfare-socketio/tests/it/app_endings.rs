//! Ends, and why they came.

use std::time::Duration;

use fanfare_socketio::{Handlers, Reason, SocketIo};

use crate::app_site::{App, Heard, notes, until};
use crate::client::Connection;
use crate::websocket::WebSocket;

/// An application that notes why its sockets end.
async fn noting(builder: fanfare_socketio::Builder) -> (App, Heard) {
    let (note, heard) = notes();
    let handlers = Handlers::new().on_disconnect(move |reason: Reason| note.noted(reason.as_str()));
    (App::serve_with(builder, handlers).await, heard)
}

/// A session over polling that has entered; returns the target of its requests.
async fn polling(app: &App) -> (Connection, String) {
    let mut connection = Connection::open(app.address).await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let open = connection.get(target).await.text();
    let (_, rest) = open.split_once("\"sid\":\"").unwrap();
    let target = format!("{target}&sid={}", &rest[..20]);
    assert_eq!(connection.post(&target, "40").await.status, 200);
    let welcome = connection.get(&target).await.text();
    assert!(welcome.starts_with("40{"), "{welcome}");
    (connection, target)
}

#[tokio::test]
async fn a_server_that_shuts_down_says_so_to_its_handlers_only() {
    let (app, mut heard) = noting(SocketIo::builder()).await;
    let (mut socket, _) = app.enter().await;
    let (mut connection, target) = polling(&app).await;
    connection.request("GET", &target, "").await;
    app.io.close();
    // No `41`: clients are to come back by themselves.
    socket.closed().await;
    assert_eq!(connection.reply().await.text(), "1");
    for _ in 0..2 {
        assert_eq!(heard.next().await, "server shutting down");
    }
    let reply = Connection::open(app.address).await;
    let mut reply = reply;
    let refused = reply.get("/socket.io/?EIO=4&transport=polling").await;
    assert_ne!(refused.status, 200);
    assert_eq!((app.main.count(), app.io.engine().count()), (0, 0));
}

#[tokio::test]
async fn every_end_has_its_reason() {
    let (app, mut heard) = noting(SocketIo::builder()).await;
    for (packet, expected) in [
        ("41", "client namespace disconnect"),
        ("1", "transport close"),
        ("4abc", "forced close"),
        ("42/other,[\"x\"]", "forced close"),
        ("x", "parse error"),
        ("b!", "parse error"),
        ("2", "transport error"),
    ] {
        let (mut socket, _) = app.enter().await;
        socket.send(packet).await;
        assert_eq!(heard.next().await, expected, "{packet}");
    }
    let (socket, _) = app.enter().await;
    drop(socket);
    assert_eq!(heard.next().await, "transport close");
    let (mut connection, target) = polling(&app).await;
    assert_eq!(connection.post(&target, "1").await.text(), "ok");
    assert_eq!(heard.next().await, "transport close");
    assert!(heard.is_empty());
}

#[tokio::test]
async fn who_is_silent_has_timed_out() {
    // Long enough to enter before the first ping, short enough to wait for.
    let (interval, timeout) = (Duration::from_secs(2), Duration::from_millis(50));
    let (app, mut heard) = noting(SocketIo::builder().ping(interval, timeout)).await;
    let (_socket, _) = app.enter().await;
    let (_connection, _) = polling(&app).await;
    assert_eq!(heard.next().await, "ping timeout");
    assert_eq!(heard.next().await, "ping timeout");
    until(|| app.io.engine().count() == 0).await;
}

#[tokio::test]
async fn who_enters_nothing_is_sent_away() {
    let (app, heard) = noting(SocketIo::builder().connect_timeout(Duration::from_secs(1))).await;
    let mut socket = app.open().await;
    socket.send("40/nowhere,").await;
    assert!(socket.text().await.starts_with("44/nowhere,"));
    socket.closed().await;
    let (mut inside, _) = app.enter().await;
    let mut outside: WebSocket = app.open().await;
    outside.closed().await;
    inside.send("41").await;
    // Whoever was in once may stay outside.
    inside.send("40").await;
    assert!(inside.text().await.starts_with("40{"));
    drop(heard);
}

/// Sessions that are opened and forgotten by their clients.
#[tokio::test]
async fn abandoned_sessions_go() {
    const SESSIONS: usize = 3_000;
    let builder = SocketIo::builder().ping(Duration::from_secs(1), Duration::from_secs(1));
    let app = App::serve_with(builder, Handlers::new()).await;
    let mut connection = Connection::open(app.address).await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let mut joined = 0;
    for number in 0..SESSIONS {
        let open = connection.get(target).await.text();
        let (_, rest) = open.split_once("\"sid\":\"").unwrap();
        // Some have entered, and have something waiting for them.
        if number % 3 == 0 {
            let target = format!("{target}&sid={}", &rest[..20]);
            assert_eq!(connection.post(&target, "40").await.status, 200);
            joined += 1;
        }
    }
    assert_eq!(joined, SESSIONS / 3);
    until(|| app.io.engine().count() == 0 && app.main.count() == 0).await;
}

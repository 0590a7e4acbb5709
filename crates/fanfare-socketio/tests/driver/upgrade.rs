//! From polling to a WebSocket.

use fanfare_socketio::engine::{CloseReason, Transport};

use crate::client::soon;
use crate::site::{Site, patient, upgrade_of};

#[tokio::test]
async fn a_session_moves_to_a_websocket() {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut poll = site.connect().await;
    poll.request("GET", &session, "").await;
    let mut socket = site.websocket(&upgrade_of(&session)).await;
    socket.send("2probe").await;
    assert_eq!(socket.text().await, "3probe");
    assert_eq!(poll.reply().await.text(), "6");
    // Until it has moved, messages go by polling.
    site.post(&session, "4before").await;
    assert_eq!(site.engine.clients()[0].transport(), Transport::Polling);
    socket.send("5").await;
    assert_eq!(socket.text().await, "4before");
    socket.send("4after").await;
    assert_eq!(socket.text().await, "4after");
    assert_eq!(site.engine.clients()[0].transport(), Transport::WebSocket);
    let reply = site.get(&session).await;
    assert_eq!(
        reply.brief(),
        (400, r#"{"code":3,"message":"Bad request"}"#.to_owned())
    );
    socket.send("4still here").await;
    assert_eq!(socket.text().await, "4still here");
}

#[tokio::test]
async fn polls_do_not_wait_while_the_client_moves() {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut socket = site.websocket(&upgrade_of(&session)).await;
    socket.send("2probe").await;
    assert_eq!(socket.text().await, "3probe");
    assert_eq!(site.get(&session).await.text(), "6");
    site.post(&session, "4x").await;
    assert_eq!(site.get(&session).await.text(), "4x");
}

#[tokio::test]
async fn a_post_that_is_being_read_is_delivered_first() {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut socket = site.websocket(&upgrade_of(&session)).await;
    socket.send("2probe").await;
    assert_eq!(socket.text().await, "3probe");
    let mut post = site.connect().await;
    post.announce_post(&session, 6).await;
    socket.send("5").await;
    socket.send("4second").await;
    post.write("4first").await;
    assert_eq!(post.reply().await.text(), "ok");
    assert_eq!(socket.text().await, "4first");
    assert_eq!(socket.text().await, "4second");
}

#[tokio::test]
async fn a_post_that_breaks_off_lets_nothing_come_after_it() {
    let (site, mut ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut socket = site.websocket(&upgrade_of(&session)).await;
    socket.send("2probe").await;
    assert_eq!(socket.text().await, "3probe");
    let mut post = site.connect().await;
    post.announce_post(&session, 6).await;
    socket.send("5").await;
    socket.send("4second").await;
    post.write("4fi").await;
    drop(post);
    assert_eq!(socket.closed().await, None);
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportError));
}

#[tokio::test]
async fn a_probe_that_fails_costs_the_socket_alone() {
    for first in ["4hello", "2", "abc", "2probe!"] {
        let (site, _ends) = Site::echo(patient()).await;
        let session = site.open().await;
        let mut socket = site.websocket(&upgrade_of(&session)).await;
        socket.send(first).await;
        assert_eq!(socket.closed().await, None, "{first:?}");
        assert_eq!(site.post(&session, "4x").await.status, 200);
        assert_eq!(site.get(&session).await.text(), "4x");
    }
}

#[tokio::test]
async fn a_probe_that_goes_away_costs_nothing() {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut socket = site.websocket(&upgrade_of(&session)).await;
    socket.send("2probe").await;
    socket.text().await;
    drop(socket);
    // As soon as that is known, another may try.
    loop {
        let mut socket = site.websocket(&upgrade_of(&session)).await;
        socket.send("2probe").await;
        if let Some(fanfare_websocket::Event::Text(text)) = socket.next().await {
            assert_eq!(text, "3probe");
            break;
        }
    }
}

#[tokio::test]
async fn the_first_of_two_sockets_wins() {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut first = site.websocket(&upgrade_of(&session)).await;
    let mut second = site.websocket(&upgrade_of(&session)).await;
    assert_eq!(second.closed().await, None);
    first.send("2probe").await;
    assert_eq!(first.text().await, "3probe");
    first.send("5").await;
    first.send("4x").await;
    assert_eq!(first.text().await, "4x");
    let mut third = site.websocket(&upgrade_of(&session)).await;
    assert_eq!(third.closed().await, None);
    first.send("4y").await;
    assert_eq!(first.text().await, "4y");
}

#[tokio::test]
async fn a_probe_without_end_is_given_up() {
    let mut settings = patient();
    settings.engine.upgrade_timeout = std::time::Duration::from_millis(50);
    let (site, _ends) = Site::echo(settings).await;
    let session = site.open().await;
    let mut socket = site.websocket(&upgrade_of(&session)).await;
    socket.send("2probe").await;
    socket.text().await;
    assert_eq!(socket.closed().await, None);
    let mut poll = site.connect().await;
    poll.request("GET", &session, "").await;
    site.post(&session, "4x").await;
    assert_eq!(poll.reply().await.text(), "4x");
}

#[tokio::test]
async fn a_session_that_moved_ends_with_its_socket() {
    let (site, mut ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let mut socket = site.websocket(&upgrade_of(&session)).await;
    socket.send("2probe").await;
    socket.text().await;
    socket.send("5").await;
    drop(socket);
    assert_eq!(soon(ends.recv()).await, Some(CloseReason::TransportClose));
    assert_eq!(site.engine.count(), 0);
}

//! What clients should not do.

use std::time::Duration;

use fanfare_socketio::museum::{DisconnectReason, MuseumSettings, Transport};

use super::contract;
use super::house::House;

#[tokio::test(start_paused = true)]
async fn requests_that_mean_nothing_are_refused() {
    let house = House::in_memory(contract());
    let path = house.open(Transport::XhrPolling).await;
    let id = path.rsplit('/').next().unwrap();
    for (method, path, status) in [
        ("GET", "/sio06/xhr-polling/1234567890123456/1", 400),
        ("POST", "/sio06/xhr-polling/1234567890123456/send", 400),
        ("POST", "/sio06/xhr-polling//send", 400),
        ("POST", "/sio06/websocket", 400),
        ("GET", &*format!("/sio06/htmlfile/{id}/1"), 400),
        ("GET", "/sio06/jsonp-polling//1", 400),
        ("GET", "/sio06/jsonp-polling//1/alert(1)", 400),
        ("DELETE", &path, 405),
        ("GET", "/sio06/flashsocket", 404),
        ("GET", "/sio06", 404),
        ("GET", "/socket.io/xhr-polling//1", 404),
    ] {
        let answer = house.peer().await.request(method, path, "", "data=").await;
        assert_eq!(answer.status(), status, "{method} {path}");
        assert_eq!(answer.body, "");
    }
    assert_eq!(house.museum.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn bodies_are_bounded() {
    let settings = MuseumSettings {
        received_bytes_max: 100,
        ..contract()
    };
    let house = House::in_memory(settings);
    let path = house.open(Transport::XhrPolling).await + "/send";
    let mut peer = house.peer().await;
    let answer = peer.post(&path, &"x".repeat(96)).await;
    assert_eq!(answer.status(), 413);
    let answer = house.peer().await.post(&path, &"x".repeat(95)).await;
    assert_eq!(answer.status(), 200);
    let answer = house.peer().await.request("POST", &path, "", "dat=x").await;
    assert_eq!(answer.status(), 400);
}

/// A body that does not come must not hold its place for ever.
#[tokio::test(start_paused = true)]
async fn a_body_has_its_time() {
    let house = House::in_memory(MuseumSettings {
        close_timeout: Duration::from_secs(3600),
        ..contract()
    });
    let path = house.open(Transport::XhrPolling).await;
    let mut peer = house.peer().await;
    let head = format!("POST {path}/send HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\ndata");
    peer.write(head).await;
    let before = tokio::time::Instant::now();
    assert_eq!(peer.answer().await.status(), 408);
    assert_eq!(before.elapsed(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn sessions_are_bounded() {
    let settings = MuseumSettings {
        sessions_max: 2,
        ..contract()
    };
    let house = House::in_memory(settings);
    for status in [200, 200, 503] {
        let answer = house.peer().await.get("/sio06/xhr-polling//1").await;
        assert_eq!(answer.status(), status);
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    house.open(Transport::XhrPolling).await;
    assert_eq!(house.museum.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_talks_nonsense_is_sent_away() {
    let house = House::in_memory(contract());
    let path = house.open(Transport::XhrPolling).await;
    for _ in 0..8 {
        house.post(&path, "nonsense").await;
    }
    let answer = house.peer().await.get(&path).await;
    assert_eq!(answer.status(), 400);
    house.ended(&[DisconnectReason::Malformed]);

    let mut socket = house.peer().await.upgrade().await;
    socket.text().await;
    for _ in 0..8 {
        socket.say("nonsense").await;
    }
    assert_eq!(socket.goodbye().await, 1000);
    house.ended(&[DisconnectReason::Malformed; 2]);
}

//! What the server of 0.6 said, byte for byte but for ids.

use fanfare_socketio::museum::Transport;

use super::contract;
use super::house::House;
use super::peer::{field, frame_of_id};

#[tokio::test(start_paused = true)]
async fn xhr_polling() {
    let house = House::in_memory(contract());
    let mut peer = house.peer().await;
    let answer = peer.get("/sio06/xhr-polling//1321000000000").await;
    let plain = Some("text/plain; charset=UTF-8");
    assert_eq!(answer.field("content-type"), plain);
    let path = format!("/sio06/xhr-polling/{}", frame_of_id(&answer.body));

    let answer = peer
        .request(
            "POST",
            &format!("{path}/send"),
            "",
            "data=~m~5~m~hello~m~10~m~~j~%7B%22a%22%3A1%7D",
        )
        .await;
    assert_eq!(answer.field("content-type"), Some("text/plain"));
    assert_eq!(answer.body, "ok");

    let answer = peer.get(&format!("{path}/1321000000001")).await;
    assert_eq!(answer.field("content-type"), plain);
    assert_eq!(answer.field("content-length"), Some("30"));
    assert_eq!(answer.body, r#"~m~5~m~hello~m~10~m~~j~{"a":1}"#);

    let before = tokio::time::Instant::now();
    let answer = peer.get(&format!("{path}/1321000000002")).await;
    assert_eq!(before.elapsed().as_millis(), 2000);
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.field("content-type"), plain);
    assert_eq!(answer.field("content-length"), Some("0"));
}

#[tokio::test(start_paused = true)]
async fn jsonp_polling() {
    let house = House::in_memory(contract());
    let mut peer = house.peer().await;
    let answer = peer.get("/sio06/jsonp-polling//1321000000000/0").await;
    let script = Some("text/javascript; charset=UTF-8");
    assert_eq!(answer.field("content-type"), script);
    assert_eq!(answer.field("x-content-type-options"), Some("nosniff"));
    let frames = answer.body.strip_prefix("io.JSONP[0]._(\"").unwrap();
    let id = frame_of_id(frames.strip_suffix("\");").unwrap());
    let path = format!("/sio06/jsonp-polling/{id}");

    let body = "data=~m~5~m~he\"lo";
    let answer = peer
        .request("POST", &format!("{path}/1321000000003/0"), "", body)
        .await;
    assert_eq!(answer.field("content-type"), Some("text/plain"));
    assert_eq!(answer.body, "ok");

    let answer = peer.get(&format!("{path}/1321000000004/0")).await;
    assert_eq!(answer.field("content-type"), script);
    assert_eq!(answer.body, r#"io.JSONP[0]._("~m~5~m~he\"lo");"#);

    // The number is that of the poll that is answered, and a client must be told to poll again.
    let answer = peer.get(&format!("{path}/1321000000005/12")).await;
    assert_eq!(answer.body, r#"io.JSONP[12]._("");"#);
}

#[tokio::test(start_paused = true)]
async fn xhr_multipart() {
    let house = House::in_memory(contract());
    let mut peer = house.peer().await;
    peer.ask("/sio06/xhr-multipart//1321000000000", "").await;
    let head = peer.head().await;
    let expected = Some("multipart/x-mixed-replace;boundary=\"socketio\"");
    assert_eq!(field(&head, "content-type"), expected);
    assert_eq!(field(&head, "content-length"), None);
    assert_eq!(peer.chunk().await, "--socketio\n");
    let part = peer.chunk().await;
    let frames = part.strip_prefix("Content-Type: text/plain\n\n").unwrap();
    let id = frame_of_id(frames.strip_suffix("\n--socketio\n").unwrap());

    let path = format!("/sio06/xhr-multipart/{id}");
    house.post(&path, "~m~5~m~hello").await;
    assert_eq!(
        peer.chunk().await,
        "Content-Type: text/plain\n\n~m~5~m~hello\n--socketio\n",
    );
    assert_eq!(
        peer.chunk().await,
        "Content-Type: text/plain\n\n~m~4~m~~h~1\n--socketio\n",
    );
}

/// For a client of HTTP/1.0 a stream has no chunks.
#[tokio::test(start_paused = true)]
async fn xhr_multipart_as_it_was() {
    let house = House::in_memory(contract());
    let mut peer = house.peer().await;
    let head = "GET /sio06/xhr-multipart//1321000000000 HTTP/1.0\r\nHost: a\r\n\r\n";
    peer.write(head).await;
    let head = peer.head().await;
    assert_eq!(field(&head, "transfer-encoding"), None);
    peer.expect("--socketio\nContent-Type: text/plain\n\n~m~22~m~")
        .await;
    let id = String::from_utf8(peer.bytes(22).await).unwrap();
    peer.expect("\n--socketio\n").await;
    house
        .post(&format!("/sio06/xhr-multipart/{id}"), "~m~5~m~hello")
        .await;
    peer.expect("Content-Type: text/plain\n\n~m~5~m~hello\n--socketio\n")
        .await;
}

#[tokio::test(start_paused = true)]
async fn htmlfile() {
    let house = House::in_memory(contract());
    let mut peer = house.peer().await;
    peer.ask("/sio06/htmlfile//1321000000000", "").await;
    let head = peer.head().await;
    assert_eq!(field(&head, "content-type"), Some("text/html"));
    assert_eq!(field(&head, "transfer-encoding"), Some("chunked"));
    assert_eq!(field(&head, "x-content-type-options"), Some("nosniff"));
    let page = format!("100\r\n<html><body>{}\r\n", " ".repeat(244));
    peer.expect(&page).await;
    let script = peer.chunk().await;
    let frames = script.strip_prefix("<script>parent.s._(\"").unwrap();
    let id = frame_of_id(frames.strip_suffix("\", document);</script>").unwrap());

    let path = format!("/sio06/htmlfile/{id}");
    house.post(&path, "~m~5~m~hello").await;
    peer.expect("36\r\n<script>parent.s._(\"~m~5~m~hello\", document);</script>\r\n")
        .await;
}

#[tokio::test(start_paused = true)]
async fn websocket() {
    let house = House::in_memory(contract());
    let mut socket = house.peer().await.upgrade().await;
    frame_of_id(&socket.text().await);
    socket.say("~m~5~m~hello").await;
    assert_eq!(socket.text().await, "~m~5~m~hello");
    assert_eq!(socket.text().await, "~m~4~m~~h~1");
    socket.say("~m~4~m~~h~1").await;
    assert_eq!(socket.text().await, "~m~4~m~~h~2");
}

/// A message must not end the script that it is in, nor the string, and says the same in a page of
/// another encoding.
#[tokio::test(start_paused = true)]
async fn scripts_are_escaped() {
    let house = House::in_memory(contract());
    let mut peer = house.peer().await;
    peer.ask("/sio06/htmlfile//1", "").await;
    peer.head().await;
    peer.chunk().await;
    let script = peer.chunk().await;
    let (_, id) = script.split_once("~m~22~m~").unwrap();
    let path = format!("/sio06/{}/{}", Transport::HtmlFile, &id[..22]);
    house
        .post(
            &path,
            "~m~21~m~</script>&\u{2028}\u{2029}\"\\\n\r\t\u{1}é😀",
        )
        .await;
    assert_eq!(
        peer.chunk().await,
        "<script>parent.s._(\"~m~21~m~\\u003c/script\\u003e\\u0026\\u2028\\u2029\\\"\\\\\\n\\r\\t\
         \\u0001\\u00e9\\ud83d\\ude00\", document);</script>",
    );
}

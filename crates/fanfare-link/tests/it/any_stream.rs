//! A connection that is not a socket of the node's own: it gets all that the others get.

use std::sync::Arc;

use fanfare_hub::Draft;
use fanfare_link::Front;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use crate::node::{SOON, Served};
use crate::rig::{name, request};
use crate::routes::Routes;

async fn read_until(stream: &mut DuplexStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let byte = tokio::time::timeout(SOON, stream.read_u8()).await;
        text.push(char::from(byte.expect(&text).expect(&text)));
    }
    text
}

#[tokio::test]
async fn a_stream_is_answered_lent_and_held_in_turn() {
    let front: Arc<dyn Front> = Arc::new(Routes::default());
    let Served { node, hub, clock } = Served::start(1, &front);
    let (mut client, server) = tokio::io::duplex(1024);
    assert!(node.serve_stream(server));

    // Of our own front, of the fallback, of our own front again: one connection.
    client
        .write_all(request("/answer").as_bytes())
        .await
        .unwrap();
    read_until(&mut client, "\r\n\r\nhello\n").await;
    client
        .write_all(request("/unknown").as_bytes())
        .await
        .unwrap();
    read_until(&mut client, "\r\n\r\nfrom the fallback\n").await;
    client
        .write_all(request("/poll?news=oldest").as_bytes())
        .await
        .unwrap();
    let draft = Draft::new("a message");
    hub.publish(&name("news"), draft, clock.now().wall)
        .await
        .unwrap();
    read_until(&mut client, "a message").await;

    node.stop();
    node.join();
}

//! Many clients at once, which all move.

use crate::client::soon;
use crate::site::{Site, patient, upgrade_of};

const CLIENTS: usize = 200;

/// Messages of a client on either side of the move.
const MESSAGES: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_reordered_across_the_move() {
    let (site, _ends) = Site::echo(patient()).await;
    let site = std::sync::Arc::new(site);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let site = std::sync::Arc::clone(&site);
            tokio::spawn(async move { soon(move_while_talking(&site)).await })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    soon(site.is_empty()).await;
}

/// As the reference's client does: polls all the time, posts one body after the other, probes
/// beside that, and then goes on over the socket.
async fn move_while_talking(site: &Site) {
    let session = site.open().await;
    let mut poll = site.connect().await;
    poll.request("GET", &session, "").await;
    let mut post = site.connect().await;
    let mut seen = Vec::new();
    for number in 0..MESSAGES / 2 {
        assert_eq!(post.post(&session, &format!("4{number}")).await.status, 200);
    }
    let mut socket = site.websocket(&upgrade_of(&session)).await;
    socket.send("2probe").await;
    for number in MESSAGES / 2..MESSAGES {
        assert_eq!(post.post(&session, &format!("4{number}")).await.status, 200);
    }
    assert_eq!(socket.text().await, "3probe");
    note(&poll.reply().await.text(), &mut seen);
    // One poll more, as clients that have sent it before they hear of the pong.
    note(&poll.get(&session).await.text(), &mut seen);
    // A body whose end comes only when the session is on its socket, and more behind it.
    post.announce_post(&session, 5).await;
    socket.send("5").await;
    for number in MESSAGES + 1..2 * MESSAGES {
        socket.send(&format!("4{number}")).await;
    }
    post.write(format!("4{MESSAGES:04}")).await;
    assert_eq!(post.reply().await.status, 200);
    while seen.len() < 2 * MESSAGES {
        note(&socket.text().await, &mut seen);
    }
    let expected: Vec<_> = (0..2 * MESSAGES).collect();
    assert_eq!(seen, expected);
}

fn note(payload: &str, seen: &mut Vec<usize>) {
    for packet in payload.split('\u{1e}') {
        match packet.strip_prefix('4') {
            Some(number) => seen.push(number.parse().unwrap()),
            None => assert_eq!(packet, "6"),
        }
    }
}

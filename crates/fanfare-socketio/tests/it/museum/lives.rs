//! The contract: the museum's application, as its clients see it.

use std::time::Duration;

use fanfare_socketio::museum::{
    App, Conn, DisconnectReason, Message, MuseumSettings, SendError, Transport,
};
use tokio::time::Instant;

use super::house::{House, museum, serve};
use super::peer::Peer;
use super::{contract, peer};

const POLLING: Transport = Transport::XhrPolling;

/// The frame of a text.
fn text(text: &str) -> String {
    let length = text.encode_utf16().count();
    format!("~m~{length}~m~{text}")
}

#[tokio::test]
async fn clients_on_all_transports_meet() {
    let house = House::on_a_port(contract()).await;
    let polling = house.open(POLLING).await;
    let mut socket = house.peer().await.upgrade().await;
    socket.text().await;
    let mut stream = house.peer().await;
    stream.ask("/sio06/xhr-multipart//1", "").await;
    stream.until("~m~22~m~").await;

    socket.say(&text("!count")).await;
    assert_eq!(socket.text().await, text("3"));

    house
        .post(&polling, &text("!broadcast:h\u{1f600}llo"))
        .await;
    assert_eq!(socket.text().await, text("h\u{1f600}llo"));
    stream.until(&text("h\u{1f600}llo")).await;

    house.post(&polling, &text("!close")).await;
    assert_eq!(house.peer().await.get(&polling).await.status(), 400);
    socket.say(&text("!count")).await;
    assert_eq!(socket.text().await, text("2"));
    socket.say(&text("!log")).await;
    assert_eq!(socket.text().await, "~m~20~m~~j~{\"disconnects\":1}");
}

/// Each session has its messages in order and none of another's, with many at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_sessions_are_served_at_once() {
    let house = House::on_a_port(contract()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..60 {
        let peer = house.peer().await;
        tasks.spawn(async move {
            match number % 2 {
                0 => echo_over_socket(peer, number).await,
                _ => echo_over_polls(peer, number).await,
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}

async fn echo_over_socket(peer: Peer, number: usize) {
    let mut socket = peer.upgrade().await;
    socket.text().await;
    let mut heard = String::new();
    let mut said = String::new();
    for message in 0..50 {
        let frame = text(&format!("{number}/{message}"));
        socket.say(&frame).await;
        said += &frame;
    }
    while heard.len() < said.len() {
        heard += &socket.text().await;
    }
    assert_eq!(heard, said);
}

async fn echo_over_polls(mut peer: Peer, number: usize) {
    let id = peer.open(POLLING).await;
    for message in 0..20 {
        let frame = text(&format!("{number}/{message}"));
        let path = format!("/sio06/xhr-polling/{id}");
        assert_eq!(peer.post(&format!("{path}/send"), &frame).await.body, "ok");
        assert_eq!(peer.get(&format!("{path}/1")).await.body, frame);
    }
}

/// Sent from another thread, faster than polls come: all of it arrives, in order, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_between_polls() {
    const COUNT: usize = 5000;
    let house = House::on_a_port(MuseumSettings {
        queue_messages_max: 100,
        ..contract()
    })
    .await;
    let mut peer = house.peer().await;
    let id = peer.open(POLLING).await;
    let conn = house.museum.get(&id).unwrap();
    let sending = tokio::spawn(async move {
        for number in 0..COUNT {
            while conn.send(number.to_string()) == Err(SendError::Full) {
                conn.flushed().await.unwrap();
            }
        }
    });
    let expected: String = (0..COUNT).map(|number| text(&number.to_string())).collect();
    let mut found = String::new();
    while found.len() < expected.len() {
        let path = format!("/sio06/xhr-polling/{id}/1");
        found += &peer.get(&path).await.body;
    }
    assert_eq!(found, expected);
    sending.await.unwrap();
}

#[tokio::test]
async fn time_passes_on_real_sockets() {
    let house = House::on_a_port(MuseumSettings {
        poll_duration: Duration::from_millis(30),
        heartbeat_interval: Duration::from_millis(30),
        heartbeat_timeout: Duration::from_millis(500),
        ..contract()
    })
    .await;
    let path = house.open(POLLING).await;
    let before = Instant::now();
    assert_eq!(house.poll(&path).await, "");
    assert!(before.elapsed() >= Duration::from_millis(30));

    let mut socket = house.peer().await.upgrade().await;
    socket.text().await;
    for number in 1..4 {
        let before = Instant::now();
        let beat = format!("~m~4~m~~h~{number}");
        assert_eq!(socket.text().await, beat);
        assert!(before.elapsed() >= Duration::from_millis(25));
        socket.say(&beat).await;
    }
    assert_eq!(socket.goodbye().await, 1000);
    house.ended(&[DisconnectReason::HeartbeatTimeout]);
}

/// Whichever of two polls comes first on the wire, the other one has the session then.
#[tokio::test]
async fn one_of_two_polls_takes_over_on_real_sockets() {
    let house = House::on_a_port(contract()).await;
    let path = house.open(POLLING).await;
    let (mut one, mut two) = (house.peer().await, house.peer().await);
    one.ask(&format!("{path}/1"), "").await;
    two.ask(&format!("{path}/2"), "").await;
    let (released, winner) = tokio::select! {
        answer = one.answer() => (answer, &mut two),
        answer = two.answer() => (answer, &mut one),
    };
    assert_eq!(released.body, "");
    house.post(&path, &text("a")).await;
    assert_eq!(winner.answer().await.body, text("a"));
}

#[tokio::test]
async fn what_waits_is_bounded_on_real_sockets() {
    let house = House::on_a_port(MuseumSettings {
        queue_messages_max: 100,
        ..contract()
    })
    .await;
    let path = house.open(POLLING).await;
    let frame = |number: i32| text(&number.to_string());
    let body: String = (0..120).map(frame).collect();
    house.post(&path, &body).await;
    let kept: String = (0..100).map(frame).collect();
    assert_eq!(house.poll(&path).await, kept);
    house.post(&path, &text("a")).await;
    assert_eq!(house.poll(&path).await, text("a"));
}

#[tokio::test(start_paused = true)]
async fn a_session_without_polls_ends() {
    let house = House::in_memory(contract());
    let path = house.open(POLLING).await;
    let before = Instant::now();
    assert_eq!(house.poll(&path).await, "");
    assert_eq!(before.elapsed(), Duration::from_millis(2000));
    tokio::time::sleep(Duration::from_millis(2999)).await;
    assert_eq!(house.museum.len(), 1);
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert!(house.museum.is_empty());
    house.ended(&[DisconnectReason::Absent]);
    assert_eq!(house.peer().await.get(&path).await.status(), 400);
}

/// As old browsers do it when a page is left: nobody is told but by the connection.
#[tokio::test(start_paused = true)]
async fn a_session_whose_poll_breaks_ends() {
    let house = House::in_memory(contract());
    let path = house.open(POLLING).await;
    let mut peer = house.peer().await;
    peer.ask(&format!("{path}/1"), "").await;
    tokio::time::sleep(Duration::from_millis(1000)).await;
    drop(peer);
    tokio::time::sleep(Duration::from_millis(2999)).await;
    assert_eq!(house.museum.len(), 1);
    tokio::time::sleep(Duration::from_millis(2)).await;
    house.ended(&[DisconnectReason::Absent]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_may_be_opened_again() {
    let house = House::in_memory(contract());
    for transport in [Transport::XhrMultipart, Transport::HtmlFile] {
        let mut stream = house.peer().await;
        stream.ask(&format!("/sio06/{transport}//1"), "").await;
        stream.until("~m~22~m~").await;
        let id = String::from_utf8(stream.bytes(22).await).unwrap();
        drop(stream);
        tokio::time::sleep(Duration::from_millis(1)).await;

        let path = format!("/sio06/{transport}/{id}");
        let sent: String = (0..100).map(|number| text(&number.to_string())).collect();
        for number in 0..100 {
            house.post(&path, &text(&number.to_string())).await;
        }
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let mut stream = house.peer().await;
        stream.ask(&format!("{path}/2"), "").await;
        stream.until(&sent).await;
        // And lives on.
        house.post(&path, &text("a")).await;
        stream.until(&text("a")).await;
        stream.until("~m~4~m~~h~1").await;
    }
}

/// The old one is answered, so that nobody waits for what another has got.
#[tokio::test(start_paused = true)]
async fn a_second_poll_takes_over() {
    let house = House::in_memory(contract());
    let path = house.open(POLLING).await;
    let (mut first, mut second) = (house.peer().await, house.peer().await);
    first.ask(&format!("{path}/1"), "").await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    second.ask(&format!("{path}/2"), "").await;
    let before = Instant::now();
    assert_eq!(first.answer().await.body, "");
    assert!(before.elapsed() < Duration::from_millis(2));
    drop(first);
    house.post(&path, &text("a")).await;
    assert_eq!(second.answer().await.body, text("a"));
}

#[tokio::test(start_paused = true)]
async fn a_second_stream_takes_over() {
    let house = House::in_memory(contract());
    let mut first = house.peer().await;
    first.ask("/sio06/htmlfile//1", "").await;
    first.until("~m~22~m~").await;
    let id = String::from_utf8(first.bytes(22).await).unwrap();
    first.until("</script>\r\n").await;
    let mut second = house.peer().await;
    second.ask(&format!("/sio06/htmlfile/{id}/2"), "").await;
    second.head().await;
    assert_eq!(first.chunk().await, "");
    second.chunk().await;
    house
        .post(&format!("/sio06/htmlfile/{id}"), &text("a"))
        .await;
    assert!(second.chunk().await.contains(&text("a")));
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_bounded_and_the_rest_arrives() {
    let settings = MuseumSettings {
        queue_messages_max: 100,
        ..contract()
    };
    let house = House::in_memory(settings);
    let path = house.open(POLLING).await;
    let id = path.rsplit('/').next().unwrap();
    let conn = house.museum.get(id).unwrap();
    for number in 0..100 {
        conn.send(number.to_string()).unwrap();
    }
    assert_eq!(conn.send("100"), Err(SendError::Full));
    assert_eq!(house.museum.broadcast(&"100".into()), 1);
    let expected: String = (0..100).map(|number| text(&number.to_string())).collect();
    assert_eq!(house.poll(&path).await, expected);
    conn.send("101").unwrap();
    assert_eq!(house.poll(&path).await, text("101"));
}

#[tokio::test(start_paused = true)]
async fn a_sender_may_wait_until_its_messages_are_gone() {
    let house = House::in_memory(contract());
    let path = house.open(POLLING).await;
    let conn = house.museum.get(path.rsplit('/').next().unwrap()).unwrap();
    assert_eq!(conn.flushed().await, Ok(()));
    conn.send("a").unwrap();
    let (flushed, frames) = tokio::join!(conn.flushed(), async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        house.poll(&path).await
    });
    assert_eq!((flushed, frames), (Ok(()), text("a")));
    conn.send("b").unwrap();
    assert_eq!(conn.flushed().await, Err(SendError::Over));

    let mut socket = house.peer().await.upgrade().await;
    let id = peer::frame_of_id(&socket.text().await);
    let conn = house.museum.get(&id).unwrap();
    conn.send("a").unwrap();
    assert_eq!(conn.flushed().await, Ok(()));
    assert_eq!(socket.text().await, text("a"));
}

#[tokio::test(start_paused = true)]
async fn a_held_poll_is_answered_when_its_session_is_closed() {
    let house = House::in_memory(contract());
    let path = house.open(POLLING).await;
    let mut peer = house.peer().await;
    peer.ask(&format!("{path}/1"), "").await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    let before = Instant::now();
    house.post(&path, &text("!close")).await;
    assert_eq!(peer.answer().await.body, "");
    assert!(before.elapsed() < Duration::from_millis(2));
    house.ended(&[DisconnectReason::Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_museum_that_closes_says_goodbye_to_all() {
    let house = House::in_memory(contract());
    let mut socket = house.peer().await.upgrade().await;
    socket.text().await;
    let path = house.open(POLLING).await;
    house.museum.broadcast(&"last orders".into());
    house.museum.close();
    assert_eq!(socket.text().await, text("last orders"));
    assert_eq!(socket.goodbye().await, 1000);
    assert_eq!(house.poll(&path).await, text("last orders"));
    assert!(house.museum.is_empty());
}

/// Greets, and talks back while it is being talked to.
struct Greeter;

impl App for Greeter {
    fn connect(&self, conn: &Conn) {
        conn.send("welcome").unwrap();
        conn.send(conn.transport().name()).unwrap();
    }

    fn message(&self, conn: &Conn, _message: Message) {
        conn.send("bye").unwrap();
        conn.close();
        assert_eq!(conn.send("too late"), Err(SendError::Over));
    }
}

#[tokio::test(start_paused = true)]
async fn a_greeting_shares_the_body_with_the_id() {
    let (service, _museum) = museum(Greeter);
    let (ours, theirs) = tokio::io::duplex(1024);
    serve(service, theirs);
    let mut peer = Peer::new(ours);
    let answer = peer.get("/sio06/xhr-polling//1").await;
    let (id, greeting) = answer.body.split_at("~m~22~m~".len() + 22);
    assert_eq!(greeting, text("welcome") + &text("xhr-polling"));
    let path = format!("/sio06/xhr-polling/{}", peer::frame_of_id(id));
    peer.post(&format!("{path}/send"), &text("a")).await;
    assert_eq!(peer.get(&format!("{path}/2")).await.body, text("bye"));
    assert_eq!(peer.get(&format!("{path}/3")).await.status(), 400);
}

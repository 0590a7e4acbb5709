//! The handle that feeds a stream.

use std::sync::Arc;
use std::time::Duration;

use fanfare_sse::{Block, Event, InvalidField, Overflow, SendError, Sender, Sse, SseConfig};
use futures_util::FutureExt as _;
use http::Method;

use crate::rig::{Client, get, request};

const QUIET: SseConfig = SseConfig::new().keep_alive(None);

fn open(config: &SseConfig) -> (Client, Sender) {
    let (response, sender) = Sse::channel(&get(), config).unwrap();
    (Client::of(response), sender)
}

fn block(text: &str) -> Block {
    text.into()
}

#[tokio::test]
async fn sends_texts_events_blocks_and_what_is_no_event() {
    let (mut client, sender) = open(&QUIET);
    sender.send("text").await.unwrap();
    assert_eq!(client.now().unwrap(), "data: text\n\n");
    sender.send("text".to_owned()).await.unwrap();
    assert_eq!(client.now().unwrap(), "data: text\n\n");
    let event = Event::data("x").event("feed").unwrap().id("7").unwrap();
    sender.send(&event).await.unwrap();
    assert_eq!(client.now().unwrap(), "id: 7\nevent: feed\ndata: x\n\n");
    sender.send(Block::from(event)).await.unwrap();
    assert_eq!(client.now().unwrap(), "id: 7\nevent: feed\ndata: x\n\n");
    sender.comment("one\ntwo").await.unwrap();
    assert_eq!(client.now().unwrap(), ": one\n: two\n\n");
    sender.retry(Duration::from_millis(1234)).await.unwrap();
    assert_eq!(client.now().unwrap(), "retry: 1234\n\n");
    sender.cursor("8").await.unwrap();
    assert_eq!(client.now().unwrap(), "id: 8\n\n");
    assert_eq!(client.now(), None);
}

#[tokio::test]
async fn a_cursor_that_is_no_id_is_refused() {
    let (mut client, sender) = open(&QUIET);
    let refused = sender.cursor("8\ndata: x").await;
    let control = InvalidField::Control { field: "id" };
    assert_eq!(refused, Err(SendError::Invalid(control)));
    assert_eq!(client.now(), None);
}

#[tokio::test]
async fn a_full_buffer_makes_senders_wait() {
    let (mut client, sender) = open(&QUIET.buffer(2));
    sender.send("a").await.unwrap();
    sender.send("b").await.unwrap();
    assert_eq!(sender.try_send("c"), Err(SendError::Full(block("c"))));

    let sending = sender.send("c");
    let mut sending = std::pin::pin!(sending);
    assert_eq!(sending.as_mut().now_or_never(), None);
    assert_eq!(client.now().unwrap(), "data: a\n\ndata: b\n\n");
    assert_eq!(sending.await, Ok(()));
    assert_eq!(client.now().unwrap(), "data: c\n\n");
}

#[tokio::test]
async fn a_waiting_sender_is_woken() {
    let (mut client, sender) = open(&QUIET.buffer(1));
    let task = tokio::spawn(async move {
        for n in 0..100 {
            sender.send(n.to_string()).await?;
        }
        Ok::<_, SendError>(())
    });
    for n in 0..100 {
        assert_eq!(client.next().await.unwrap(), format!("data: {n}\n\n"));
    }
    assert_eq!(client.next().await, None);
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_send_given_up_while_it_waited_sends_nothing() {
    let (mut client, sender) = open(&QUIET.buffer(1));
    sender.send("a").await.unwrap();
    assert_eq!(sender.send("b").now_or_never(), None);
    assert_eq!(client.now().unwrap(), "data: a\n\n");
    assert_eq!(client.now(), None);
    sender.send("c").await.unwrap();
    assert_eq!(client.now().unwrap(), "data: c\n\n");
}

/// Each thread's events arrive in its order, none is lost, and nobody sleeps for ever.
#[tokio::test]
async fn several_threads_may_send() {
    const THREADS: usize = 4;
    const EVENTS: usize = 1000;
    let (mut client, sender) = open(&QUIET.buffer(3));
    let sender = Arc::new(sender);
    for thread in 0..THREADS {
        let sender = Arc::clone(&sender);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.unwrap().block_on(async {
                for n in 0..EVENTS {
                    sender.send(format!("{thread} {n}")).await.unwrap();
                }
            });
        });
    }
    drop(sender);
    let mut next = [0; THREADS];
    while let Some(frame) = client.next().await {
        for event in frame.split_terminator("\n\n") {
            let (thread, n) = event
                .strip_prefix("data: ")
                .unwrap()
                .split_once(' ')
                .unwrap();
            let next = &mut next[thread.parse::<usize>().unwrap()];
            assert_eq!(n.parse::<usize>().unwrap(), *next);
            *next += 1;
        }
    }
    assert_eq!(next, [EVENTS; THREADS]);
}

#[test]
fn bytes_are_bounded_but_one_event_always_fits() {
    let (mut client, sender) = open(&QUIET.buffer_bytes(20));
    sender.try_send("x".repeat(100)).unwrap();
    assert!(matches!(sender.try_send("y"), Err(SendError::Full(_))));
    client.now().unwrap();
    // Nine bytes each.
    sender.try_send("1").unwrap();
    sender.try_send("2").unwrap();
    assert!(matches!(sender.try_send("3"), Err(SendError::Full(_))));
    assert_eq!(client.now().unwrap(), "data: 1\n\ndata: 2\n\n");
}

#[test]
fn a_buffer_for_nothing_holds_one() {
    let (_client, sender) = open(&QUIET.buffer(0));
    sender.try_send("a").unwrap();
    assert!(matches!(sender.try_send("b"), Err(SendError::Full(_))));
}

#[tokio::test]
async fn the_oldest_events_can_be_dropped() {
    let (mut client, sender) = open(&QUIET.buffer(2).overflow(Overflow::DropOldest));
    for n in 0..10 {
        sender.send(n.to_string()).await.unwrap();
    }
    assert_eq!(client.now().unwrap(), "data: 8\n\ndata: 9\n\n");
    sender.try_send("x".repeat(1 << 20)).unwrap();
    assert_eq!(client.now().unwrap().len(), (1 << 20) + "data: \n\n".len());
}

#[tokio::test]
async fn a_slow_client_can_be_disconnected() {
    let (mut client, sender) = open(&QUIET.buffer(2).overflow(Overflow::Disconnect));
    sender.try_send("a").unwrap();
    sender.try_send("b").unwrap();
    assert_eq!(sender.try_send("c"), Err(SendError::Closed(block("c"))));
    assert!(sender.is_closed());
    sender.closed().await;
    assert!(client.is_over());
}

#[tokio::test]
async fn closing_delivers_what_was_sent_and_ends_the_stream() {
    let (mut client, sender) = open(&QUIET);
    sender.send("a").await.unwrap();
    sender.close();
    sender.close();
    assert!(sender.is_closed());
    assert_eq!(sender.send("b").await, Err(SendError::Closed(block("b"))));
    assert_eq!(client.now().unwrap(), "data: a\n\n");
    assert!(client.is_over());
    sender.close();
}

#[tokio::test]
async fn dropping_the_sender_ends_the_stream() {
    let (mut client, sender) = open(&QUIET);
    assert_eq!(client.now(), None);
    sender.send("a").await.unwrap();
    drop(sender);
    assert_eq!(client.now().unwrap(), "data: a\n\n");
    assert!(client.is_over());
}

#[tokio::test]
async fn a_client_that_goes_is_noticed_at_once() {
    let (client, sender) = open(&QUIET.buffer(1));
    sender.try_send("a").unwrap();
    let mut closed = std::pin::pin!(sender.closed());
    let mut sending = std::pin::pin!(sender.send("b"));
    assert_eq!(closed.as_mut().now_or_never(), None);
    assert_eq!(sending.as_mut().now_or_never(), None);
    drop(client);
    closed.await;
    assert_eq!(sending.await, Err(SendError::Closed(block("b"))));
    assert!(sender.is_closed());
    assert_eq!(sender.try_send("c"), Err(SendError::Closed(block("c"))));
}

#[tokio::test]
async fn somebody_else_waiting_for_the_end_is_woken() {
    let (client, sender) = open(&QUIET);
    let task = tokio::spawn(async move { sender.closed().await });
    tokio::task::yield_now().await;
    drop(client);
    task.await.unwrap();
}

#[tokio::test]
async fn tells_the_last_event_id_of_the_client() {
    let asks = |headers: &[(&str, &str)]| {
        let request = request(Method::GET, "/?last_event_id=1:0", headers);
        let (_, sender) = Sse::channel(&request, &QUIET).unwrap();
        sender.last_event_id().map(ToString::to_string)
    };
    assert_eq!(asks(&[]).as_deref(), Some("1:0"));
    assert_eq!(asks(&[("last-event-id", "2:0")]).as_deref(), Some("2:0"));
    assert_eq!(asks(&[("last-event-id", " x")]).as_deref(), None);
}

#[tokio::test]
async fn a_head_request_gets_a_closed_sender() {
    let head = request(Method::HEAD, "/", &[]);
    let (_response, sender) = Sse::channel(&head, &QUIET).unwrap();
    assert!(sender.is_closed());
}

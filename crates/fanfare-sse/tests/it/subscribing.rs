//! Streams that follow the channels of a hub.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::engine::Usage;
use fanfare_hub::{
    Admission, ChannelName, Deleted, Draft, Engine, EngineError, HistoryLimits, Hub, MemoryEngine,
    MemoryLimits, Page, PageLimit, Pending, PublishError, Sink, Start, Stored, Timestamp,
};
use fanfare_sse::{Decoder, MessageEvent, Sse, SseConfig, Subscribe, SubscribeError};
use http::Method;
use http_body_util::BodyExt as _;

use crate::rig::{Client, get, request};

/// When the engines of these tests begin to live, in seconds.
const STARTED: u64 = 1000;

const QUIET: SseConfig = SseConfig::new().keep_alive(None);

fn now() -> Timestamp {
    Timestamp::from_seconds(STARTED + 1)
}

fn hub() -> Hub {
    keeping(100)
}

/// A hub whose channels keep so many messages.
fn keeping(messages: usize) -> Hub {
    let limits = MemoryLimits {
        history: HistoryLimits {
            messages,
            ..HistoryLimits::default()
        },
        ..MemoryLimits::default()
    };
    let engine = MemoryEngine::new(limits, Timestamp::from_seconds(STARTED));
    Hub::new(Arc::new(engine), 0)
}

fn publish(hub: &Hub, channel: &str, draft: Draft) {
    let channel = ChannelName::new(channel).unwrap();
    match hub.publish(&channel, draft, now()) {
        Pending::Ready(receipt) => _ = receipt.unwrap(),
        Pending::Later(_) => unreachable!("memory answers at once"),
    }
}

fn draft(text: &str) -> Draft {
    Draft::new(text.to_owned())
}

fn subscribe(hub: &Hub, channel: &str) -> Subscribe {
    Sse::subscribe(hub, channel).clock(now).config(&QUIET)
}

/// A client without a cursor.
fn open(subscribe: Subscribe) -> Client {
    Client::unread(subscribe.resume(&get()).unwrap())
}

/// A client that comes back with this cursor.
fn reopen(subscribe: Subscribe, cursor: &str) -> Client {
    let headers = [("last-event-id", cursor)];
    let request = request(Method::GET, "/", &headers);
    Client::unread(subscribe.resume(&request).unwrap())
}

#[test]
fn what_is_stored_comes_first_and_then_what_is_published() {
    let hub = hub();
    publish(&hub, "c", draft("stored"));
    let mut client = open(subscribe(&hub, "c"));
    assert_eq!(
        client.now().unwrap(),
        ": ok\n\nid: 1001:0\ndata: stored\n\n"
    );
    publish(
        &hub,
        "c",
        Draft {
            event: Some("e".into()),
            ..draft("li\r\nve")
        },
    );
    assert_eq!(
        client.now().unwrap(),
        "id: 1001:1\nevent: e\ndata: li\ndata: ve\n\n"
    );
    assert_eq!(client.now(), None);
}

/// Otherwise what is published before the first reconnection would be lost without a word.
#[test]
fn a_client_gets_a_cursor_before_the_first_message() {
    let hub = hub();
    publish(&hub, "c", draft("old"));
    let mut client = open(subscribe(&hub, "c").start(Start::Newest));
    assert_eq!(client.now().unwrap(), ": ok\n\nid: 1001:0\n\n");
    drop(client);
    publish(&hub, "c", draft("meanwhile"));
    let mut client = reopen(subscribe(&hub, "c").start(Start::Newest), "1001:0");
    assert_eq!(
        client.now().unwrap(),
        ": ok\n\nid: 1001:1\ndata: meanwhile\n\n"
    );
}

#[test]
fn the_header_beats_the_query() {
    let hub = hub();
    for n in 0..4 {
        publish(&hub, "c", draft(&n.to_string()));
    }
    let request = request(
        Method::GET,
        "/?last_event_id=1001:0",
        &[("last-event-id", "1001:2")],
    );
    let response = subscribe(&hub, "c").resume(&request).unwrap();
    let mut client = Client::unread(response);
    assert_eq!(client.now().unwrap(), ": ok\n\nid: 1001:3\ndata: 3\n\n");
}

#[test]
fn headers_alone_are_enough_to_resume() {
    let hub = hub();
    publish(&hub, "c", draft("0"));
    publish(&hub, "c", draft("1"));
    let (parts, ()) = request(Method::GET, "/", &[("last-event-id", "1001:0")]).into_parts();
    let response = subscribe(&hub, "c").resume(&parts.headers).unwrap();
    assert_eq!(
        Client::unread(response).now().unwrap(),
        ": ok\n\nid: 1001:1\ndata: 1\n\n"
    );
}

#[test]
fn a_foreign_cursor_counts_as_none() {
    let hub = hub();
    publish(&hub, "c", draft("0"));
    for cursor in ["nonsense", "1:2:3", "1:0,2:0", "42"] {
        let mut client = reopen(subscribe(&hub, "c"), cursor);
        assert_eq!(client.now().unwrap(), ": ok\n\nid: 1001:0\ndata: 0\n\n");
    }
}

#[test]
fn what_is_gone_is_said_to_be_missing() {
    let hub = keeping(2);
    for n in 0..5 {
        publish(&hub, "c\"", draft(&n.to_string()));
    }
    let mut client = reopen(subscribe(&hub, "c\""), "1001:0");
    assert_eq!(
        client.now().unwrap(),
        ": ok\n\nid: 1001:2\nevent: gap\n\
         data: {\"channel\":\"c\\\"\",\"after\":\"1001:0\",\"resumed\":\"1001:2\"}\n\n\
         id: 1001:3\ndata: 3\n\nid: 1001:4\ndata: 4\n\n"
    );
}

#[test]
fn bytes_that_are_not_text_come_as_base64() {
    let hub = hub();
    publish(&hub, "c", Draft::new(&b"\xff\x00"[..]));
    let mut client = open(subscribe(&hub, "c"));
    assert_eq!(
        client.now().unwrap(),
        ": ok\n\nid: 1001:0\ndata: /wA=\nencoding: base64\n\n"
    );
}

#[test]
fn several_channels_have_one_cursor() {
    let hub = hub();
    let both = || subscribe(&hub, "a").and("b").and("a");
    let mut client = open(both());
    client.now().unwrap();
    publish(&hub, "b", draft("b0"));
    let text = client.now().unwrap();
    assert_eq!(text, "id: 1000:4294967295,1001:0\ndata: b0\n\n");
    publish(&hub, "a", draft("a0"));
    publish(&hub, "b", draft("b1"));
    drop(client);
    let mut client = reopen(both(), "1000:4294967295,1001:0");
    assert_eq!(
        client.now().unwrap(),
        ": ok\n\nid: 1001:0,1001:0\ndata: a0\n\nid: 1001:0,1001:1\ndata: b1\n\n"
    );
}

#[tokio::test]
async fn all_readers_share_the_bytes_of_an_event() {
    let hub = hub();
    let mut bodies: Vec<_> = (0..2)
        .map(|_| subscribe(&hub, "c").resume(&get()).unwrap().into_body())
        .collect();
    for body in &mut bodies {
        body.frame().await.unwrap().unwrap();
    }
    publish(&hub, "c", draft("one"));
    let mut addresses = Vec::new();
    for body in &mut bodies {
        let bytes: Bytes = body.frame().await.unwrap().unwrap().into_data().unwrap();
        addresses.push(bytes.as_ptr());
    }
    assert_eq!(addresses[0], addresses[1]);
}

#[test]
fn a_deleted_channel_ends_the_stream_with_a_comment() {
    let hub = hub();
    publish(&hub, "c", draft("x"));
    let mut client = open(subscribe(&hub, "c"));
    client.now().unwrap();
    drop(hub.delete(&ChannelName::new("c").unwrap(), now()));
    assert_eq!(client.now().unwrap(), ":410: 410 Gone\n\n");
    assert!(client.is_over());
}

#[test]
fn a_newcomer_can_take_the_channel_over() {
    let hub = hub();
    let only = || subscribe(&hub, "c").admission(Admission::Last);
    let mut first = open(only());
    first.now().unwrap();
    let mut second = open(only());
    assert_eq!(first.now().unwrap(), ":409: 409 Conflict\n\n");
    assert!(first.is_over());
    assert!(second.now().is_some());
    assert!(!second.is_over());
}

#[test]
fn a_client_that_goes_leaves_the_channel() {
    let hub = hub();
    let channel = ChannelName::new("c").unwrap();
    let client = open(subscribe(&hub, "c"));
    assert_eq!(hub.presence(&channel), 1);
    drop(client);
    assert_eq!(hub.presence(&channel), 0);
}

#[test]
fn a_head_request_joins_nothing() {
    let hub = hub();
    let mut listener = open(subscribe(&hub, "c"));
    listener.now().unwrap();
    let head = request(Method::HEAD, "/", &[]);
    let response = subscribe(&hub, "c")
        .admission(Admission::Last)
        .resume(&head);
    assert_eq!(
        response.unwrap().headers()["content-type"],
        "text/event-stream"
    );
    assert_eq!(listener.now(), None);
    assert!(!listener.is_over());
}

#[test]
fn refusals_are_answers() {
    let check = |error: SubscribeError, status: u16| {
        assert_eq!(error.status().as_u16(), status);
        assert_eq!(error.into_response().status().as_u16(), status);
    };
    let hub = hub();
    let post = request(Method::POST, "/", &[]);
    check(subscribe(&hub, "c").resume(&post).unwrap_err(), 405);
    check(subscribe(&hub, "").resume(&get()).unwrap_err(), 400);
    let second = subscribe(&hub, "c").and("\n").and("d");
    check(second.resume(&get()).unwrap_err(), 400);
    let only = || subscribe(&hub, "c").admission(Admission::First);
    let _client = open(only());
    check(only().resume(&get()).unwrap_err(), 409);

    let full = Hub::new(
        Arc::new(MemoryEngine::new(MemoryLimits::default(), now())),
        1,
    );
    let _client = open(subscribe(&full, "c"));
    check(subscribe(&full, "c").resume(&get()).unwrap_err(), 503);
}

/// Readers come and go while a thread publishes: each hears every message once, in order.
#[test]
fn nothing_is_lost_or_doubled_however_often_a_client_reconnects() {
    const MESSAGES: usize = 2000;
    let hub = keeping(MESSAGES);
    let publisher = {
        let hub = hub.clone();
        std::thread::spawn(move || {
            for n in 0..MESSAGES {
                publish(&hub, "c", draft(&n.to_string()));
            }
        })
    };
    let mut decoder = Decoder::default();
    let mut heard: Vec<String> = Vec::new();
    while heard.len() < MESSAGES {
        let mut client = match decoder.last_event_id() {
            "" => open(subscribe(&hub, "c")),
            cursor => reopen(subscribe(&hub, "c"), cursor),
        };
        for _ in 0..3 {
            let text = client.now().unwrap_or_default();
            let mut input = text.as_bytes();
            while let Some(event) = decoder.decode(&mut input).unwrap() {
                heard.push(event.data);
            }
        }
        decoder.end_of_stream();
        std::thread::yield_now();
    }
    publisher.join().unwrap();
    let expected: Vec<_> = (0..MESSAGES).map(|n| n.to_string()).collect();
    assert_eq!(heard, expected);
}

#[test]
fn a_reader_too_slow_for_the_history_is_told_of_the_gap() {
    let hub = keeping(10);
    let mut client = open(subscribe(&hub, "c"));
    client.now().unwrap();
    for n in 0..1000 {
        publish(&hub, "c", draft(&n.to_string()));
    }
    let mut decoder = Decoder::default();
    let mut events: VecDeque<MessageEvent> = VecDeque::new();
    while let Some(text) = client.now() {
        let mut input = text.as_bytes();
        while let Some(event) = decoder.decode(&mut input).unwrap() {
            events.push_back(event);
        }
    }
    let gaps = events.iter().filter(|event| event.event_type == "gap");
    assert_eq!(gaps.count(), 1);
    assert_eq!(events.back().unwrap().data, "999");
    assert_eq!(decoder.last_event_id(), "1001:999");
}

/// An engine that has to ask somewhere before it can read, and that may fail.
#[derive(Debug)]
struct Distant {
    near: MemoryEngine,
    is_away: bool,
}

impl Engine for Distant {
    fn read(
        &self,
        channel: &ChannelName,
        start: Start,
        limit: PageLimit,
        now: Timestamp,
    ) -> Pending<Result<Page, EngineError>> {
        let away = self.is_away.then_some(EngineError::Unavailable {
            retry_after: Duration::from_secs(1),
        });
        let page = self.near.read(channel, start, limit, now);
        Pending::Later(Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            match away {
                Some(error) => Err(error),
                None => page.await,
            }
        }))
    }

    fn attach(&self, sink: Arc<dyn Sink>) {
        self.near.attach(sink);
    }

    fn publish(
        &self,
        channel: &ChannelName,
        draft: Draft,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>> {
        self.near.publish(channel, draft, now)
    }

    fn look(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Option<Stored>, EngineError>> {
        self.near.look(channel, now)
    }

    fn create(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>> {
        self.near.create(channel, now)
    }

    fn delete(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Deleted, EngineError>> {
        self.near.delete(channel, now)
    }

    fn collect(&self, now: Timestamp, in_use: &dyn Fn(&ChannelName) -> bool) {
        self.near.collect(now, in_use);
    }

    fn usage(&self) -> Usage {
        self.near.usage()
    }
}

fn distant(is_away: bool) -> Hub {
    let started = Timestamp::from_seconds(STARTED);
    let near = MemoryEngine::new(MemoryLimits::default(), started);
    Hub::new(Arc::new(Distant { near, is_away }), 0)
}

#[tokio::test(start_paused = true)]
async fn an_engine_may_take_its_time() {
    let hub = distant(false);
    publish(&hub, "c", draft("stored"));
    let mut client = Client::of(subscribe(&hub, "c").resume(&get()).unwrap());
    assert_eq!(client.now(), None);
    publish(&hub, "c", draft("meanwhile"));
    let mut text = client.next().await.unwrap();
    if !text.contains("meanwhile") {
        text += &client.next().await.unwrap();
    }
    assert_eq!(
        text,
        "id: 1001:0\ndata: stored\n\nid: 1001:1\ndata: meanwhile\n\n"
    );
    assert_eq!(client.now(), None);
}

/// Broken off, not ended in good order: the client comes back with its cursor either way, and the
/// operator learns of it.
#[tokio::test(start_paused = true)]
async fn an_engine_that_cannot_be_reached_breaks_the_stream_off() {
    let hub = distant(true);
    let mut body = subscribe(&hub, "c").resume(&get()).unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    let error = body.frame().await.unwrap().unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.to_string().contains("unavailable"), "{source}");
    assert!(body.frame().await.is_none());
    assert_eq!(hub.presence(&ChannelName::new("c").unwrap()), 0);
}

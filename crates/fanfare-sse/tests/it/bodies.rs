//! What a stream says of its own, and how it is cut into frames. The clock is paused: it moves only
//! when everybody waits.

use std::time::Duration;

use bytes::Bytes;
use fanfare_sse::limits::FRAME_BYTES_MAX;
use fanfare_sse::{Block, Event, Sse, SseConfig};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, advance};

use crate::rig::{Client, get};

const SECOND: Duration = Duration::from_secs(1);
const QUIET: SseConfig = SseConfig::new().keep_alive(None);

/// The first frame of a stream that behaves so.
async fn opening(config: &SseConfig) -> Bytes {
    let sse = Sse::from_stream(futures_util::stream::pending::<Event>());
    let mut body = sse.config(config).into_response().into_body();
    body.frame().await.unwrap().unwrap().into_data().unwrap()
}

#[tokio::test]
async fn opens_with_a_comment_or_the_retry_time() {
    assert_eq!(opening(&QUIET).await, ": ok\n\n");
    let retry = QUIET.retry(Duration::from_millis(2500));
    assert_eq!(opening(&retry).await, "retry: 2500\n\n");
}

#[tokio::test]
async fn each_client_is_told_another_retry_time() {
    let config = QUIET.retry(SECOND).retry_jitter(SECOND);
    let mut times = Vec::new();
    for _ in 0..20 {
        let opening = opening(&config).await;
        let text = str::from_utf8(&opening).unwrap();
        let digits = text.strip_prefix("retry: ").unwrap().trim_end();
        times.push(digits.parse::<u64>().unwrap());
    }
    assert!(
        times.iter().all(|time| (1000..=2000).contains(time)),
        "{times:?}"
    );
    times.sort_unstable();
    times.dedup();
    assert!(times.len() > 10, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_comments() {
    let (response, _sender) = Sse::channel(&get(), &SseConfig::new()).unwrap();
    let mut client = Client::of(response);
    let opened = Instant::now();
    for n in 1..4 {
        assert_eq!(client.next().await.unwrap(), ": \n\n");
        assert_eq!(opened.elapsed().as_secs(), 15 * n);
    }
}

#[tokio::test(start_paused = true)]
async fn the_comment_waits_for_silence_after_the_last_event() {
    let config = SseConfig::new().keep_alive(Some(15 * SECOND));
    let (response, sender) = Sse::channel(&get(), &config).unwrap();
    let mut client = Client::of(response);
    assert_eq!(client.now(), None);
    for _ in 0..3 {
        advance(10 * SECOND).await;
        assert_eq!(client.now(), None);
        sender.try_send("x").unwrap();
        assert_eq!(client.now().unwrap(), "data: x\n\n");
    }
    let last = Instant::now();
    assert_eq!(client.next().await.unwrap(), ": \n\n");
    assert_eq!(last.elapsed().as_secs(), 15);
}

#[tokio::test]
async fn without_comments_and_age_no_timer_is_needed() {
    // A runtime without timers would panic if one was asked for.
    let (response, sender) = Sse::channel(&get(), &QUIET).unwrap();
    std::thread::spawn(move || {
        let mut client = Client::of(response);
        assert_eq!(client.now(), None);
        sender.close();
        assert!(client.is_over());
    })
    .join()
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_silence_at_all_means_no_comments() {
    let config = SseConfig::new().keep_alive(Some(Duration::ZERO));
    let (response, _sender) = Sse::channel(&get(), &config).unwrap();
    let mut client = Client::of(response);
    advance(1000 * SECOND).await;
    assert_eq!(client.now(), None);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_when_it_is_old() {
    let config = QUIET.max_age(100 * SECOND);
    let opened = Instant::now();
    for _ in 0..10 {
        let begun = Instant::now();
        let (response, sender) = Sse::channel(&get(), &config).unwrap();
        let mut client = Client::of(response);
        assert_eq!(client.next().await, None);
        assert!(sender.is_closed());
        let age = begun.elapsed();
        assert!((80 * SECOND..=100 * SECOND).contains(&age), "{age:?}");
    }
    assert_ne!(opened.elapsed().as_secs(), 1000, "spread");
}

#[tokio::test(start_paused = true)]
async fn a_busy_stream_ends_when_it_is_old_too() {
    let endless = futures_util::stream::repeat_with(|| Event::data("x".repeat(FRAME_BYTES_MAX)));
    let config = SseConfig::new().max_age(SECOND);
    let mut client = Client::of(Sse::from_stream(endless).config(&config).into_response());
    assert!(client.next().await.is_some());
    advance(SECOND).await;
    assert!(client.is_over());
}

#[tokio::test(start_paused = true)]
async fn times_beyond_any_clock_are_endless() {
    let config = SseConfig::new()
        .keep_alive(Some(Duration::MAX))
        .retry(Duration::MAX)
        .retry_jitter(Duration::MAX)
        .max_age(Duration::MAX);
    let (response, _sender) = Sse::channel(&get(), &config).unwrap();
    let mut client = Client::of(response);
    assert_eq!(client.now(), None);
}

#[tokio::test]
async fn what_waits_together_goes_out_together() {
    let (response, sender) = Sse::channel(&get(), &QUIET).unwrap();
    for text in ["a", "b", "c"] {
        sender.try_send(text).unwrap();
    }
    let mut client = Client::unread(response);
    assert_eq!(
        client.now().unwrap(),
        ": ok\n\ndata: a\n\ndata: b\n\ndata: c\n\n"
    );
}

#[tokio::test]
async fn frames_are_bounded_and_nothing_is_lost() {
    let config = QUIET.buffer(1000).buffer_bytes(usize::MAX);
    let (response, sender) = Sse::channel(&get(), &config).unwrap();
    let mut sent = ": ok\n\n".to_owned();
    for n in 0..300 {
        let event = Event::data("x".repeat(n));
        sent += str::from_utf8(&event.encode()).unwrap();
        sender.try_send(event).unwrap();
    }
    sender.close();
    let mut body = response.into_body();
    let mut received = Vec::new();
    let mut frames = 0;
    while let Some(frame) = body.frame().await {
        let bytes = frame.unwrap().into_data().unwrap();
        assert!(bytes.len() <= FRAME_BYTES_MAX);
        assert!(bytes.ends_with(b"\n\n"), "blocks are whole");
        received.extend(bytes);
        frames += 1;
    }
    assert_eq!(String::from_utf8(received).unwrap(), sent);
    assert!(frames < 10, "{frames} frames");
}

#[tokio::test]
async fn a_block_for_many_is_not_copied() {
    let block = Block::from(Event::data("x".repeat(100)));
    let mut addresses = Vec::new();
    for _ in 0..2 {
        let (response, sender) = Sse::channel(&get(), &QUIET).unwrap();
        let mut body = response.into_body();
        body.frame().await.unwrap().unwrap();
        sender.try_send(block.clone()).unwrap();
        let bytes = body.frame().await.unwrap().unwrap().into_data().unwrap();
        addresses.push(bytes.as_ptr());
    }
    assert_eq!(addresses, [block.as_bytes().as_ptr(); 2]);
}

#[tokio::test]
async fn a_stream_of_events_ends_with_its_last() {
    let events = futures_util::stream::iter([Event::data("a"), Event::data("b")]);
    let mut body = Sse::from_stream(events).into_response().into_body();
    assert!(!body.is_end_stream());
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(frame, ": ok\n\ndata: a\n\ndata: b\n\n");
    assert!(body.frame().await.is_none());
    assert!(body.is_end_stream());
}

#[tokio::test]
async fn a_stream_may_be_of_blocks_texts_or_results() {
    let shared = Block::from(Event::data("a"));
    let blocks = futures_util::stream::iter([shared]);
    let mut client = Client::unread(Sse::from_stream(blocks).into_response());
    assert_eq!(client.now().unwrap(), ": ok\n\ndata: a\n\n");

    let results = futures_util::stream::iter([Ok::<_, std::io::Error>("a")]);
    let mut client = Client::unread(Sse::from_stream(results).into_response());
    assert_eq!(client.now().unwrap(), ": ok\n\ndata: a\n\n");
}

#[tokio::test]
async fn an_error_breaks_the_stream_off_after_what_came_before() {
    let results = [Ok("a"), Err("out of paper"), Ok("b")];
    let mut body = Sse::from_stream(futures_util::stream::iter(results))
        .into_response()
        .into_body();
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(frame, ": ok\n\ndata: a\n\n");
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "out of paper"
    );
    assert!(body.frame().await.is_none());
}

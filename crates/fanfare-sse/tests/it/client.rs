//! The client against a scripted server, with a paused clock, and against a real one.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use fanfare_sse::{ClientError, DecodeError, EventSource, Sse, SseConfig};
use futures_util::{FutureExt as _, StreamExt as _};
use http::{Request, Response, StatusCode, Uri};
use http_body::Frame;
use http_body_util::{BodyExt as _, Empty, StreamBody, combinators::UnsyncBoxBody};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

type Body = UnsyncBoxBody<Bytes, &'static str>;

/// What a server does with one request.
enum Turn {
    /// Does not even answer.
    Hang,
    Refuse,
    Status(u16),
    /// Sends this and then ends the body.
    Stream(&'static [&'static str]),
    /// Sends this and then nothing.
    StreamAndHang(&'static [&'static str]),
    /// Sends this and breaks off.
    StreamAndBreak(&'static [&'static str]),
    Html,
}

/// The requests a server has seen, each with the time.
type Seen = Arc<Mutex<Vec<(Duration, Request<()>)>>>;

/// A client whose server does these things in turn.
fn client(turns: impl IntoIterator<Item = Turn>) -> (EventSource, Seen) {
    let mut turns: VecDeque<Turn> = turns.into_iter().collect();
    let seen = Seen::default();
    let log = Arc::clone(&seen);
    let begun = Instant::now();
    let source = EventSource::new(Uri::from_static("http://x/events"), move |request| {
        log.lock().unwrap().push((begun.elapsed(), request));
        let turn = turns.pop_front().expect("no further request");
        async move { play(turn).await }
    });
    (source, seen)
}

async fn play(turn: Turn) -> Result<Response<Body>, &'static str> {
    let pieces = |pieces: &'static [&'static str]| {
        let frames = pieces.iter().map(|piece| Ok(Frame::data((*piece).into())));
        futures_util::stream::iter(frames)
    };
    let body = match turn {
        Turn::Hang => std::future::pending().await,
        Turn::Refuse => return Err("connection refused"),
        Turn::Status(status) => {
            let mut response = Response::new(Empty::new().map_err(|e| match e {}).boxed_unsync());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            return Ok(response);
        }
        Turn::Html => {
            return Ok(Response::new(
                Empty::new().map_err(|e| match e {}).boxed_unsync(),
            ));
        }
        Turn::Stream(texts) => StreamBody::new(pieces(texts)).boxed_unsync(),
        Turn::StreamAndHang(texts) => {
            StreamBody::new(pieces(texts).chain(futures_util::stream::pending())).boxed_unsync()
        }
        Turn::StreamAndBreak(texts) => {
            let broken = futures_util::stream::iter([Err("connection reset")]);
            StreamBody::new(pieces(texts).chain(broken)).boxed_unsync()
        }
    };
    let mut response = Response::new(body);
    let content_type = "text/event-stream; charset=utf-8".parse().unwrap();
    response.headers_mut().insert("content-type", content_type);
    Ok(response)
}

/// The data of all events up to the end, and the error it ended with.
async fn read(source: &mut EventSource) -> (Vec<String>, Option<ClientError>) {
    let mut data = Vec::new();
    while let Some(next) = source.next().await {
        match next {
            Ok(event) => data.push(event.data),
            Err(error) => {
                assert!(source.next().await.is_none(), "an error is the end");
                return (data, Some(error));
            }
        }
    }
    (data, None)
}

fn last_event_ids(seen: &Seen) -> Vec<Option<String>> {
    let seen = seen.lock().unwrap();
    let ids = seen.iter().map(|(_, request)| {
        let id = request.headers().get("last-event-id")?;
        Some(String::from_utf8(id.as_bytes().to_vec()).unwrap())
    });
    ids.collect()
}

#[tokio::test(start_paused = true)]
async fn goes_on_where_it_left_off_until_the_server_says_stop() {
    let (mut source, seen) = client([
        Turn::Stream(&["id: 1\ndata: a\n\nid: 2\nda", "ta: b\n\nid: 3\ndata: lost"]),
        Turn::StreamAndBreak(&["id: …\ndata: c\n\n"]),
        Turn::Stream(&["id\ndata: d\n\n"]),
        Turn::Status(204),
    ]);
    let (data, error) = read(&mut source).await;
    assert_eq!(data, ["a", "b", "c", "d"]);
    assert!(error.is_none());
    let expected = [None, Some("2".to_owned()), Some("…".to_owned()), None];
    assert_eq!(last_event_ids(&seen), expected);
}

#[tokio::test(start_paused = true)]
async fn asks_as_a_browser_does() {
    let (source, seen) = client([Turn::Status(204)]);
    let mut source = source.resume_after("1763680000:3").unwrap();
    assert_eq!(source.last_event_id(), "1763680000:3");
    assert!(source.next().await.is_none());
    let seen = seen.lock().unwrap();
    let (_, request) = seen.first().unwrap();
    assert_eq!(request.uri(), "http://x/events");
    assert_eq!(request.headers()["accept"], "text/event-stream");
    assert_eq!(request.headers()["cache-control"], "no-cache");
    assert_eq!(request.headers()["last-event-id"], "1763680000:3");
}

#[test]
fn cannot_resume_after_what_is_no_id() {
    let (source, _) = client([]);
    assert!(source.resume_after("a\nb").is_err());
}

#[tokio::test(start_paused = true)]
async fn waits_as_long_as_the_server_asks() {
    let (source, seen) = client([
        Turn::Stream(&["retry: 10000\n\n"]),
        Turn::Stream(&["retry: 1000\n\n"]),
        Turn::Status(204),
    ]);
    read(&mut { source.retry(SECOND) }).await;
    let seen = seen.lock().unwrap();
    let times: Vec<_> = seen.iter().map(|(time, _)| time.as_secs_f64()).collect();
    assert!((10.0..=15.1).contains(&(times[1] - times[0])), "{times:?}");
    assert!((1.0..=1.6).contains(&(times[2] - times[1])), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn waits_longer_each_time_it_cannot_connect() {
    let (source, seen) = client([
        Turn::Refuse,
        Turn::Refuse,
        Turn::Refuse,
        Turn::Stream(&["data: a\n\n"]),
        Turn::Status(204),
    ]);
    let mut source = source.retry(SECOND);
    let (data, _) = read(&mut source).await;
    assert_eq!(data, ["a"]);
    let seen = seen.lock().unwrap();
    let times: Vec<_> = seen.iter().map(|(time, _)| time.as_secs_f64()).collect();
    for (pair, seconds) in times.windows(2).zip([1.0, 2.0, 4.0, 1.0]) {
        let pause = pair[1] - pair[0];
        assert!((seconds..=1.6 * seconds).contains(&pause), "{times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn gives_up_after_as_many_attempts_as_it_may() {
    let (source, _) = client([Turn::Refuse, Turn::Refuse, Turn::Refuse]);
    let (_, error) = read(&mut source.attempts_max(3)).await;
    let Some(ClientError::Unreachable { attempts, source }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(attempts, 3);
    assert_eq!(source.to_string(), "connection refused");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_final() {
    for status in [205, 301, 401, 404, 503] {
        let (mut source, _) = client([Turn::Status(status)]);
        let (_, error) = read(&mut source).await;
        let refused = matches!(error, Some(ClientError::Status(found)) if found == status);
        assert!(refused, "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_event_stream_is_final() {
    let (mut source, _) = client([Turn::Html]);
    let (_, error) = read(&mut source).await;
    assert!(matches!(error, Some(ClientError::ContentType)));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_too_large_is_final() {
    let huge: &'static str = "x".repeat(3 << 20).leak();
    let pieces = vec!["id: 1\ndata: a\n\n", huge].leak();
    let (mut source, _) = client([Turn::Stream(pieces)]);
    let (data, error) = read(&mut source).await;
    assert_eq!(data, ["a"]);
    let too_large = matches!(
        error,
        Some(ClientError::Decode(DecodeError::TooLarge { .. }))
    );
    assert!(too_large, "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_word_is_left() {
    let (source, seen) = client([
        Turn::Hang,
        Turn::StreamAndHang(&["data: a\n\n", ": \n\n"]),
        Turn::Status(204),
    ]);
    let (data, _) = read(&mut source.silence_max(45 * SECOND)).await;
    assert_eq!(data, ["a"]);
    let seen = seen.lock().unwrap();
    let times: Vec<_> = seen.iter().map(|(time, _)| time.as_secs()).collect();
    assert!((48..=50).contains(&times[1]), "{times:?}");
    assert!(
        (times[1] + 48..=times[1] + 50).contains(&times[2]),
        "{times:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_it_waits_for_ever() {
    let (mut source, _) = client([Turn::StreamAndHang(&["data: a\n\n"])]);
    assert_eq!(source.next().await.unwrap().unwrap().data, "a");
    tokio::time::advance(1000 * SECOND).await;
    assert!(source.next().now_or_never().is_none());
}

/// With hyper on both sides: each connection brings one event and ends, the fourth says stop.
#[tokio::test]
async fn follows_a_real_server_over_many_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service_fn(|request| {
                let config = SseConfig::new().retry(Duration::from_millis(1));
                let (response, sender) = Sse::channel(&request, &config).unwrap();
                let last = sender
                    .last_event_id()
                    .map_or(0, |id| id.as_str().parse().unwrap());
                let next = last + 1;
                let event = fanfare_sse::Event::data("x").id(next.to_string()).unwrap();
                sender.try_send(event).unwrap();
                let response = if next == 4 { Sse::stop() } else { response };
                async move { Ok::<_, Infallible>(response) }
            });
            let server = hyper::server::conn::http1::Builder::new();
            tokio::spawn(server.serve_connection(TokioIo::new(socket), service));
        }
    });
    let http: hyper_util::client::legacy::Client<_, Empty<Bytes>> =
        hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
    let mut source = EventSource::new(uri.parse().unwrap(), move |request| {
        http.request(request.map(|()| Empty::new()))
    });
    let mut ids = Vec::new();
    while let Some(event) = source.next().await {
        ids.push(event.unwrap().last_event_id);
    }
    assert_eq!(ids, ["1", "2", "3"]);
}

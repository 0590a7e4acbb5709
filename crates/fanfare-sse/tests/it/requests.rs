//! Who gets a stream, and what the others get.

use fanfare_sse::{LastEventId, Rejection, Sse, SseConfig, SseRequest, SseResponse};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use crate::rig::{get, request};

fn open<B>(request: &Request<B>) -> SseResponse {
    match Sse::channel(request, &SseConfig::new()) {
        Ok((response, _)) => response,
        Err(rejection) => rejection.into_response(),
    }
}

async fn check_rejected(request: &Request<()>, status: u16, sentence: &str) -> HeaderMap {
    let response = open(request);
    assert_eq!(response.status().as_u16(), status);
    let (head, body) = response.into_parts();
    assert_eq!(body.size_hint().exact(), Some(sentence.len() as u64 + 1));
    let text = body.collect().await.unwrap().to_bytes();
    assert_eq!(text, format!("{sentence}\n"));
    assert_eq!(head.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(head.headers["cache-control"], "no-store");
    head.headers
}

#[test]
fn a_stream_has_the_headers_that_keep_it_flowing() {
    let response = open(&get());
    assert_eq!(response.status(), StatusCode::OK);
    let headers: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    assert_eq!(
        headers,
        [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-store, no-transform"),
            ("x-accel-buffering", "no"),
            ("vary", "Accept"),
        ]
    );
    assert_eq!(response.body().size_hint().exact(), None);
}

#[test]
fn head_gets_the_same_head_and_no_body() {
    let response = open(&request(Method::HEAD, "/", &[]));
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers(), open(&get()).headers());
    assert!(response.body().is_end_stream());
}

#[tokio::test]
async fn other_methods_are_told_which_are_allowed() {
    for method in [Method::POST, Method::PUT, Method::OPTIONS, Method::DELETE] {
        let request = request(method, "/", &[]);
        let headers = check_rejected(&request, 405, "an event stream is read with GET").await;
        assert_eq!(headers["allow"], "GET, HEAD");
    }
}

#[tokio::test]
async fn who_takes_no_event_streams_gets_none() {
    let request = request(Method::GET, "/", &[("accept", "application/json")]);
    let sentence =
        "this is an event stream, and the Accept header does not allow text/event-stream";
    let headers = check_rejected(&request, 406, sentence).await;
    assert_eq!(headers["vary"], "Accept");
}

#[tokio::test]
async fn a_websocket_is_told_that_this_is_none() {
    let headers = [("upgrade", "WebSocket"), ("connection", "upgrade")];
    let request = request(Method::GET, "/", &headers);
    let sentence = "this is an event stream, not a WebSocket: open it with EventSource";
    check_rejected(&request, 400, sentence).await;
}

#[test]
fn an_offer_to_speak_http_2_does_no_harm() {
    let request = request(Method::GET, "/", &[("upgrade", "h2c")]);
    assert_eq!(open(&request).status(), StatusCode::OK);
}

#[test]
fn a_request_can_be_read_once_and_used_later() {
    let read = SseRequest::try_from(&get()).unwrap();
    assert!(Sse::channel(read, &SseConfig::new()).is_ok());

    let (parts, ()) = get().into_parts();
    assert!(Sse::channel(&parts, &SseConfig::new()).is_ok());
    assert!(Sse::channel(&parts.headers, &SseConfig::new()).is_ok());
    let refused = SseRequest::read(&Method::POST, &parts.uri, &parts.headers);
    assert_eq!(refused, Err(Rejection::MethodNotAllowed));
}

#[test]
fn a_stream_of_events_can_be_refused_too() {
    let stream = || Sse::from_stream(futures_util::stream::empty::<fanfare_sse::Event>());
    assert!(stream().answer(&get()).is_ok());
    let refused = stream().answer(&request(Method::POST, "/", &[]));
    assert_eq!(refused.unwrap_err(), Rejection::MethodNotAllowed);
}

/// At any status but 200 a browser would never come back.
#[test]
fn a_cursor_without_sense_does_not_stop_a_client() {
    let too_long = "1".repeat(5000);
    for id in [" x", "\u{7f}", &too_long] {
        let mut request = get();
        let value = http::HeaderValue::from_bytes(id.as_bytes());
        request.headers_mut().insert(
            "last-event-id",
            value.unwrap_or_else(|_| " ".parse().unwrap()),
        );
        assert_eq!(open(&request).status(), StatusCode::OK);
        let read = SseRequest::try_from(&request).unwrap();
        assert_eq!(read.last_event_id(), None);
    }
}

#[test]
fn the_last_event_id_is_read_from_the_header_first() {
    let check = |header: Option<&[u8]>, uri: &'static str, expected: Option<&str>| {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            let value = http::HeaderValue::from_bytes(header).unwrap();
            headers.insert("last-event-id", value);
        }
        let id = LastEventId::read(&headers, &Uri::from_static(uri)).unwrap();
        assert_eq!(id.as_ref().map(LastEventId::as_str), expected);
    };
    check(None, "/", None);
    check(None, "/?last_event_id=1", Some("1"));
    check(None, "/?x&lastEventId=1", Some("1"));
    check(Some(b"2"), "/?last_event_id=1", Some("2"));
    check(Some("…".as_bytes()), "/", Some("…"));
    check(Some(b""), "/?last_event_id=1", Some("1"));
}

#[test]
fn a_client_can_be_stopped_for_good() {
    let response = Sse::stop();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(response.body().is_end_stream());
    assert_eq!(response.headers()["cache-control"], "no-store");
}

//! The head of a response.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, VARY};
use http::{Response, StatusCode};

use crate::body::SseBody;

/// What opens an event stream gives back: return it from a handler of axum, hyper or tower. Add
/// headers of your own, CORS for example, before you do.
pub type SseResponse = Response<SseBody>;

/// Asks proxies of nginx's family not to hold the stream back.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// `body` with the head of an event stream.
///
/// The type has no `charset`, which is the only one there is: some proxies stream only the bare
/// type. `no-transform` is what compressing layers look at before they collect a stream to squeeze
/// it.
pub(crate) fn streaming(body: SseBody) -> SseResponse {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("no-store, no-transform"),
    );
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    response
}

/// The answer after which a client does not come back.
pub(crate) fn stopping() -> SseResponse {
    let mut response = Response::new(SseBody::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

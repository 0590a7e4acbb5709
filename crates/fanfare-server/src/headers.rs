//! Answers that are mostly headers.

use bytes::Bytes;
use fanfare_relay::{Body, Location, Outcome, Profile};
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, VARY};
use http::{HeaderMap, Response};

use crate::problem::FANFARE_ERROR;

/// What decides about the answer at a subscriber location: the cursor, and the transport.
pub(crate) const SUBSCRIBER_VARY: &str = "If-None-Match, If-Modified-Since, Accept";

/// An answer whose body the relay protocol fixes, mostly to nothing; `code` says in a header what
/// the body may not.
pub(crate) fn plain(
    outcome: Outcome,
    location: Location,
    profile: Profile,
    code: &'static str,
) -> Response<Bytes> {
    let answer = outcome.answer(location, profile);
    let text = match answer.body {
        Body::Text(text) => text,
        _ => "",
    };
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(FANFARE_ERROR, HeaderValue::from_static(code));
    if !text.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }
    if let Some(allow) = answer.allow {
        headers.insert(ALLOW, HeaderValue::from_static(allow));
    }
    if let Some(vary) = location.vary() {
        headers.insert(VARY, HeaderValue::from_static(vary));
    }
    response
}

/// Adds `more` to `headers`: `Vary` is a list that grows, everything else is replaced.
pub(crate) fn merge(headers: &mut HeaderMap, more: HeaderMap) {
    let mut name = None;
    for (next, value) in more {
        name = next.or(name);
        match &name {
            Some(known) if known == VARY => vary(headers, &value),
            Some(known) => {
                headers.insert(known.clone(), value);
            }
            None => {}
        }
    }
}

fn vary(headers: &mut HeaderMap, more: &HeaderValue) {
    let known = headers
        .get(VARY)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let more = more.to_str().unwrap_or_default();
    let list = if known.is_empty() {
        more.to_owned()
    } else {
        format!("{known}, {more}")
    };
    if let Ok(value) = HeaderValue::try_from(list) {
        headers.insert(VARY, value);
    }
}

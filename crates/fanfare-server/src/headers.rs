//! Answers that are mostly headers.

use bytes::Bytes;
use fanfare_relay::headers::FANFARE_ERROR;
use fanfare_relay::{Location, Outcome, Profile};
use http::header::{HeaderValue, VARY};
use http::{HeaderMap, Response};

/// An answer whose body the relay protocol fixes, mostly to nothing; `code` says in a header what
/// the body may not.
pub(crate) fn plain(
    outcome: Outcome,
    location: Location,
    profile: Profile,
    code: &'static str,
) -> Response<Bytes> {
    coded(outcome.response(location, profile), code)
}

/// Says in a header what is wrong, in a word for programs.
pub(crate) fn coded(mut response: Response<Bytes>, code: &'static str) -> Response<Bytes> {
    response
        .headers_mut()
        .insert(FANFARE_ERROR, HeaderValue::from_static(code));
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

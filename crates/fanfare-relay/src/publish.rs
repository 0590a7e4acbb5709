//! What a publisher says about its message.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::Draft;
use fanfare_hub::limits::{
    CONTENT_TYPE_BYTES_MAX, EVENT_NAME_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX,
};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName};

use crate::headers::{FANFARE_TTL, IDEMPOTENCY_KEY, X_EVENTSOURCE_EVENT};
use crate::percent::DecodeError;
use crate::{Query, RelayError, period};

/// Makes a draft of a publisher's request: `payload` is the body, whatever it is.
///
/// | option | header | query |
/// | --- | --- | --- |
/// | media type | `Content-Type` | – |
/// | event name | `X-EventSource-Event` | `event` |
/// | lifetime, like `30s` | `Fanfare-Ttl` | `ttl` |
/// | idempotency key | `Idempotency-Key` | `id` |
///
/// The header wins where both are given, as with cursors. An empty option counts as not given.
/// Parameters that are not in the table are ignored.
///
/// # Errors
/// [`RelayError`] names the option, by its name in the query.
pub fn read_draft(
    headers: &HeaderMap,
    query: Query<'_>,
    payload: Bytes,
) -> Result<Draft, RelayError> {
    let content_type = header(headers, &CONTENT_TYPE, "content_type")?;
    let event = option(headers, &X_EVENTSOURCE_EVENT, query, "event")?;
    let key = option(headers, &IDEMPOTENCY_KEY, query, "id")?;
    let ttl = option(headers, &FANFARE_TTL, query, "ttl")?;
    Ok(Draft {
        payload,
        content_type: fit("content_type", content_type, CONTENT_TYPE_BYTES_MAX)?,
        event: fit("event", event, EVENT_NAME_BYTES_MAX)?,
        ttl: ttl.map(|ttl| period_of(&ttl)).transpose()?,
        idempotency_key: fit("id", key, IDEMPOTENCY_KEY_BYTES_MAX)?,
        history: None,
    })
}

fn option<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    query: Query<'a>,
    key: &'static str,
) -> Result<Option<Cow<'a, str>>, RelayError> {
    match header(headers, name, key)? {
        Some(value) => Ok(Some(value)),
        None => Ok(query.value(key)?.filter(|value| !value.is_empty())),
    }
}

/// Header bytes are read as UTF-8, which is what people type; RFC 9110, 5.5 leaves it open.
fn header<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    field: &'static str,
) -> Result<Option<Cow<'a, str>>, RelayError> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let text = std::str::from_utf8(value.as_bytes()).map_err(|_| RelayError::Encoding {
        field,
        source: DecodeError::NotUtf8,
    })?;
    let text = text.trim();
    Ok((!text.is_empty()).then_some(Cow::Borrowed(text)))
}

fn fit(
    field: &'static str,
    text: Option<Cow<'_, str>>,
    bytes_max: usize,
) -> Result<Option<Box<str>>, RelayError> {
    match text {
        Some(text) if text.len() > bytes_max || text.chars().any(char::is_control) => {
            Err(RelayError::Unfit { field, bytes_max })
        }
        text => Ok(text.map(Box::from)),
    }
}

fn period_of(text: &str) -> Result<Duration, RelayError> {
    period::parse(text).ok_or(RelayError::Ttl)
}

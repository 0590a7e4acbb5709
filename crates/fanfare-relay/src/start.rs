//! Where a subscriber wants to go on, from all the places a client may say it in.

use std::time::{SystemTime, UNIX_EPOCH};

use fanfare_hub::Start;
use http::header::{ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH};

use crate::cursor::{self, Cursors};
use crate::headers::LAST_EVENT_ID;
use crate::{Query, RelayError, since};

/// How clients spell the cursor in a query: Nchan and Mercure, two ages of Mercure's clients and
/// the common EventSource polyfills, and the header's own name.
const LAST_EVENT_ID_KEYS: [&str; 4] = [
    "last_event_id",
    "lastEventId",
    "lastEventID",
    "Last-Event-ID",
];

/// Reads where a subscriber to so many channels wants to begin in each of them.
///
/// The first of these that can be understood is the cursor:
///
/// 1. `If-None-Match` with a whole id in it, `time:tag`, or a list of them;
/// 2. `If-Modified-Since`, with `If-None-Match` as the tag (absent or odd: tag 0);
/// 3. the `Last-Event-ID` header;
/// 4. `last_event_id` in the query;
/// 5. a request header `Etag: time:tag`, with which nchan.js resumes a poll.
///
/// A channel without a cursor begins where `since` says, `all`, `now`, an id or a list of ids, an
/// age like `10m`, or `-5` for the last five; without `since`, at `default`. A cursor outranks
/// `since` because the URL stays the same while the cursor moves on.
///
/// Malformed cursors are ignored, never refused: an `EventSource` gives up for good at a 400, and
/// the protocol's clients begin with `If-Modified-Since: 0`.
///
/// Source: revision 2.23, R15 and R16; the forms of Nchan 1.3.
///
/// # Errors
/// [`RelayError`] if `since` cannot be read. That is so even when a cursor outranks it: a URL is
/// right or wrong whoever asks.
pub fn read_starts(
    headers: &HeaderMap,
    query: Query<'_>,
    channels: usize,
    default: Start,
) -> Result<Vec<Start>, RelayError> {
    let mut starts = since::read(query, channels, default)?;
    let cursors = read_cursors(headers, query, channels).unwrap_or_default();
    for (start, cursor) in starts.iter_mut().zip(cursors) {
        if let Some(id) = cursor {
            *start = Start::After(id);
        }
    }
    Ok(starts)
}

fn read_cursors(headers: &HeaderMap, query: Query<'_>, channels: usize) -> Option<Cursors> {
    compound_tag(headers, &IF_NONE_MATCH, channels)
        .or_else(|| modified_since(headers, channels))
        .or_else(|| cursor::read(text(headers, &LAST_EVENT_ID)?, channels))
        .or_else(|| last_event_id(query, channels))
        .or_else(|| compound_tag(headers, &ETAG, channels))
}

fn compound_tag(headers: &HeaderMap, name: &HeaderName, channels: usize) -> Option<Cursors> {
    let tag = cursor::unquoted(text(headers, name)?);
    cursor::read(tag, channels)
}

fn modified_since(headers: &HeaderMap, channels: usize) -> Option<Cursors> {
    let date: SystemTime = httpdate::parse_http_date(text(headers, &IF_MODIFIED_SINCE)?).ok()?;
    let seconds = date.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let tags = text(headers, &IF_NONE_MATCH).unwrap_or_default();
    Some(cursor::read_tags(seconds, tags, channels))
}

fn last_event_id(query: Query<'_>, channels: usize) -> Option<Cursors> {
    LAST_EVENT_ID_KEYS
        .iter()
        .find_map(|key| cursor::read(&query.value(key).ok()??, channels))
}

/// A header as text; one with other bytes than visible ASCII was not written by us.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

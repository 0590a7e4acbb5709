//! Where a client that connects again wants to go on.

use std::borrow::Cow;

use crate::field::{self, InvalidField};
use crate::limits::CURSOR_BYTES_MAX;

/// Query parameters that name the last event id, as different clients spell it. A page cannot set a
/// header on an `EventSource`, so the first connection can say it only here.
pub const QUERY_NAMES: [&str; 4] = [
    "last_event_id",
    "lastEventID",
    "lastEventId",
    "Last-Event-ID",
];

/// Why a cursor cannot be one that this crate has written. Nothing the peer can act on.
///
/// Do not answer with an error: for any status but 200 an `EventSource` gives up for good (HTML
/// standard, 9.2.3). Send what there is and say that something may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CursorError {
    /// It is text, but no event can have it as id.
    #[error("the cursor is no event id: {0}")]
    NotAnId(#[from] InvalidField),
    /// It is not text.
    #[error("the cursor is not UTF-8")]
    NotUtf8,
}

/// Finds the id of the last event that a client has seen, if it says.
///
/// `header` is the value of `Last-Event-ID` in bytes, because an id may have characters beyond
/// ASCII; `query` is the query of the URL without its `?`. The header wins: a browser reconnects
/// with the URL it began with, so by then the query is out of date. Of several parameters named in
/// [`QUERY_NAMES`] the first counts. What is empty counts as absent.
///
/// ```
/// use fanfare_sse::last_event_id;
///
/// let cursor = last_event_id(None, Some("as=sse&last_event_id=1763680000%3A3"))?;
/// assert_eq!(cursor.as_deref(), Some("1763680000:3"));
/// # Ok::<(), fanfare_sse::CursorError>(())
/// ```
///
/// Source: HTML standard, 9.2.4 "The `Last-Event-ID` header"; URL standard, 5.1, for the query.
///
/// # Errors
/// [`CursorError`] if the value is not UTF-8, is longer than [`CURSOR_BYTES_MAX`], or has
/// characters that no id can have. It is then safe to log the error, not the value.
pub fn last_event_id<'a>(
    header: Option<&'a [u8]>,
    query: Option<&'a str>,
) -> Result<Option<Cow<'a, str>>, CursorError> {
    let header = header.filter(|value| !value.is_empty()).map(Cow::Borrowed);
    match header.or_else(|| from_query(query?)) {
        Some(value) => checked(value).map(Some),
        None => Ok(None),
    }
}

fn from_query(query: &str) -> Option<Cow<'_, [u8]>> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(_, value)| !value.is_empty())
        .find(|(name, _)| {
            QUERY_NAMES
                .iter()
                .any(|known| *unescaped(name) == *known.as_bytes())
        })
        .map(|(_, value)| unescaped(value))
}

fn checked(value: Cow<'_, [u8]>) -> Result<Cow<'_, str>, CursorError> {
    let id = match value {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).ok(),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
    };
    let id = id.ok_or(CursorError::NotUtf8)?;
    field::check_id(&id, CURSOR_BYTES_MAX)?;
    Ok(id)
}

/// Undoes the escaping of a form: `+` is a space, `%` and two digits a byte. A `%` without digits
/// stands for itself.
fn unescaped(text: &str) -> Cow<'_, [u8]> {
    let mut rest = text.as_bytes();
    if !rest.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(rest);
    }
    let mut bytes = Vec::with_capacity(rest.len());
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match hexadecimal(*high, *low) {
                Some(byte) => {
                    rest = after;
                    byte
                }
                None => b'%',
            },
            (other, _) => *other,
        });
    }
    Cow::Owned(bytes)
}

fn hexadecimal(high: u8, low: u8) -> Option<u8> {
    let high = char::from(high).to_digit(16)?;
    let low = char::from(low).to_digit(16)?;
    u8::try_from(high << 4 | low).ok()
}

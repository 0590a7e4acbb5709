//! The cursor on its way out: `Last-Modified` and `Etag`.

use std::cell::RefCell;
use std::time::{Duration, UNIX_EPOCH};

use fanfare_hub::MessageId;
use http::HeaderValue;
use http::header::{ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};

use crate::cursor;

/// The last second an HTTP date can name, 9999-12-31T23:59:59Z (RFC 9110, 5.6.7 has four digits
/// for the year). A later one is written as this one, which no real id is.
const DATE_SECONDS_MAX: u64 = 253_402_300_799;

/// `Last-Modified` and `Etag` of a subscriber answer (R17).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// The second, as a date.
    pub last_modified: Option<HeaderValue>,
    /// The tag, or the cursors of all channels; without quotes, because the protocol's clients
    /// read it as a number.
    pub etag: Option<HeaderValue>,
}

impl Validators {
    /// Of a message to a subscriber of one channel: its second and its tag.
    pub fn single(id: MessageId) -> Self {
        Self {
            last_modified: Some(last_modified(id)),
            etag: Some(HeaderValue::from(id.tag)),
        }
    }

    /// Of a message to a subscriber of several channels, and the cursors reached with it, in the
    /// order of the channels. The `Etag` alone is the cursor; it outranks the date on its way back.
    pub fn several(id: MessageId, cursors: &[Option<MessageId>]) -> Self {
        Self {
            last_modified: Some(last_modified(id)),
            etag: Some(value(cursor::write(cursors.iter().copied()))),
        }
    }

    /// Of a message to a subscriber of however many channels.
    pub fn reached(id: MessageId, cursors: impl IntoIterator<Item = Option<MessageId>>) -> Self {
        let mut cursors = cursors.into_iter();
        match (cursors.next(), cursors.next()) {
            (None | Some(_), None) => Self::single(id),
            (first, second) => {
                let all: Vec<_> = first.into_iter().chain(second).chain(cursors).collect();
                Self::several(id, &all)
            }
        }
    }

    /// Of a 304: the client's own cursor, word for word, and nothing where it sent nothing. So a
    /// browser that revalidates by itself goes on asking for the same place.
    ///
    /// Right for clients that begin with the oldest message. One that began without a cursor at
    /// `since=now` would begin anew with every poll and lose what came in between: send it the
    /// cursor it has reached, by [`Validators::reached`].
    pub fn echo(request: &HeaderMap) -> Self {
        Self {
            last_modified: request.get(IF_MODIFIED_SINCE).cloned(),
            etag: request.get(IF_NONE_MATCH).cloned(),
        }
    }

    /// The message they name, if they are a date and a tag.
    pub(crate) fn id(&self) -> Option<MessageId> {
        let date = self.last_modified.as_ref()?.to_str().ok()?;
        let since = httpdate::parse_http_date(date)
            .ok()?
            .duration_since(UNIX_EPOCH)
            .ok()?;
        let tag = self.etag.as_ref()?.to_str().ok()?.parse().ok()?;
        Some(MessageId::new(since.as_secs(), tag))
    }

    /// The same in memory of its own: as they came they would keep the whole request head.
    pub(crate) fn into_own(self) -> Self {
        let own = |value: HeaderValue| HeaderValue::from_bytes(value.as_bytes()).ok();
        Self {
            last_modified: self.last_modified.and_then(own),
            etag: self.etag.and_then(own),
        }
    }

    /// Puts them into the head of an answer.
    pub fn write(self, response: &mut HeaderMap) {
        if let Some(last_modified) = self.last_modified {
            response.insert(LAST_MODIFIED, last_modified);
        }
        if let Some(etag) = self.etag {
            response.insert(ETAG, etag);
        }
    }
}

/// The value of [`FANFARE_ID`](crate::headers::FANFARE_ID).
pub fn id_value(id: MessageId) -> HeaderValue {
    value(id.to_string())
}

fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("digits, colons, commas and dashes")
}

thread_local! {
    /// The date of the last second asked for: all messages of a second, to all their readers,
    /// share one.
    static DATE: RefCell<(u64, HeaderValue)> = RefCell::new((0, imf_fixdate(0)));
}

/// The second of `id` as an IMF-fixdate: `Fri, 20 Nov 2026 23:27:06 GMT`.
fn last_modified(id: MessageId) -> HeaderValue {
    DATE.with_borrow_mut(|(seconds, date)| {
        if *seconds != id.seconds {
            *seconds = id.seconds;
            *date = imf_fixdate(id.seconds);
        }
        date.clone()
    })
}

fn imf_fixdate(seconds: u64) -> HeaderValue {
    let date = UNIX_EPOCH + Duration::from_secs(seconds.min(DATE_SECONDS_MAX));
    HeaderValue::try_from(httpdate::fmt_http_date(date)).expect("a date is ASCII")
}

//! Names of our own headers, and the lists of headers that other headers carry.

use http::header::{CONTENT_SECURITY_POLICY, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName};

/// The id of the message in this answer: of the one just published, or of the one delivered.
pub const FANFARE_ID: HeaderName = HeaderName::from_static("fanfare-id");

/// What is wrong, in a word for programs, on every answer that something is: also where the
/// protocol wants an empty body.
pub const FANFARE_ERROR: HeaderName = HeaderName::from_static("fanfare-error");

/// What this subscriber has missed and cannot get any more, see [`gap`](crate::gap).
pub const FANFARE_GAP: HeaderName = HeaderName::from_static("fanfare-gap");

/// How long a message may be delivered, sent by its publisher: `30s`.
pub const FANFARE_TTL: HeaderName = HeaderName::from_static("fanfare-ttl");

/// A key under which a repeated publish is recognised
/// (draft-ietf-httpapi-idempotency-key-header).
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The cursor of a returning `EventSource` (HTML standard, 9.2.4).
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The name of an event, sent by its publisher. The name is Nchan's.
pub const X_EVENTSOURCE_EVENT: HeaderName = HeaderName::from_static("x-eventsource-event");

/// `Vary` of every subscriber answer: the cursor is part of the question, and so is the transport
/// where one location speaks several.
pub const SUBSCRIBER_VARY: &str = "If-None-Match, If-Modified-Since, Accept";

/// `Access-Control-Expose-Headers` of a subscriber answer: without it a page of another origin
/// sees neither cursor nor gap, nor why it was refused.
pub const SUBSCRIBER_EXPOSED: &str = "Last-Modified, Etag, Content-Type, Fanfare-Id, Fanfare-Gap, \
    Fanfare-Error, X-EventSource-Event";

/// `Access-Control-Expose-Headers` of a publisher answer.
pub const PUBLISHER_EXPOSED: &str = "Content-Type, Fanfare-Id, Fanfare-Error";

/// `Access-Control-Allow-Headers` of a subscriber location. The first five are Nchan's; `Etag` is
/// what nchan.js resumes a poll with.
pub const SUBSCRIBER_ALLOWED: &str = "If-None-Match, If-Modified-Since, Content-Type, \
    Cache-Control, X-EventSource-Event, Last-Event-ID, Etag, Authorization, X-Requested-With";

/// `Access-Control-Allow-Headers` of a publisher location.
pub const PUBLISHER_ALLOWED: &str = "Content-Type, X-EventSource-Event, Fanfare-Ttl, \
    Idempotency-Key, Authorization, X-Requested-With";

/// What keeps a publisher's bytes from being a page of this server, with [`confine`]: a browser that
/// shows them runs no script, loads nothing, and takes them to be of an origin of their own.
pub const CONFINED: &str = "default-src 'none'; sandbox";

/// Marks an answer whose body a publisher wrote, under a type that the publisher chose: a browser
/// must neither guess another type nor trust the content, see [`CONFINED`].
pub fn confine(answer: &mut HeaderMap) {
    answer.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONFINED));
}

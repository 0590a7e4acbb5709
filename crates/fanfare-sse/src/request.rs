//! The request that asks for an event stream.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

use http::header::{HeaderMap, HeaderName, UPGRADE};
use http::request::Parts;
use http::{Method, Request, Uri};

use crate::accept::takes_event_stream;
use crate::cursor::{CursorError, last_event_id};
use crate::rejection::Rejection;

/// In which a client that reconnects says the id of the last event it has seen.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A request that may be answered with an event stream.
///
/// Everything that opens a stream takes it, or what it can be made of: a reference to a
/// [`Request`], to its [`Parts`], or to its [`HeaderMap`] alone, which is then taken to be that of
/// a GET without query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseRequest {
    pub(crate) wants_body: bool,
    last_event_id: Option<LastEventId>,
}

impl SseRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// [`Rejection`]: the method is neither GET nor HEAD, the client does not accept event
    /// streams, or it asks for a WebSocket.
    pub fn read(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Self, Rejection> {
        if method != Method::GET && method != Method::HEAD {
            return Err(Rejection::MethodNotAllowed);
        }
        if headers.contains_key(UPGRADE) && is_websocket(headers) {
            return Err(Rejection::WebSocket);
        }
        if !takes_event_stream(headers) {
            return Err(Rejection::NotAcceptable);
        }
        Ok(Self {
            wants_body: method == Method::GET,
            // A cursor that makes no sense must not end the stream of an `EventSource` for good.
            last_event_id: LastEventId::read(headers, uri).unwrap_or_default(),
        })
    }

    /// The id of the last event that the client has seen, if it says so in a way that one of ours
    /// could have been written.
    pub fn last_event_id(&self) -> Option<&LastEventId> {
        self.last_event_id.as_ref()
    }
}

/// Only a WebSocket: browsers and curl also offer to speak HTTP/2 in this header.
fn is_websocket(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(UPGRADE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|protocol| protocol.trim().eq_ignore_ascii_case("websocket"))
}

impl<B> TryFrom<&Request<B>> for SseRequest {
    type Error = Rejection;

    fn try_from(request: &Request<B>) -> Result<Self, Rejection> {
        Self::read(request.method(), request.uri(), request.headers())
    }
}

impl TryFrom<&Parts> for SseRequest {
    type Error = Rejection;

    fn try_from(parts: &Parts) -> Result<Self, Rejection> {
        Self::read(&parts.method, &parts.uri, &parts.headers)
    }
}

impl TryFrom<&HeaderMap> for SseRequest {
    type Error = Rejection;

    fn try_from(headers: &HeaderMap) -> Result<Self, Rejection> {
        Self::read(&Method::GET, &Uri::default(), headers)
    }
}

/// So that an [`SseRequest`] that was read already is taken like one that was not.
impl From<Infallible> for Rejection {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The id of the last event a client has seen, as it says when it connects again.
///
/// It has the form that ids have, and nothing more is known of it: anybody can send one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LastEventId(Box<str>);

impl LastEventId {
    /// Reads it from the `Last-Event-ID` header or else from the query, see
    /// [`last_event_id`].
    ///
    /// # Errors
    /// [`CursorError`] if it has not the form of an id. Serve the client as if it had said
    /// nothing; at an error status an `EventSource` gives up for good.
    pub fn read(headers: &HeaderMap, uri: &Uri) -> Result<Option<Self>, CursorError> {
        let header = headers.get(LAST_EVENT_ID).map(|value| value.as_bytes());
        let id = last_event_id(header, uri.query())?;
        Ok(id.map(|id| Self(Cow::into_owned(id).into())))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for LastEventId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LastEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

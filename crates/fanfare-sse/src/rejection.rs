//! Why a request gets no event stream.

use std::fmt::Display;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, VARY};
use http::{Response, StatusCode};

use crate::body::SseBody;
use crate::response::SseResponse;

/// Why a request gets no event stream. Its text is a sentence for the client, who must ask
/// differently.
///
/// At any of these an `EventSource` gives up for good; none of them happens to one that asks the
/// right URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// 405: the method is neither GET nor HEAD.
    #[error("an event stream is read with GET")]
    MethodNotAllowed,
    /// 406: `Accept` rules event streams out.
    #[error("this is an event stream, and the Accept header does not allow text/event-stream")]
    NotAcceptable,
    /// 400: the request wants to become a WebSocket.
    #[error("this is an event stream, not a WebSocket: open it with EventSource")]
    WebSocket,
}

impl Rejection {
    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::WebSocket => StatusCode::BAD_REQUEST,
        }
    }

    /// The whole answer: status, headers, and the sentence.
    pub fn into_response(self) -> SseResponse {
        let mut response = sentence(self.status(), &self);
        let headers = response.headers_mut();
        match self {
            Self::MethodNotAllowed => {
                headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            Self::NotAcceptable => {
                headers.insert(VARY, HeaderValue::from_static("Accept"));
            }
            Self::WebSocket => {}
        }
        response
    }
}

/// So that a handler that returns `Result<SseResponse, SseResponse>` can use `?`.
impl From<Rejection> for SseResponse {
    fn from(rejection: Rejection) -> Self {
        rejection.into_response()
    }
}

/// An answer in one line of text.
pub(crate) fn sentence(status: StatusCode, text: &dyn Display) -> SseResponse {
    let mut response = Response::new(SseBody::text(format!("{text}\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

//! Answers on their way to whoever asked.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};

use crate::acceptor::Refusal;
use crate::headers::FANFARE_ERROR;
use crate::{Location, Outcome, Profile, PublishingError, RelayBody};

/// The answer of a service, when it comes. Dropping it gives the request up: whoever waited for a
/// message does so no more.
pub struct Answering(Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>);

impl Answering {
    pub(crate) fn new(answer: impl Future<Output = Response<Bytes>> + Send + 'static) -> Self {
        Self(Box::pin(answer))
    }
}

impl Future for Answering {
    type Output = Result<Response<RelayBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = std::task::ready!(self.0.as_mut().poll(cx));
        Poll::Ready(Ok(answer.map(RelayBody::from)))
    }
}

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answering")
    }
}

/// What an acceptor's refusal is answered.
pub(crate) fn refused(refusal: Refusal, location: Location, profile: Profile) -> Response<Bytes> {
    match (refusal.outcome(), refusal) {
        (None, Refusal::Answer(answer)) => *answer,
        (_, Refusal::Request(error)) if error.outcome() == Outcome::Invalid => {
            failed(&error.into())
        }
        (outcome, _) => outcome
            .unwrap_or(Outcome::Refused)
            .response(location, profile),
    }
}

/// What a publisher's failed request is answered: its sentence, and its code for programs.
pub(crate) fn failed(error: &PublishingError) -> Response<Bytes> {
    sentence(error.status(), error.code(), error)
}

/// A sentence for a person, and a code for programs.
pub(crate) fn sentence(
    status: StatusCode,
    code: &'static str,
    sentence: &dyn fmt::Display,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(format!("{sentence} ({code})\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, text);
    headers.insert(FANFARE_ERROR, HeaderValue::from_static(code));
    response
}

//! What anything else than a WebSocket gets.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use fanfare_link::RequestBody;
use http::{Request, Response, StatusCode};
use http_body_util::Full;

/// Answers `426` to everything.
#[derive(Clone)]
pub struct Fallback;

impl tower_service::Service<Request<RequestBody>> for Fallback {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<RequestBody>) -> Self::Future {
        let mut response = Response::new(Full::from("this is a WebSocket echo\n"));
        *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
        ready(Ok(response))
    }
}

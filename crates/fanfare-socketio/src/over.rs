//! A service in front of another one.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use tower_service::Service;

/// What stands in front: it serves some paths, and lets everything else pass.
///
/// `B` is the body of requests.
pub trait Front<B> {
    /// The body of responses.
    type Body: Body<Data = Bytes, Error = Infallible> + Unpin + 'static;

    /// True if requests for this path are its own.
    fn claims(&self, path: &str) -> bool;

    /// Answers a request for a path that it [claims](Front::claims).
    fn answer(&self, request: Request<B>) -> Answering<Self::Body>;
}

/// A response on its way.
pub type Answering<B> = Pin<Box<dyn Future<Output = Response<B>> + Send>>;

/// `F` in front of `S`, which gets all requests that `F` does not claim.
#[derive(Clone, Debug)]
pub struct Over<F, S> {
    front: F,
    inner: S,
}

/// The body of a response of the one in front, or of the one behind it.
#[derive(Debug)]
pub enum OverBody<F, B> {
    /// Of the one in front.
    Front(F),
    /// Of the one behind. Boxed so that it can be polled without pinning in place.
    Inner(Pin<Box<B>>),
}

impl<F, S> Over<F, S> {
    pub(crate) fn new(front: F, inner: S) -> Self {
        Self { front, inner }
    }
}

impl<F, S, B, R> Service<Request<B>> for Over<F, S>
where
    F: Front<B>,
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    R: Body<Data = Bytes>,
{
    type Response = Response<OverBody<F::Body, R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.front.claims(request.uri().path()) {
            let answering = self.front.answer(request);
            return Box::pin(async { Ok(answering.await.map(OverBody::Front)) });
        }
        let answering = self.inner.call(request);
        Box::pin(async {
            let response = answering.await?;
            Ok(response.map(|body| OverBody::Inner(Box::pin(body))))
        })
    }
}

impl<F, B> Body for OverBody<F, B>
where
    F: Body<Data = Bytes, Error = Infallible> + Unpin,
    B: Body<Data = Bytes>,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.get_mut() {
            Self::Front(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Self::Inner(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Front(body) => body.is_end_stream(),
            Self::Inner(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Front(body) => body.size_hint(),
            Self::Inner(body) => body.size_hint(),
        }
    }
}

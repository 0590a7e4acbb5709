//! A mount in front of another service.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use tower_service::Service;

use super::body::EngineBody;
use super::service::EngineService;

/// Serves a mount, and passes what is outside of its path on.
#[derive(Clone, Debug)]
pub struct EngineLayered<S> {
    engine: EngineService,
    inner: S,
}

/// The body of a response of one or the other.
#[derive(Debug)]
pub enum LayeredBody<B> {
    /// The mount's.
    Engine(EngineBody),
    /// The other service's. Boxed so that it can be polled without pinning in place.
    Inner(Pin<Box<B>>),
}

impl<S> EngineLayered<S> {
    pub(super) fn new(engine: EngineService, inner: S) -> Self {
        Self { engine, inner }
    }
}

impl<S, B, R> Service<Request<B>> for EngineLayered<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    R: Body<Data = Bytes>,
{
    type Response = Response<LayeredBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.engine.contains(request.uri().path()) {
            let reply = self.engine.answer(request);
            return Box::pin(async move { Ok(reply.await.map(LayeredBody::Engine)) });
        }
        let reply = self.inner.call(request);
        Box::pin(async move {
            let response = reply.await?;
            Ok(response.map(|body| LayeredBody::Inner(Box::pin(body))))
        })
    }
}

impl<B: Body<Data = Bytes>> Body for LayeredBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.get_mut() {
            Self::Engine(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never: Infallible| match never {}),
            Self::Inner(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Engine(body) => body.is_end_stream(),
            Self::Inner(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Engine(body) => body.size_hint(),
            Self::Inner(body) => body.size_hint(),
        }
    }
}

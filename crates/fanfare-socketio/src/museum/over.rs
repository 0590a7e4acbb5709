//! A museum in front of another service.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use tower_service::Service;

use super::body::MuseumBody;
use super::service::MuseumService;

/// A museum in front of another service, see [`MuseumService::over`].
#[derive(Clone, Debug)]
pub struct MuseumOver<S> {
    museum: MuseumService,
    inner: S,
}

/// The body of a response of the museum or of the service behind it.
#[derive(Debug)]
pub struct OverBody<B>(Either<B>);

#[derive(Debug)]
enum Either<B> {
    Museum(MuseumBody),
    /// Boxed, because it may not be moved once it was polled.
    Inner(Pin<Box<B>>),
}

impl<S> MuseumOver<S> {
    pub(super) fn new(museum: MuseumService, inner: S) -> Self {
        Self { museum, inner }
    }
}

impl<S, B, R> Service<Request<B>> for MuseumOver<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    S::Error: 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    R: Body<Data = Bytes> + 'static,
{
    type Response = Response<OverBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.museum.museum().claims(request.uri().path()) {
            let answering = self.museum.answer(request);
            return Box::pin(async { Ok(answering.await.map(|it| OverBody(Either::Museum(it)))) });
        }
        let answering = self.inner.call(request);
        Box::pin(async {
            let response = answering.await?;
            Ok(response.map(|it| OverBody(Either::Inner(Box::pin(it)))))
        })
    }
}

impl<B: Body<Data = Bytes>> Body for OverBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match &mut self.0 {
            Either::Museum(body) => Pin::new(body)
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(|never| match never {}))),
            Either::Inner(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Either::Museum(body) => body.is_end_stream(),
            Either::Inner(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Either::Museum(body) => body.size_hint(),
            Either::Inner(body) => body.size_hint(),
        }
    }
}

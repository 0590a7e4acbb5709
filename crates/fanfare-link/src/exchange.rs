//! One request in hyper: everything that the narrow front does not answer itself.
//!
//! A connection is lent to hyper for one HTTP/1 request at a time. So every request head passes
//! `head`, an idle keep-alive connection costs a slot and no hyper buffers, and a
//! connection that has published can subscribe next and be parked like any other. HTTP/2
//! connections stay with hyper for good; the streams on them that subscribe are held by the shard
//! through a `pipe`.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::header::{CONNECTION, EXPECT, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower_service::Service;

use crate::extent::Extent;
use crate::front::{Framing, Front, Verdict, Via};
use crate::head;
use crate::local::{Event, Local};
use crate::pipe::{PipePeer, pipe};

/// Bytes of an unread request body that are read and thrown away before an early answer, so that
/// the answer is not lost to a reset. A longer body ends the connection.
const DISCARD_BYTES_MAX: usize = 4 << 20;

/// Time for such a body to arrive.
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// Bytes of a body that are read at once. On the stack, and copied: a body is read once.
const READ_BYTES: usize = 8 << 10;

/// Streams of one HTTP/2 connection. Browsers stop at about 100 of their own accord.
const STREAMS_MAX: u32 = 256;

/// The beginning of an HTTP/2 connection (RFC 9113, section 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// True if these bytes begin an HTTP/2 connection; the head alone is enough to tell.
pub(crate) fn is_http2(received: &[u8]) -> bool {
    let length = received.len().min(HTTP2_PREFACE.len());
    length > 0 && received[..length] == HTTP2_PREFACE[..length]
}

/// The body of a request that reaches the fallback service.
#[derive(Debug)]
pub struct RequestBody {
    incoming: Incoming,
    /// Shared with the exchange, which must know whether the whole body was read.
    is_read: Arc<AtomicBool>,
}

/// Why a request body ends early: its connection is gone, or it is not well formed. The peer must
/// send it again.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BodyError(hyper::Error);

/// Answers what the front passes on. Any tower service over HTTP is one, an axum router for
/// instance; errors must have become responses.
pub trait Fallback:
    Service<
        Request<RequestBody>,
        Response = Response<Self::Body>,
        Error = Infallible,
        Future = <Self as Fallback>::Future,
    > + Clone
    + 'static
{
    /// The body it answers with.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Unpin
        + 'static;
    /// The future of its answers.
    type Future: Future<Output = Result<Response<Self::Body>, Infallible>> + 'static;
}

impl<T, B, F> Fallback for T
where
    T: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible, Future = F>
        + Clone
        + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin + 'static,
    F: Future<Output = Result<Response<B>, Infallible>> + 'static,
{
    type Body = B;
    type Future = F;
}

/// Serves one HTTP/1 request. Returns the stream and what was read beyond the request, and whether
/// another request may follow.
///
/// # Cancel safety
/// Not safe: the connection is lost. It has a task of its own.
pub(crate) async fn serve_one<T, F>(
    stream: T,
    received: Bytes,
    fallback: F,
) -> Option<(T, Bytes, bool)>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    F: Fallback,
{
    let progress = Rc::new(Progress::default());
    let io = Replayed {
        stream,
        extent: head::extent(&received),
        received,
        progress: Rc::clone(&progress),
    };
    // Boxed because hyper gives the socket back only from a connection that can be moved.
    let service = hyper::service::service_fn(|request| {
        Box::pin(answer_one(fallback.clone(), request, Rc::clone(&progress)))
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .half_close(true)
        .serve_connection(TokioIo::new(io), service);
    let keeps_alive = std::future::poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
        Poll::Ready(Ok(())) => Poll::Ready(Some(false)),
        Poll::Ready(Err(_)) => Poll::Ready(None),
        Poll::Pending if progress.is_complete() => Poll::Ready(Some(true)),
        Poll::Pending => Poll::Pending,
    })
    .await?;
    let parts = connection.into_parts();
    let Replayed {
        stream, received, ..
    } = parts.io.into_inner();
    let rest = [&parts.read_buf[..], &received].concat();
    Some((stream, rest.into(), keeps_alive))
}

async fn answer_one<F: Fallback>(
    mut fallback: F,
    request: Request<Incoming>,
    progress: Rc<Progress>,
) -> Result<Response<Tracked<F::Body>>, Infallible> {
    let expects_continue = request.headers().contains_key(EXPECT);
    let is_read = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    let request = request.map(|incoming| RequestBody {
        incoming,
        is_read: Arc::clone(&is_read),
    });
    let mut response = call(&mut fallback, request).await?;
    if !is_read.load(Ordering::Relaxed) {
        // hyper must not read the rest of this body as the next request, and neither must we.
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
        progress.closes.set(true);
        tracing::trace!(
            expects_continue,
            "answered before the request body was read"
        );
    }
    Ok(response.map(|body| Tracked { body, progress }))
}

async fn call<F: Fallback>(
    fallback: &mut F,
    request: Request<RequestBody>,
) -> Result<Response<F::Body>, Infallible> {
    std::future::poll_fn(|cx| fallback.poll_ready(cx)).await?;
    fallback.call(request).await
}

/// Reads what is left of a request body, up to 4 MiB and for up to 2 seconds, so that an early
/// answer reaches a peer that is still sending. For fallbacks that refuse a request by its size.
pub async fn discard(body: &mut RequestBody) {
    // Whoever takes longer has had the chance.
    let _ = tokio::time::timeout(DISCARD_TIME, discard_bytes(body)).await;
}

async fn discard_bytes(body: &mut RequestBody) {
    let mut left = DISCARD_BYTES_MAX;
    while let Some(Ok(frame)) = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
    {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(bytes) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// Serves an HTTP/2 connection until it ends.
///
/// # Cancel safety
/// Not safe: the connection is lost. It has a task of its own.
pub(crate) async fn serve_streams<T, F>(
    stream: T,
    received: Bytes,
    fallback: F,
    front: Arc<dyn Front>,
    local: Rc<Local>,
    stop: impl Future<Output = ()>,
) where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    F: Fallback,
{
    let io = Replayed {
        stream,
        received,
        extent: Extent::Endless,
        progress: Rc::default(),
    };
    let service = hyper::service::service_fn(move |request| {
        answer_stream(
            fallback.clone(),
            Arc::clone(&front),
            Rc::clone(&local),
            request,
        )
    });
    let mut builder = http2::Builder::new(OnThisThread);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(io), service));
    tokio::select! {
        _ended = connection.as_mut() => return,
        () = stop => connection.as_mut().graceful_shutdown(),
    }
    // How it ended says nothing that anybody could act on.
    let _ = connection.await;
}

async fn answer_stream<F: Fallback>(
    mut fallback: F,
    front: Arc<dyn Front>,
    local: Rc<Local>,
    request: Request<Incoming>,
) -> Result<Response<StreamBody<F::Body>>, Infallible> {
    if request.method() == Method::GET && request.body().is_end_stream() {
        let (parts, incoming) = request.into_parts();
        let mut verdict = front.route(
            &parts,
            Via {
                framing: Framing::Carrier,
            },
        );
        while let Verdict::Later(future) = verdict {
            verdict = future.await;
        }
        return match verdict {
            Verdict::Answer(response) => Ok(response.map(StreamBody::Whole)),
            Verdict::Hold(hold) => Ok(hold_stream(&local, hold).await),
            Verdict::Later(_) => unreachable!("awaited above"),
            Verdict::Pass => fall_back(&mut fallback, Request::from_parts(parts, incoming)).await,
        };
    }
    fall_back(&mut fallback, request).await
}

async fn fall_back<F: Fallback>(
    fallback: &mut F,
    request: Request<Incoming>,
) -> Result<Response<StreamBody<F::Body>>, Infallible> {
    let request = request.map(|incoming| RequestBody {
        incoming,
        is_read: Arc::default(),
    });
    Ok(call(fallback, request).await?.map(StreamBody::Fallback))
}

async fn hold_stream<B>(local: &Rc<Local>, hold: crate::Hold) -> Response<StreamBody<B>> {
    let (socket, peer) = pipe(local);
    let is_stream = hold.head.is_some();
    local.push(Event::Adopt(socket, hold));
    match peer.response().await {
        Some(response) if is_stream && response.status() == StatusCode::OK => {
            response.map(|_empty| StreamBody::Held(peer))
        }
        Some(response) => response.map(StreamBody::Whole),
        None => {
            let mut response = Response::new(StreamBody::Whole(Bytes::new()));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        }
    }
}

/// How far a single exchange has come. Shared between the socket and the bodies of one request.
#[derive(Debug, Default)]
struct Progress {
    /// hyper has let go of the response body, so all of it is in its buffers.
    is_answered: Cell<bool>,
    /// hyper has flushed after that, so all of it is in the kernel.
    is_flushed: Cell<bool>,
    /// The connection must end after this response.
    closes: Cell<bool>,
}

impl Progress {
    fn is_complete(&self) -> bool {
        self.is_flushed.get() && !self.closes.get()
    }
}

/// A stream that first gives back what was read from it before.
struct Replayed<T> {
    stream: T,
    received: Bytes,
    /// What may be read of it: one request. What was received beyond it waits here.
    extent: Extent,
    progress: Rc<Progress>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Replayed<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.extent.is_over() || into.remaining() == 0 {
            // Nobody wakes this read: the connection is taken back when the answer is out.
            return Poll::Pending;
        }
        if self.received.is_empty() {
            let mut piece = [0; READ_BYTES];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece))?;
            if piece.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.received = Bytes::copy_from_slice(piece.filled());
        }
        let count = self.received.len().min(into.remaining());
        let piece = self.received.slice(..count);
        let count = self.extent.take(&piece);
        into.put_slice(&piece[..count]);
        self.received.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Replayed<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, from)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes its stream only when its own buffers are empty.
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if self.progress.is_answered.get() && flushed.is_ready() {
            self.progress.is_flushed.set(true);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = Pin::new(&mut self.incoming)
            .poll_frame(cx)
            .map_err(BodyError);
        if matches!(frame, Poll::Ready(None)) || self.incoming.is_end_stream() {
            self.is_read.store(true, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// A response body that tells when hyper is done with it.
struct Tracked<B> {
    body: B,
    progress: Rc<Progress>,
}

impl<B> Drop for Tracked<B> {
    fn drop(&mut self) {
        self.progress.is_answered.set(true);
    }
}

impl<B: Body + Unpin> Body for Tracked<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a response on an HTTP/2 stream.
enum StreamBody<B> {
    Fallback(B),
    Held(PipePeer),
    Whole(Bytes),
}

impl<B> Body for StreamBody<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin,
{
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Fallback(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            Self::Held(peer) => Pin::new(peer)
                .poll_frame(cx)
                .map_err(|never| match never {}),
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Fallback(body) => body.is_end_stream(),
            Self::Held(_) => false,
            Self::Whole(bytes) => bytes.is_empty(),
        }
    }
}

/// Runs hyper's HTTP/2 streams on the shard's own thread. They end with their connection, whose
/// task has an owner.
#[derive(Clone, Copy, Debug)]
struct OnThisThread;

impl<T: Future<Output: 'static> + 'static> hyper::rt::Executor<T> for OnThisThread {
    fn execute(&self, future: T) {
        tokio::task::spawn_local(future);
    }
}

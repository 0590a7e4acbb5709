//! Connections that are not plain TCP: TLS, Unix sockets, anything that reads and writes.
//!
//! Such a stream has a task that pumps bytes between it and a `pipe` to the shard.
//! The protocols, the front and the deliveries are those of every other connection. The task holds
//! no buffer while nothing moves; it costs about 1 KB more than a parked socket, and each delivery
//! is one wake-up of the task beside the write.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::exchange::{self, Fallback};
use crate::front::Front;
use crate::local::{Event, Local};
use crate::pipe::{PipePeer, Written, pipe};

/// Bytes read from a stream at once. A record of TLS carries as many.
const READ_BYTES: usize = 16 << 10;

/// A byte stream of any kind.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// How a pump ended.
enum Ended {
    /// The stream is over.
    Closed,
    /// The next request is the fallback's; these bytes of it are read.
    Handover(Bytes),
}

/// Serves a stream until it ends.
///
/// # Cancel safety
/// Not safe: the connection is lost. It has a task of its own.
pub(crate) async fn serve<F: Fallback>(
    mut stream: Box<dyn ByteStream>,
    fallback: F,
    front: Arc<dyn Front>,
    local: Rc<Local>,
    stop: impl Future<Output = ()>,
) {
    let mut received = Bytes::new();
    loop {
        let request = match pump(&mut stream, &local, received).await {
            Ended::Closed => {
                // The peer may be gone already.
                let _ = stream.shutdown().await;
                return;
            }
            Ended::Handover(request) => request,
        };
        if exchange::is_http2(&request) {
            return exchange::serve_streams(stream, request, fallback, front, local, stop).await;
        }
        match exchange::serve_one(stream, request, fallback.clone()).await {
            Some((returned, rest, true)) => (stream, received) = (returned, rest),
            Some((mut returned, _, false)) => {
                let _ = returned.shutdown().await;
                return;
            }
            None => return,
        }
    }
}

async fn pump(stream: &mut Box<dyn ByteStream>, local: &Rc<Local>, received: Bytes) -> Ended {
    let (socket, peer) = pipe(local);
    if !received.is_empty() {
        peer.feed(received);
    }
    local.push(Event::AcceptStream(socket));
    let mut outgoing = Bytes::new();
    std::future::poll_fn(|cx| {
        let read = poll_read(stream, &peer, cx);
        let written = poll_write(stream, &peer, &mut outgoing, cx);
        match (read, written) {
            (_, Poll::Ready(Ok(ended))) => Poll::Ready(ended),
            (Err(_), _) | (_, Poll::Ready(Err(_))) => Poll::Ready(Ended::Closed),
            (Ok(()), Poll::Pending) => Poll::Pending,
        }
    })
    .await
}

thread_local! {
    /// All streams of a thread read into the same buffer, one after the other.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// Moves what the peer sends into the pipe, until there is nothing or no room.
fn poll_read(
    stream: &mut Box<dyn ByteStream>,
    peer: &PipePeer,
    cx: &mut Context<'_>,
) -> io::Result<()> {
    SCRATCH.with_borrow_mut(|scratch| {
        while peer.poll_room(cx).is_ready() {
            let mut into = ReadBuf::new(scratch);
            match Pin::new(&mut *stream).poll_read(cx, &mut into) {
                Poll::Ready(result) => result?,
                Poll::Pending => return Ok(()),
            }
            if into.filled().is_empty() {
                peer.end();
                return Ok(());
            }
            peer.feed(Bytes::copy_from_slice(into.filled()));
        }
        Ok(())
    })
}

/// Writes what the shard wants written.
fn poll_write(
    stream: &mut Box<dyn ByteStream>,
    peer: &PipePeer,
    outgoing: &mut Bytes,
    cx: &mut Context<'_>,
) -> Poll<io::Result<Ended>> {
    loop {
        while !outgoing.is_empty() {
            match Pin::new(&mut *stream).poll_write(cx, outgoing) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => outgoing.advance(count),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        match peer.poll_written(cx) {
            Poll::Ready(Written::Bytes(bytes)) => *outgoing = bytes,
            Poll::Ready(Written::End) => return Poll::Ready(Ok(Ended::Closed)),
            Poll::Ready(Written::Handover(request)) => {
                return Poll::Ready(Ok(Ended::Handover(request)));
            }
            // A layer below, such as TLS, may hold back what it was given until it is flushed.
            Poll::Pending => {
                return match Pin::new(stream).poll_flush(cx) {
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
                };
            }
        }
    }
}

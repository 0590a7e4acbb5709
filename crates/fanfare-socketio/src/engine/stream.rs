//! The connection below a WebSocket.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::limits::READ_BYTES;

/// Frames that one call hands to the kernel.
const SLICES_MAX: usize = 32;

/// What hyper let go of. A plain TCP connection sheds the wrappers that hyper needed.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Wrapped(Box<TokioIo<Upgraded>>),
}

thread_local! {
    /// What is read lands here first, so that no connection has a buffer of its own.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Stream {
    /// Takes the connection over, and what hyper has read of it too much.
    pub(super) fn new(upgraded: Upgraded) -> (Self, Bytes) {
        let upgraded = match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => return (Self::tcp(parts.io), parts.read_buf),
            Err(upgraded) => upgraded,
        };
        match upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
            Ok(parts) => (Self::tcp(parts.io), parts.read_buf),
            Err(upgraded) => (
                Self::Wrapped(Box::new(TokioIo::new(upgraded))),
                Bytes::new(),
            ),
        }
    }

    fn tcp(io: TokioIo<TcpStream>) -> Self {
        let stream = io.into_inner();
        // Frames are complete: nothing follows that would be worth waiting for. Where it fails,
        // it is only slower.
        let _ = stream.set_nodelay(true);
        Self::Tcp(stream)
    }

    /// Reads once; `read` sees the bytes. False at the end.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        read: impl FnOnce(&mut [u8]),
    ) -> Poll<io::Result<bool>> {
        let mut scratch = SCRATCH.take();
        scratch.resize(READ_BYTES, 0);
        let mut buffer = ReadBuf::new(&mut scratch);
        let outcome = match self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, &mut buffer),
            Self::Wrapped(stream) => Pin::new(stream).poll_read(cx, &mut buffer),
        };
        let has_read = !buffer.filled().is_empty();
        if has_read {
            read(buffer.filled_mut());
        }
        SCRATCH.set(scratch);
        outcome.map_ok(|()| has_read)
    }

    /// Writes some of these; returns how many bytes.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        frames: &[Bytes],
    ) -> Poll<io::Result<usize>> {
        // For a single one `send` costs less than `writev`.
        if let [frame] = frames {
            return match self {
                Self::Tcp(stream) => Pin::new(stream).poll_write(cx, frame),
                Self::Wrapped(stream) => Pin::new(stream).poll_write(cx, frame),
            };
        }
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let mut count = 0;
        for (slice, frame) in slices.iter_mut().zip(frames) {
            *slice = IoSlice::new(frame);
            count += 1;
        }
        let slices = slices.get(..count).unwrap_or_default();
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Wrapped(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    /// Sees to it that nothing stays in between.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Wrapped(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    /// Says that nothing more comes, and waits until the peer says so too.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(match self {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Wrapped(stream) => Pin::new(stream).poll_shutdown(cx),
        })?;
        while ready!(self.poll_read(cx, |_| ()))? {}
        Poll::Ready(Ok(()))
    }
}

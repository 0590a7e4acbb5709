//! The task of one WebSocket.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use hyper::upgrade::{OnUpgrade, Upgraded};

use super::carrier::{Flow, WebSocketCarrier};
use super::clock;
use super::stream::Stream;
use crate::limits::{LINGER, READING_BACKLOG_BYTES_MAX, READS_IN_A_ROW};

/// Moves the bytes of a WebSocket once hyper has let go of the connection. Ends with it.
///
/// How it begins and how it ends is short, and larger than all the rest: neither is a part of every
/// idle task.
pub(super) fn carry(upgrade: OnUpgrade, carrier: WebSocketCarrier) -> impl Future<Output = ()> {
    let begin = Box::pin(begin(upgrade, carrier));
    async {
        let Some(mut movement) = begin.await else {
            return;
        };
        match poll_fn(|cx| movement.poll_until_closed(cx)).await {
            Ok(End::ByPeer) => movement.carrier.ended(true),
            Ok(End::ByUs) => {
                Box::pin(movement.end()).await;
                movement.carrier.ended(true);
            }
            Err(_) => movement.carrier.ended(false),
        }
    }
}

/// None without a connection: then the carrier is dropped, which tells the session.
async fn begin(upgrade: OnUpgrade, carrier: WebSocketCarrier) -> Option<Movement> {
    let upgraded = upgrade.await.ok()?;
    if let Some(delay) = carrier.open_delay() {
        tokio::time::sleep(delay).await;
    }
    Some(Movement::begin(upgraded, carrier))
}

/// A connection and what is on its way between it and the session. Without a buffer while idle.
#[derive(Debug)]
struct Movement {
    stream: Stream,
    carrier: WebSocketCarrier,
    /// What the kernel has not taken.
    frames: Vec<Bytes>,
    /// Bytes of that.
    bytes: usize,
}

/// Who closed first.
#[derive(Debug)]
enum End {
    ByPeer,
    ByUs,
}

impl Movement {
    /// What hyper read too much is received here, and hyper's buffer let go of with it.
    fn begin(upgraded: Upgraded, mut carrier: WebSocketCarrier) -> Self {
        let (stream, read) = Stream::new(upgraded);
        if !read.is_empty() {
            carrier.receive(&mut Vec::from(read), clock::now());
        }
        Self {
            stream,
            carrier,
            frames: Vec::new(),
            bytes: 0,
        }
    }

    fn poll_until_closed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<End>> {
        for _ in 0..READS_IN_A_ROW {
            if self.take(cx) == Flow::Close {
                return Poll::Ready(Ok(End::ByUs));
            }
            let is_blocked = self.poll_write(cx)?.is_pending();
            if is_blocked && self.bytes > READING_BACKLOG_BYTES_MAX {
                return Poll::Pending;
            }
            match self.poll_read(cx)? {
                Poll::Ready(true) => {}
                Poll::Ready(false) => return Poll::Ready(Ok(End::ByPeer)),
                Poll::Pending => return Poll::Pending,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes the last frames, and waits until the peer is gone. Neither for ever: whoever does
    /// not take its frames, or does not go, is cut off.
    async fn end(&mut self) {
        let close_timeout = self.carrier.close_timeout();
        let write = poll_fn(|cx| self.poll_write(cx));
        if let Ok(Ok(())) = tokio::time::timeout(close_timeout, write).await {
            let end = poll_fn(|cx| self.stream.poll_end(cx));
            // Whether it went by itself makes no difference.
            let _ = tokio::time::timeout(LINGER, end).await;
        }
    }

    fn take(&mut self, cx: &Context<'_>) -> Flow {
        let before = self.frames.len();
        let flow = self.carrier.take(cx.waker(), &mut self.frames);
        let new = self.frames.get(before..).unwrap_or_default();
        self.bytes += new.iter().map(Bytes::len).sum::<usize>();
        flow
    }

    /// Ready when all is written.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.frames.is_empty() {
            match self.stream.poll_write(cx, &self.frames)? {
                Poll::Ready(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(bytes) => self.written(bytes),
                Poll::Pending => return Poll::Pending,
            }
        }
        // An idle connection keeps no memory of a busy moment.
        self.frames = Vec::new();
        self.stream.poll_flush(cx)
    }

    fn written(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.carrier.written(bytes);
        let mut left = bytes;
        let whole = self.frames.iter().take_while(|frame| {
            let is_whole = frame.len() <= left;
            left -= if is_whole { frame.len() } else { 0 };
            is_whole
        });
        let whole = whole.count();
        self.frames.drain(..whole);
        if let Some(first) = self.frames.first_mut() {
            first.advance(left);
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let carrier = &mut self.carrier;
        self.stream
            .poll_read(cx, |bytes| carrier.receive(bytes, clock::now()))
    }
}

//! The body of a response.
//!
//! What an idle stream of a channel takes beside its connection: 112 bytes here, 160 for the queue,
//! 100 for the timer, and a few dozen for the sender. No task, no buffer. What an event costs: its
//! block, and a copy of that if it waits together with others.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body, Frame as BodyFrame, SizeHint};

use crate::block::KEEP_ALIVE;
use crate::config::SseConfig;
use crate::frame::Frame;
use crate::pace::{Beat, Pace};

/// The body of a response: an event stream, a sentence, or nothing.
///
/// A stream has no task and no buffer of its own: it does something only when it is polled, and
/// needs a tokio runtime with timers then, unless it neither sends comments nor ends by age. What
/// waits together goes out in one frame of at most
/// [`FRAME_BYTES_MAX`](crate::limits::FRAME_BYTES_MAX); a frame of one block shares its bytes.
///
/// Dropping it, as HTTP servers do when the client is gone, ends what it was fed by.
#[derive(Debug)]
pub struct SseBody(Option<Box<Flow>>);

/// What events come from: whole blocks, in order.
pub(crate) type Blocks = Pin<Box<dyn Stream<Item = Result<Bytes, StreamError>> + Send>>;

/// The stream behind a body has failed. The connection is broken off, so that the client sees that
/// something is missing and connects again.
#[derive(Debug, thiserror::Error)]
#[error("the source of an event stream has failed")]
pub struct StreamError(#[source] Box<dyn Error + Send + Sync>);

impl StreamError {
    pub(crate) fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// Behind one pointer, because responses are moved around.
struct Flow {
    /// To be sent before anything else.
    held: Option<Bytes>,
    source: Source,
    pace: Option<Pace>,
}

enum Source {
    Ended,
    Failed(StreamError),
    Open(Blocks),
}

impl SseBody {
    /// Nothing.
    pub(crate) fn empty() -> Self {
        Self(None)
    }

    /// A text and no more.
    pub(crate) fn text(text: String) -> Self {
        Self(Some(Box::new(Flow {
            held: Some(text.into()),
            source: Source::Ended,
            pace: None,
        })))
    }

    /// An event stream that opens at once.
    pub(crate) fn stream(blocks: Blocks, config: &SseConfig) -> Self {
        Self(Some(Box::new(Flow {
            held: Some(config.opening()),
            source: Source::Open(blocks),
            pace: Some(Pace::new(config)),
        })))
    }
}

impl Body for SseBody {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<BodyFrame<Bytes>, StreamError>>> {
        let Some(flow) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let next = ready!(flow.poll(cx));
        if !matches!(next, Some(Ok(_))) {
            // The server may keep the body until the connection is free; its source goes now.
            self.0 = None;
        }
        Poll::Ready(next.map(|frame| frame.map(BodyFrame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.0.as_deref() {
            None => SizeHint::with_exact(0),
            Some(Flow {
                held: Some(text),
                source: Source::Ended,
                ..
            }) => SizeHint::with_exact(text.len() as u64),
            Some(_) => SizeHint::default(),
        }
    }
}

impl Flow {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, StreamError>>> {
        if self.pace.as_ref().is_some_and(Pace::is_over) {
            return Poll::Ready(None);
        }
        let bytes = self.gather(cx);
        if !bytes.is_empty() {
            return Poll::Ready(Some(Ok(self.written(bytes))));
        }
        match std::mem::replace(&mut self.source, Source::Ended) {
            Source::Ended => return Poll::Ready(None),
            Source::Failed(error) => return Poll::Ready(Some(Err(error))),
            open @ Source::Open(_) => self.source = open,
        }
        let Some(pace) = &mut self.pace else {
            return Poll::Pending;
        };
        match ready!(pace.poll(cx)) {
            Beat::End => Poll::Ready(None),
            Beat::KeepAlive => Poll::Ready(Some(Ok(self.written(KEEP_ALIVE.clone())))),
        }
    }

    /// Everything that is there, as far as it belongs into one frame. Empty if nothing is.
    fn gather(&mut self, cx: &mut Context<'_>) -> Bytes {
        let mut frame = Frame::default();
        while let Some(block) = self.next(cx) {
            if let Err(block) = frame.add(block) {
                self.held = Some(block);
                break;
            }
        }
        frame.into_bytes()
    }

    fn next(&mut self, cx: &mut Context<'_>) -> Option<Bytes> {
        if let Some(block) = self.held.take() {
            return Some(block);
        }
        let Source::Open(blocks) = &mut self.source else {
            return None;
        };
        match blocks.as_mut().poll_next(cx) {
            Poll::Pending => return None,
            Poll::Ready(None) => self.source = Source::Ended,
            Poll::Ready(Some(Err(error))) => self.source = Source::Failed(error),
            Poll::Ready(Some(Ok(block))) => return Some(block),
        }
        None
    }

    fn written(&mut self, bytes: Bytes) -> Bytes {
        if let Some(pace) = &mut self.pace {
            pace.wrote();
        }
        bytes
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            Source::Ended => "ended",
            Source::Failed(_) => "failed",
            Source::Open(_) => "open",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There may be a hundred thousand of them: what is added here is noticed.
    #[test]
    fn a_body_is_small() {
        assert_eq!(size_of::<SseBody>(), size_of::<usize>());
        assert!(size_of::<Flow>() <= 112, "{}", size_of::<Flow>());
    }
}

//! The body of a response.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::carrier::Carrier;
use super::form;
use super::session::Take;

/// The body of a response: all of it at once, or a stream that carries a session.
///
/// Each batch of frames is one frame of the body, and so one chunk on the wire. Dropping a stream,
/// as HTTP servers do when the client is gone, lets what is sent wait for the next one.
#[derive(Debug, Default)]
pub struct MuseumBody(Content);

#[derive(Debug, Default)]
enum Content {
    #[default]
    Ended,
    Full(Bytes),
    /// A stream whose opening was not written yet.
    Opening(Carrier),
    Stream(Carrier),
}

impl MuseumBody {
    pub(super) fn stream(carrier: Carrier) -> Self {
        Self(Content::Opening(carrier))
    }

    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Content::Stream(carrier) = &self.0 else {
            return Poll::Ready(self.first());
        };
        let transport = carrier.transport();
        let frames = match ready!(carrier.poll_take(cx)) {
            Take::Frames(frames) => frames,
            Take::Last(frames) => {
                self.0 = Content::Ended;
                frames
            }
        };
        Poll::Ready((!frames.is_empty()).then(|| form::batch(transport, &frames)))
    }

    /// What is there without any waiting.
    fn first(&mut self) -> Option<Bytes> {
        match std::mem::take(&mut self.0) {
            Content::Ended => None,
            Content::Full(bytes) => (!bytes.is_empty()).then_some(bytes),
            Content::Opening(carrier) | Content::Stream(carrier) => {
                let opening = form::opening(carrier.transport());
                self.0 = Content::Stream(carrier);
                Some(opening)
            }
        }
    }
}

impl From<Bytes> for MuseumBody {
    fn from(bytes: Bytes) -> Self {
        Self(Content::Full(bytes))
    }
}

impl Body for MuseumBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.next(cx)
            .map(|bytes| bytes.map(|it| Ok(Frame::data(it))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Ended => true,
            Content::Full(bytes) => bytes.is_empty(),
            Content::Opening(_) | Content::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Ended => SizeHint::with_exact(0),
            Content::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Opening(_) | Content::Stream(_) => SizeHint::default(),
        }
    }
}

//! Opening event streams.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use crate::block::Block;
use crate::body::{Blocks, SseBody, StreamError};
use crate::config::SseConfig;
use crate::event::Event;
use crate::queue::{Queue, Reader};
use crate::rejection::Rejection;
use crate::request::SseRequest;
use crate::response::{SseResponse, stopping, streaming};
use crate::sender::Sender;

/// An event stream that is about to be opened, and the ways to one:
///
/// - [`channel`](Self::channel) gives a [`Sender`] to feed it with;
/// - [`from_stream`](Self::from_stream) takes the events of a [`Stream`];
/// - `subscribe`, with the feature `hub`, follows channels of a hub, from where the client left
///   off;
/// - [`stop`](Self::stop) is the answer that keeps a client from coming back.
#[must_use = "it opens when it is made a response"]
pub struct Sse {
    blocks: Blocks,
    config: SseConfig,
}

impl Sse {
    /// Opens an event stream for `request` and gives the handle that feeds it. Return the response
    /// from the handler, and send from a task of your own, or from wherever the sender is kept.
    ///
    /// `request` is a reference to an [`http::Request`], its parts or its headers, or an
    /// [`SseRequest`]. For a HEAD request there is a head without a stream, and the sender is closed.
    ///
    /// ```
    /// use fanfare_sse::{Event, Sse, SseConfig, SseResponse};
    ///
    /// async fn ticker(request: http::Request<()>) -> Result<SseResponse, SseResponse> {
    ///     let (response, sender) = Sse::channel(&request, &SseConfig::new())?;
    ///     tokio::spawn(async move {
    ///         for n in 0.. {
    ///             if sender.send(format!("number {n}")).await.is_err() {
    ///                 break; // The client is gone.
    ///             }
    ///         }
    ///     });
    ///     Ok(response)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Rejection`]: the request is not one for an event stream. It makes a response too.
    pub fn channel<R>(request: R, config: &SseConfig) -> Result<(SseResponse, Sender), Rejection>
    where
        R: TryInto<SseRequest>,
        Rejection: From<R::Error>,
    {
        let request = request.try_into()?;
        let queue = Queue::new(config.buffer);
        let reader = Reader(queue.clone());
        let sender = Sender::new(queue, request.last_event_id().cloned());
        let sse = Self {
            blocks: Box::pin(reader),
            config: *config,
        };
        Ok((sse.respond_to(&request), sender))
    }

    /// Makes an event stream of a [`Stream`] of [`Event`]s, of [`Block`]s, or of results with one of
    /// these in them.
    ///
    /// When the stream ends the body ends, and the client connects again. After an error the
    /// connection is broken off, with the same effect.
    ///
    /// ```
    /// use fanfare_sse::{Event, Sse, SseResponse};
    ///
    /// async fn numbers() -> SseResponse {
    ///     let numbers = futures_util::stream::iter(0..10);
    ///     let events = futures_util::StreamExt::map(numbers, |n| Event::json(&n));
    ///     Sse::from_stream(events).into_response()
    /// }
    /// ```
    pub fn from_stream<S>(stream: S) -> Self
    where
        S: Stream<Item: IntoBlock> + Send + 'static,
    {
        Self {
            blocks: Box::pin(Encoding(Box::pin(stream))),
            config: SseConfig::new(),
        }
    }

    /// Says how the stream behaves. Its buffer does not matter here: a stream of events is asked
    /// for the next one when the client has read the one before.
    pub fn config(mut self, config: &SseConfig) -> Self {
        self.config = *config;
        self
    }

    /// Opens the stream if `request` is one for an event stream; as for [`channel`](Self::channel).
    ///
    /// # Errors
    /// [`Rejection`], which makes a response too.
    pub fn answer<R>(self, request: R) -> Result<SseResponse, Rejection>
    where
        R: TryInto<SseRequest>,
        Rejection: From<R::Error>,
    {
        Ok(self.respond_to(&request.try_into()?))
    }

    /// Opens the stream, whatever was asked for.
    pub fn into_response(self) -> SseResponse {
        streaming(SseBody::stream(self.blocks, &self.config))
    }

    /// Tells a client to stop for good: an `EventSource` that gets 204 does not connect again. A
    /// stream that has simply ended it opens anew.
    ///
    /// Source: HTML standard, 9.2.3.
    pub fn stop() -> SseResponse {
        stopping()
    }

    fn respond_to(self, request: &SseRequest) -> SseResponse {
        if request.wants_body {
            self.into_response()
        } else {
            streaming(SseBody::empty())
        }
    }
}

impl From<Sse> for SseResponse {
    fn from(sse: Sse) -> Self {
        sse.into_response()
    }
}

impl fmt::Debug for Sse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sse")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// What a stream of events may consist of: [`Event`], [`Block`], and results with one of these or a
/// text in them.
pub trait IntoBlock {
    /// The event, or why there is none.
    ///
    /// # Errors
    /// The error of the stream, which breaks the connection off.
    fn into_block(self) -> Result<Block, StreamError>;
}

impl IntoBlock for Block {
    fn into_block(self) -> Result<Block, StreamError> {
        Ok(self)
    }
}

impl IntoBlock for Event {
    fn into_block(self) -> Result<Block, StreamError> {
        Ok(self.into())
    }
}

impl<T: Into<Block>, E: Into<Box<dyn Error + Send + Sync>>> IntoBlock for Result<T, E> {
    fn into_block(self) -> Result<Block, StreamError> {
        self.map(T::into).map_err(StreamError::new)
    }
}

/// Encodes each event of a stream when it is asked for.
struct Encoding<S>(Pin<Box<S>>);

impl<S: Stream<Item: IntoBlock>> Stream for Encoding<S> {
    type Item = Result<Bytes, StreamError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = self.0.as_mut().poll_next(cx);
        item.map(|item| item.map(|item| item.into_block().map(Block::into_bytes)))
    }
}

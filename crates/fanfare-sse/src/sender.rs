//! The handle with which an application feeds a stream.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use crate::block::Block;
use crate::event::Event;
use crate::field::InvalidField;
use crate::queue::{Queue, Refused};
use crate::request::LastEventId;

/// Feeds one event stream. Dropping it ends the stream after what it was given.
///
/// All calls take `&self`: to send from several places, put it into an [`Arc`]. What it is given
/// waits in a bounded queue for the client to read it; see [`Overflow`](crate::Overflow) for what
/// happens when that is full.
///
/// ```
/// # use fanfare_sse::{Event, SendError, Sender};
/// # #[derive(serde::Serialize)] struct Rate { value: f64 }
/// async fn feed(sender: Sender) -> Result<(), Box<dyn std::error::Error>> {
///     sender.send("plain text").await?;
///     sender.send(Event::json(&Rate { value: 1.5 })?.event("rate")?).await?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Sender {
    queue: Arc<Queue>,
    last_event_id: Option<LastEventId>,
}

/// Why an event was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The stream is over: the client is gone, or was too slow, or the sender was closed. Stop
    /// sending. The event is given back.
    #[error("the event stream is closed")]
    Closed(Block),
    /// The client has not read what was sent before. Try again later, or leave the event out. It
    /// is given back.
    #[error("the client reads too slowly, there is no room for the event")]
    Full(Block),
    /// What should be sent is not allowed where it should stand. Sending it again cannot help.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
}

impl Sender {
    pub(crate) fn new(queue: Arc<Queue>, last_event_id: Option<LastEventId>) -> Self {
        Self {
            queue,
            last_event_id,
        }
    }

    /// Sends an event, a text, or a [`Block`] that others get too, and waits for room if that is
    /// the policy.
    ///
    /// That it was taken means that it will be written, not that the client has got it.
    ///
    /// # Errors
    /// [`SendError::Closed`], also while it waits.
    ///
    /// # Cancel safety
    /// An event that still waits for room when the future is dropped is not sent, and lost unless
    /// the caller has another of it. Nothing else is harmed.
    pub async fn send(&self, event: impl Into<Block>) -> Result<(), SendError> {
        let mut block = event.into().into_bytes();
        let sent = poll_fn(|cx| self.queue.poll_push(&mut block, cx)).await;
        sent.map_err(SendError::from)
    }

    /// As [`send`](Self::send), without waiting.
    ///
    /// # Errors
    /// [`SendError::Closed`]; [`SendError::Full`] if the policy is
    /// [`Overflow::Wait`](crate::Overflow::Wait) and there is no room.
    pub fn try_send(&self, event: impl Into<Block>) -> Result<(), SendError> {
        let block = event.into().into_bytes();
        self.queue.push(block).map_err(SendError::from)
    }

    /// Sends lines that every receiver ignores.
    ///
    /// # Errors
    /// As [`send`](Self::send), whose cancel safety it has too.
    pub async fn comment(&self, text: &str) -> Result<(), SendError> {
        self.send(Event::new().comment(text)).await
    }

    /// Tells this client how long to wait before it connects again.
    ///
    /// # Errors
    /// As [`send`](Self::send), whose cancel safety it has too.
    pub async fn retry(&self, after: Duration) -> Result<(), SendError> {
        self.send(Event::new().retry(after)).await
    }

    /// Moves the client's cursor without an event: it has everything up to `id` that is meant for
    /// it.
    ///
    /// # Errors
    /// As [`send`](Self::send), whose cancel safety it has too; and [`SendError::Invalid`] if no
    /// event can have this id.
    pub async fn cursor(&self, id: &str) -> Result<(), SendError> {
        self.send(Event::new().id(id)?).await
    }

    /// The id of the last event that this client had seen when it connected, if it said so.
    pub fn last_event_id(&self) -> Option<&LastEventId> {
        self.last_event_id.as_ref()
    }

    /// True when nothing can be sent any more.
    pub fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Waits until nothing can be sent any more: the client is gone, or was too slow, or the
    /// sender was closed.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn closed(&self) {
        poll_fn(|cx| self.queue.poll_closed(cx)).await;
    }

    /// Ends the stream after what was sent. Does not wait, and may be called again. The client
    /// will connect again; answer with [`Sse::stop`](crate::Sse::stop) if it should not.
    pub fn close(&self) {
        self.queue.close();
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.close();
    }
}

impl From<Refused> for SendError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Closed(block) => Self::Closed(Block::whole(block)),
            Refused::Full(block) => Self::Full(Block::whole(block)),
        }
    }
}

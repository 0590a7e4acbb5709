//! The events of a subscription.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use fanfare_hub::{EndReason, Gap, Heard, Listener, Message, Timestamp, cursor};
use futures_core::Stream;
use http::StatusCode;

use super::format::{
    MESSAGE, MESSAGE_AFTER_ID, end_block, gap_block, message_block, message_block_after_id,
};
use crate::block::cursor_block;
use crate::body::StreamError;

/// Follows a listener until the hub or the engine ends it.
pub(super) struct Following {
    listener: Listener,
    clock: fn() -> Timestamp,
    channels: usize,
    /// The client has a cursor.
    has_cursor: bool,
    is_over: bool,
}

impl Following {
    pub(super) fn new(
        listener: Listener,
        clock: fn() -> Timestamp,
        channels: usize,
        has_cursor: bool,
    ) -> Self {
        Self {
            listener,
            clock,
            channels,
            has_cursor,
            is_over: false,
        }
    }

    /// What there is to say about it, if anything.
    fn tell(&mut self, heard: Heard) -> Option<Bytes> {
        match heard {
            Heard::CaughtUp => self.caught_up(),
            Heard::Ended { reason, .. } => {
                self.is_over = true;
                Some(end_block(status(reason)))
            }
            Heard::Gap { index, gap } => Some(self.gap(index, &gap)),
            Heard::Message { message, .. } => Some(self.message(&message)),
        }
    }

    /// A client that has heard nothing yet gets a cursor all the same: if its connection breaks
    /// before the first message, it will not miss it.
    fn caught_up(&mut self) -> Option<Bytes> {
        if std::mem::replace(&mut self.has_cursor, true) {
            return None;
        }
        cursor_block(&self.reached()).ok()
    }

    fn gap(&mut self, index: usize, gap: &Gap) -> Bytes {
        self.has_cursor = true;
        let channel = self.listener.channel(index);
        gap_block(&self.reached(), channel.as_str(), gap)
    }

    /// Shared by all readers of one channel; a reader of several has its own cursor in front.
    fn message(&mut self, message: &Message) -> Bytes {
        self.has_cursor = true;
        if self.channels == 1 {
            return message.encoded(MESSAGE, message_block).clone();
        }
        let rest = message.encoded(MESSAGE_AFTER_ID, message_block_after_id);
        let id_line = format!("id: {}\n", self.reached());
        [id_line.as_bytes(), rest].concat().into()
    }

    fn reached(&self) -> String {
        cursor::write(self.listener.cursors())
    }
}

impl Stream for Following {
    type Item = Result<Bytes, StreamError>;

    /// When the engine cannot be reached, the connection is broken off: the client waits its retry
    /// time and comes back with its cursor, maybe to another node.
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while !self.is_over {
            let now = (self.clock)();
            match ready!(self.listener.poll(cx, now)) {
                Ok(heard) => {
                    if let Some(block) = self.tell(heard) {
                        return Poll::Ready(Some(Ok(block)));
                    }
                }
                Err(error) => {
                    self.is_over = true;
                    return Poll::Ready(Some(Err(StreamError::new(error))));
                }
            }
        }
        Poll::Ready(None)
    }
}

/// The statuses with which the relay protocol tells a poll of the same.
fn status(reason: EndReason) -> StatusCode {
    match reason {
        EndReason::Conflict => StatusCode::CONFLICT,
        EndReason::Deleted => StatusCode::GONE,
    }
}

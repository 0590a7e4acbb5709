//! Bytes from a peer, turned into events.

mod header;
mod message;
mod progress;

use std::fmt;

use crate::decoder::progress::Progress;
use crate::{Event, Violation};

/// Which end of the connection we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads what a server sends, which is never masked.
    Client,
    /// Reads what a client sends, which is always masked.
    Server,
}

/// What a [`Decoder`] is to expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Which end we are.
    pub role: Role,
    /// Bytes of a message, all its parts together and decompressed. A larger one is refused before
    /// it is read, and a compressed one as soon as it has grown so large.
    pub message_bytes_max: u32,
    /// True if permessage-deflate without context takeover was agreed on, see
    /// [`Offer::deflate`](crate::Offer::deflate).
    pub deflate: bool,
}

/// Turns the bytes of one connection into [`Event`]s.
///
/// Inline it is two words. While it waits for the next message it holds nothing else. What it holds
/// of a message whose end has not come is in proportion to the bytes that have come, not to those
/// that were announced; of a compressed message these are the compressed ones, as it is inflated
/// when its end is there.
pub struct Decoder {
    /// Of what has begun and not ended. Invariant: `None` when nothing has.
    progress: Option<Box<Progress>>,
    // The settings one by one, for as one field they would be larger.
    message_bytes_max: u32,
    role: Role,
    deflate: bool,
    /// A close frame or a violation has come: the rest is of no interest.
    is_ended: bool,
}

impl Decoder {
    /// Creates one for a connection at its beginning.
    pub const fn new(settings: Settings) -> Self {
        Self {
            progress: None,
            message_bytes_max: settings.message_bytes_max,
            role: settings.role,
            deflate: settings.deflate,
            is_ended: false,
        }
    }

    /// Reads on to the next event. `Ok(None)` means that all of `input` is used up; until then
    /// call again, as one piece of input may hold several events.
    ///
    /// Moves the front of `input` past what was used, and unmasks it in place. A message that lies
    /// in it as one frame is handed out as it lies there. Text is checked as it comes, also inside
    /// of a frame, so that a fault is found with the byte that makes it; a compressed one at its
    /// end.
    ///
    /// After [`Event::Close`] or an error all further input is thrown away.
    ///
    /// # Errors
    /// What the peer did wrong, once. Send [`Violation::close_frame`] and close.
    pub fn decode<'i>(&mut self, input: &mut &'i mut [u8]) -> Result<Option<Event<'i>>, Violation> {
        if self.is_ended {
            *input = &mut [];
        }
        if input.is_empty() {
            return Ok(None);
        }
        let mut progress = self.progress.take().map(|boxed| *boxed).unwrap_or_default();
        let outcome = progress.advance(self.settings(), input);
        self.is_ended = matches!(outcome, Err(_) | Ok(Some(Event::Close(_))));
        if !self.is_ended && !progress.is_idle() {
            self.progress = Some(Box::new(progress));
        }
        outcome
    }

    /// What it was created with.
    pub const fn settings(&self) -> Settings {
        Settings {
            role: self.role,
            message_bytes_max: self.message_bytes_max,
            deflate: self.deflate,
        }
    }

    /// Bytes on the heap. Zero between messages.
    pub fn held_bytes(&self) -> usize {
        self.progress
            .as_ref()
            .map_or(0, |progress| size_of::<Progress>() + progress.capacity())
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What a peer sends has no place in a log.
        f.debug_struct("Decoder")
            .field("settings", &self.settings())
            .field("held_bytes", &self.held_bytes())
            .finish_non_exhaustive()
    }
}

//! What waits for a carrier.

use std::collections::VecDeque;
use std::sync::Arc;

use super::SendError;
use crate::museum::settings::MuseumSettings;

/// Frames in their order, bounded in number and bytes.
#[derive(Default)]
pub(super) struct Queue {
    frames: VecDeque<Arc<str>>,
    /// Invariant: the bytes of `frames`.
    bytes: usize,
    /// Messages put in, taken, and known to be written, since the beginning.
    pushed: u64,
    taken: u64,
    written: u64,
}

impl Queue {
    /// The queue of a session, with the frame of its id.
    pub(super) fn beginning(id: &Arc<str>) -> Self {
        Self {
            frames: VecDeque::from([Arc::clone(id)]),
            bytes: id.len(),
            ..Self::default()
        }
    }

    /// # Errors
    /// [`SendError::Full`]; nothing was put in.
    pub(super) fn push(
        &mut self,
        frame: Arc<str>,
        settings: &MuseumSettings,
    ) -> Result<(), SendError> {
        let bytes = self.bytes.saturating_add(frame.len());
        if self.frames.len() >= settings.queue_messages_max || bytes > settings.queue_bytes_max {
            return Err(SendError::Full);
        }
        self.bytes = bytes;
        self.frames.push_back(frame);
        self.pushed += 1;
        Ok(())
    }

    /// Takes all frames as one text. An idle queue keeps no memory of a busy moment.
    pub(super) fn take(&mut self) -> String {
        let mut text = String::with_capacity(self.bytes);
        text.extend(std::mem::take(&mut self.frames).iter().map(|it| &**it));
        self.bytes = 0;
        self.taken = self.pushed;
        text
    }

    /// What was taken has been written.
    pub(super) fn confirm(&mut self) {
        self.written = self.taken;
    }

    pub(super) fn clear(&mut self) {
        self.frames = VecDeque::new();
        self.bytes = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub(super) fn pushed(&self) -> u64 {
        self.pushed
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }
}

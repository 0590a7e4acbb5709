//! What goes out on one of a session's WebSockets.

use std::task::Waker;

use bytes::Bytes;
use fanfare_websocket::{Deflate, frame};

use super::packet::Encoded;
use super::parcel::{Parcel, Wire};
use super::session::SocketId;

/// The frames that wait for whoever writes them. Takes no memory of its own while there are none.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) socket: SocketId,
    deflate: Option<Deflate>,
    /// The last frame is in: the socket closes after it.
    is_closing: bool,
    frames: Vec<Bytes>,
    /// Bytes of all frames since the beginning.
    pushed: u64,
    /// Bytes of those that the kernel has.
    written: u64,
    waker: Option<Waker>,
}

impl Line {
    pub(super) fn new(socket: SocketId, deflate: Option<Deflate>) -> Self {
        Self {
            socket,
            deflate,
            is_closing: false,
            frames: Vec::new(),
            pushed: 0,
            written: 0,
            waker: None,
        }
    }

    /// Adds the frames of a parcel. Returns whom to wake.
    pub(super) fn share(&mut self, parcel: &Parcel, dialect: Wire) -> Option<Waker> {
        let wire = self.wire(dialect, parcel.payload_bytes_max());
        self.push(parcel.frames(wire))
    }

    /// Adds a packet that only this session gets.
    pub(super) fn send(&mut self, message: &Encoded, dialect: Wire) -> Option<Waker> {
        let wire = self.wire(dialect, message.len());
        self.push(wire.frame(message))
    }

    /// Adds a frame, unless the last one is in.
    pub(super) fn push(&mut self, frame: Bytes) -> Option<Waker> {
        if self.is_closing {
            return None;
        }
        self.pushed = self.pushed.saturating_add(frame.len() as u64);
        self.frames.push(frame);
        self.waker.take()
    }

    /// Adds the last frame.
    pub(super) fn close(&mut self, frame: Bytes) -> Option<Waker> {
        let waker = self.push(frame);
        self.is_closing = true;
        waker
    }

    /// Adds a close frame without a status, as the reference does.
    pub(super) fn close_silently(&mut self) -> Option<Waker> {
        self.close(frame::close_echo(None))
    }

    /// Forgets what nobody has taken.
    pub(super) fn discard(&mut self) {
        self.frames = Vec::new();
    }

    /// Hands over all frames; true if the last one is among them. Otherwise `waker` hears of the
    /// next one.
    pub(super) fn take(&mut self, waker: &Waker, out: &mut Vec<Bytes>) -> bool {
        let frames = std::mem::take(&mut self.frames);
        if out.is_empty() {
            *out = frames;
        } else {
            out.extend(frames);
        }
        match &self.waker {
            Some(known) if known.will_wake(waker) => {}
            _ => self.waker = Some(waker.clone()),
        }
        self.is_closing
    }

    pub(super) fn written(&mut self, bytes: usize) {
        self.written = self.written.saturating_add(bytes as u64);
    }

    /// Bytes that the kernel has not taken.
    pub(super) fn backlog(&self) -> u64 {
        self.pushed.saturating_sub(self.written)
    }

    /// The place after all there is now, to compare with [`Line::is_written`].
    pub(super) fn mark(&self) -> u64 {
        self.pushed
    }

    pub(super) fn is_written(&self, mark: u64) -> bool {
        self.written >= mark
    }

    /// The form of frames whose largest payload has so many bytes.
    fn wire(&self, dialect: Wire, payload_bytes: usize) -> Wire {
        let admits = |deflate: Deflate| deflate.admits(payload_bytes);
        Wire {
            deflate_from: dialect
                .deflate_from
                .filter(|_| self.deflate.is_some_and(admits)),
            ..dialect
        }
    }
}

//! What a socket did not take.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

use crate::Socket;
use crate::limits::WRITE_PIECES_MAX;
use crate::wake::Bell;

/// Bytes that wait for a slow reader: shared frames and an offset into the first.
///
/// Exists only after a socket has refused to take more. Messages do not queue up here: a
/// connection with a backlog gets none until it has drained, and then reads on from its cursor.
/// Neither does it hear who wakes it: what others have to say to it waits with them.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    pieces: VecDeque<Bytes>,
    /// Bytes of the first piece that are gone already.
    offset: usize,
    /// Invariant: what is left of all pieces together.
    bytes: usize,
    /// Rung meanwhile, and not answered: whoever rings it again does so for nothing.
    bell: Option<Arc<Bell>>,
    /// The protocol wants to be told when all is written.
    pub(crate) is_awaited: bool,
}

impl Backlog {
    /// Lets a bell wait for the end of the backlog.
    pub(crate) fn hold_back(&mut self, bell: Arc<Bell>) {
        if let Some(other) = self.bell.replace(bell) {
            // Of the same protocol, which one call will satisfy.
            other.answer();
        }
    }

    /// The bell that waited.
    pub(crate) fn take_bell(&mut self) -> Option<Arc<Bell>> {
        self.bell.take()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn extend(&mut self, pieces: impl Iterator<Item = Bytes>) {
        for piece in pieces {
            self.bytes += piece.len();
            self.pieces.push_back(piece);
        }
    }

    /// Writes as much as the socket takes. `true` when nothing is left.
    pub(crate) fn drain(&mut self, socket: &mut impl Socket) -> io::Result<bool> {
        while self.bytes > 0 {
            match write(socket, self.pieces.make_contiguous(), self.offset) {
                Ok(sent) => self.consume(sent),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn consume(&mut self, mut sent: usize) {
        self.bytes -= sent;
        sent += self.offset;
        while let Some(first) = self.pieces.front() {
            if sent < first.len() {
                break;
            }
            sent -= first.len();
            self.pieces.pop_front();
        }
        self.offset = sent;
    }
}

/// Writes `frames`, empties them, and returns what the socket did not take.
pub(crate) fn flush(
    socket: &mut impl Socket,
    frames: &mut Vec<Bytes>,
) -> io::Result<Option<Backlog>> {
    frames.retain(|frame| !frame.is_empty());
    if frames.is_empty() {
        return Ok(None);
    }
    let sent = match write(socket, frames, 0) {
        Ok(sent) => sent,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
        Err(error) => {
            frames.clear();
            return Err(error);
        }
    };
    // The usual case: one frame, taken whole.
    if frames.len() == 1 && frames.first().is_some_and(|frame| frame.len() == sent) {
        frames.clear();
        return Ok(None);
    }
    let mut backlog = Backlog::default();
    backlog.extend(frames.drain(..));
    backlog.consume(sent);
    // More pieces than one call takes, or a full socket: the next call tells.
    Ok(if backlog.drain(socket)? {
        None
    } else {
        Some(backlog)
    })
}

/// One system call, repeated only when a signal interrupts it.
fn write(socket: &mut impl Socket, pieces: &[Bytes], offset: usize) -> io::Result<usize> {
    loop {
        let sent = match pieces {
            [piece] => socket.send(piece, offset),
            pieces => socket.send_all(&pieces[..pieces.len().min(WRITE_PIECES_MAX)], offset),
        };
        match sent {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

//! A socket whose other end is a test.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use bytes::Bytes;
use fanfare_link::{Key, Socket};

/// The shard's end.
pub(crate) struct Wire(Rc<RefCell<Ends>>);

/// The test's end, and the name of the connection in the shard.
pub(crate) struct Peer {
    pub(crate) key: Key,
    pub(crate) ends: Rc<RefCell<Ends>>,
}

pub(crate) struct Ends {
    to_shard: VecDeque<u8>,
    /// The peer has closed its side.
    is_ended: bool,
    to_peer: Vec<u8>,
    /// Bytes that the shard can send before it has to wait.
    room: usize,
    /// Calls that sent something.
    sends: usize,
    is_broken: bool,
    is_finished: bool,
    is_reset: bool,
    is_dropped: bool,
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self(Rc::new(RefCell::new(Ends {
            to_shard: VecDeque::new(),
            is_ended: false,
            to_peer: Vec::new(),
            room: usize::MAX,
            sends: 0,
            is_broken: false,
            is_finished: false,
            is_reset: false,
            is_dropped: false,
        })))
    }

    pub(crate) fn ends(&self) -> Rc<RefCell<Ends>> {
        Rc::clone(&self.0)
    }
}

impl Peer {
    pub(crate) fn write(&self, bytes: &[u8]) {
        self.ends.borrow_mut().to_shard.extend(bytes);
    }

    pub(crate) fn end(&self) {
        self.ends.borrow_mut().is_ended = true;
    }

    /// From here on the shard can send `room` bytes.
    pub(crate) fn set_room(&self, room: usize) {
        self.ends.borrow_mut().room = room;
    }

    /// From here on every send fails.
    pub(crate) fn break_sends(&self) {
        self.ends.borrow_mut().is_broken = true;
    }

    /// What the shard has sent since the last call.
    pub(crate) fn take(&self) -> String {
        let bytes = std::mem::take(&mut self.ends.borrow_mut().to_peer);
        String::from_utf8(bytes).unwrap()
    }

    /// Makes the next [`Peer::take`] begin with `text`.
    pub(crate) fn put_back(&self, text: &str) {
        self.ends.borrow_mut().to_peer.splice(0..0, text.bytes());
    }

    /// Bytes that the shard has not read yet.
    pub(crate) fn unread(&self) -> usize {
        self.ends.borrow().to_shard.len()
    }

    pub(crate) fn sends(&self) -> usize {
        self.ends.borrow().sends
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.ends.borrow().is_finished
    }

    pub(crate) fn is_reset(&self) -> bool {
        self.ends.borrow().is_reset
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.ends.borrow().is_dropped
    }
}

impl Socket for Wire {
    fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut ends = self.0.borrow_mut();
        if ends.to_shard.is_empty() && !ends.is_ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = ends.to_shard.len().min(into.len());
        for (slot, byte) in into.iter_mut().zip(ends.to_shard.drain(..count)) {
            *slot = byte;
        }
        Ok(count)
    }

    fn send(&mut self, piece: &Bytes, offset: usize) -> io::Result<usize> {
        self.send_all(std::slice::from_ref(piece), offset)
    }

    fn send_all(&mut self, pieces: &[Bytes], offset: usize) -> io::Result<usize> {
        let mut ends = self.0.borrow_mut();
        assert!(!ends.is_finished, "sends after it has closed its side");
        if ends.is_broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if ends.room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let bytes: Vec<u8> = pieces.concat().split_off(offset);
        let count = bytes.len().min(ends.room);
        ends.to_peer.extend_from_slice(&bytes[..count]);
        if ends.room != usize::MAX {
            ends.room -= count;
        }
        ends.sends += 1;
        Ok(count)
    }

    fn finish(&mut self) {
        self.0.borrow_mut().is_finished = true;
    }

    fn reset(&mut self) {
        self.0.borrow_mut().is_reset = true;
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.0.borrow_mut().is_dropped = true;
    }
}

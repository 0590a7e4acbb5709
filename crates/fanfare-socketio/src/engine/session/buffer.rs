//! What waits for a poll.

use crate::engine::Encoded;
use crate::limits::BUFFERED_PACKET_BYTES;

/// Packets in the order in which they were sent. Two words while empty.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    waiting: Option<Box<Waiting>>,
    fetched: u64,
}

#[derive(Debug, Default)]
struct Waiting {
    packets: Vec<Encoded>,
    bytes: usize,
}

impl Buffer {
    pub(super) fn push(&mut self, packet: Encoded) {
        let waiting = self.waiting.get_or_insert_default();
        waiting.bytes += packet.len() + BUFFERED_PACKET_BYTES;
        waiting.packets.push(packet);
    }

    /// Takes all for another purpose than an answer.
    pub(super) fn take(&mut self) -> Vec<Encoded> {
        self.waiting.take().unwrap_or_default().packets
    }

    /// Takes all for a poll's answer.
    pub(super) fn fetch(&mut self) -> Vec<Encoded> {
        let packets = self.take();
        self.fetched = self.fetched.saturating_add(packets.len() as u64);
        packets
    }

    /// How many packets went into answers, and how many wait.
    pub(super) fn fetched(&self) -> (u64, usize) {
        let waiting = self.waiting.as_ref();
        (self.fetched, waiting.map_or(0, |it| it.packets.len()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_none()
    }

    pub(super) fn bytes(&self) -> usize {
        self.waiting.as_ref().map_or(0, |waiting| waiting.bytes)
    }
}

//! What waits for a poll.

use crate::engine::Encoded;
use crate::limits::BUFFERED_PACKET_BYTES;

/// Packets in the order in which they were sent.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    packets: Vec<Encoded>,
    bytes: usize,
    fetched: u64,
}

impl Buffer {
    pub(super) fn push(&mut self, packet: Encoded) {
        self.bytes += packet.len() + BUFFERED_PACKET_BYTES;
        self.packets.push(packet);
    }

    /// Takes all for another purpose than an answer.
    pub(super) fn take(&mut self) -> Vec<Encoded> {
        self.bytes = 0;
        std::mem::take(&mut self.packets)
    }

    /// Takes all for a poll's answer.
    pub(super) fn fetch(&mut self) -> Vec<Encoded> {
        let packets = self.take();
        self.fetched = self.fetched.saturating_add(packets.len() as u64);
        packets
    }

    /// Takes the first for a poll's answer.
    pub(super) fn fetch_first(&mut self) -> Vec<Encoded> {
        let rest = self.packets.split_off(self.packets.len().min(1));
        let first = self.fetch();
        rest.into_iter().for_each(|packet| self.push(packet));
        first
    }

    /// How many packets went into answers, and how many wait.
    pub(super) fn fetched(&self) -> (u64, usize) {
        (self.fetched, self.packets.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

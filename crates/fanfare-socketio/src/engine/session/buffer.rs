//! What waits for a poll.

use crate::engine::Encoded;
use crate::limits::BUFFERED_PACKET_BYTES;

/// Packets in the order in which they were sent. Takes no memory while empty.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    packets: Vec<Encoded>,
    bytes: usize,
}

impl Buffer {
    pub(super) fn push(&mut self, packet: Encoded) {
        self.bytes += packet.len() + BUFFERED_PACKET_BYTES;
        self.packets.push(packet);
    }

    pub(super) fn take(&mut self) -> Vec<Encoded> {
        self.bytes = 0;
        std::mem::take(&mut self.packets)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

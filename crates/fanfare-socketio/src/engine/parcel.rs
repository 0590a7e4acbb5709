//! Packets that travel as one unit, encoded once for all who receive them.

use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use fanfare_websocket::{Level, MessageKind, frame};

use super::packet::{BinaryForm, Encoded};
use super::revision::Revision;

/// Packets that leave together and in a row, such as a Socket.IO packet and its attachments.
///
/// Cloning shares them. The WebSocket frames are made once for each form that a receiver needs, so
/// a broadcast costs each receiver no more than a reference.
#[derive(Clone, Debug)]
pub struct Parcel(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    packets: Vec<Encoded>,
    may_deflate: bool,
    /// By [`Wire::index`].
    frames: [OnceLock<Bytes>; WIRES],
}

/// How a socket's client reads frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wire {
    pub(super) revision: Revision,
    pub(super) binary: BinaryForm,
    /// Bytes of a payload from which on it is compressed; none without agreement.
    pub(super) deflate_from: Option<NonZeroU32>,
}

const WIRES: usize = 8;

impl Wire {
    fn index(self) -> usize {
        let form = match (self.revision, self.binary) {
            (Revision::V4, _) => 0,
            (Revision::V3, BinaryForm::Raw) => 1,
            (Revision::V3, BinaryForm::Base64) => 2,
            (Revision::V1, _) => 3,
        };
        match self.deflate_from {
            None => form,
            Some(_) => form + WIRES / 2,
        }
    }

    /// One frame.
    fn packet(self, packet: &Encoded) -> Bytes {
        self.frame(&packet.for_websocket(self.revision, self.binary))
    }

    /// One frame, of a packet that is in its form for a WebSocket already.
    pub(super) fn frame(self, message: &Encoded) -> Bytes {
        encode(message, self.deflate_from)
    }
}

impl Parcel {
    /// Packets in their order.
    pub fn new(packets: Vec<Encoded>) -> Self {
        Self::with(packets, true)
    }

    /// A message of text.
    pub fn text(text: &str) -> Self {
        Self::new(vec![Encoded::text_message(text)])
    }

    /// A message of bytes.
    pub fn binary(data: Bytes) -> Self {
        Self::new(vec![Encoded::binary_message(data)])
    }

    /// The same, never deflated on a WebSocket: for what is compressed already, or secret beside
    /// what a stranger chose.
    #[must_use]
    pub fn uncompressed(self) -> Self {
        Self::with(self.0.packets.clone(), false)
    }

    /// The packets.
    pub fn packets(&self) -> &[Encoded] {
        &self.0.packets
    }

    /// Bytes of the longest packet.
    pub(super) fn payload_bytes_max(&self) -> usize {
        self.0
            .packets
            .iter()
            .map(Encoded::len)
            .max()
            .unwrap_or_default()
    }

    fn with(packets: Vec<Encoded>, may_deflate: bool) -> Self {
        Self(Arc::new(Shared {
            packets,
            may_deflate,
            frames: Default::default(),
        }))
    }

    /// Whole frames, one after the other.
    pub(super) fn frames(&self, wire: Wire) -> Bytes {
        let wire = Wire {
            deflate_from: wire.deflate_from.filter(|_| self.0.may_deflate),
            ..wire
        };
        let slot = self.0.frames.get(wire.index());
        slot.map_or_else(
            || self.encode(wire),
            |slot| slot.get_or_init(|| self.encode(wire)).clone(),
        )
    }

    fn encode(&self, wire: Wire) -> Bytes {
        match &self.0.packets[..] {
            [packet] => wire.packet(packet),
            packets => {
                let frames: Vec<_> = packets.iter().map(|packet| wire.packet(packet)).collect();
                frames.concat().into()
            }
        }
    }
}

fn encode(message: &Encoded, deflate_from: Option<NonZeroU32>) -> Bytes {
    let (kind, payload) = match message {
        Encoded::Binary(payload) => (MessageKind::Binary, payload),
        Encoded::Text(payload) => (MessageKind::Text, payload),
    };
    let is_worth_it = deflate_from.is_some_and(|bytes| payload.len() >= bytes.get() as usize);
    is_worth_it
        .then(|| frame::encode_deflated(kind, &[payload], Level::FASTEST))
        .flatten()
        .unwrap_or_else(|| frame::encode(kind, payload))
}

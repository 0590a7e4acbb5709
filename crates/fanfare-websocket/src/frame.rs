//! Frames as bytes to write.
//!
//! The functions make what a server sends: one whole, unmasked frame in one allocation of exact
//! size, to be shared by reference count. [`FrameHeader`] makes every other frame: masked ones of
//! a client, parts of a message, or a header alone to be written before a payload that is shared
//! with other wire formats.

use std::ops::Deref;

use bytes::Bytes;

use crate::deflate::{self, Level};
use crate::limits::{CLOSE_REASON_BYTES_MAX, CONTROL_BYTES_MAX, HEADER_BYTES_MAX};
use crate::{CloseCode, CloseFrame, MessageKind, Opcode, mask};

/// A message as one frame.
///
/// A text must be UTF-8, see [`MessageKind::suiting`].
pub fn encode(kind: MessageKind, payload: &[u8]) -> Bytes {
    encode_parts(kind, &[payload])
}

/// A message as one frame, its payload made of `parts` in their order.
pub fn encode_parts(kind: MessageKind, parts: &[&[u8]]) -> Bytes {
    FrameHeader::new(kind.into()).frame(parts)
}

/// A message as one compressed frame, its payload made of `parts`; `None` when it would not be
/// smaller than the plain one. Costs 4 to 10 µs even for a few bytes, which rarely shrink: below
/// 64 bytes or so it is not worth asking.
///
/// Only for peers that agreed to permessage-deflate, and whose
/// [`Deflate::admits`](crate::Deflate::admits) says yes. It refers to no other message, so the same
/// frame serves all of them.
///
/// Source: RFC 7692, section 7.2.1.
pub fn encode_deflated(kind: MessageKind, parts: &[&[u8]], level: Level) -> Option<Bytes> {
    let payload = deflate::compress(parts, level)?;
    Some(
        FrameHeader::new(kind.into())
            .compressed()
            .frame(&[&payload]),
    )
}

/// A ping. What is beyond 125 bytes of `payload` is left out.
pub fn ping(payload: &[u8]) -> Bytes {
    control(Opcode::Ping, payload)
}

/// The answer to a ping with this payload. What is beyond 125 bytes of it is left out.
pub fn pong(payload: &[u8]) -> Bytes {
    control(Opcode::Pong, payload)
}

/// A close frame. What is beyond 123 bytes of `reason` is left out, in whole characters.
pub fn close(code: CloseCode, reason: &str) -> Bytes {
    let (reason, _) = reason.split_at(reason.floor_char_boundary(CLOSE_REASON_BYTES_MAX));
    FrameHeader::new(Opcode::Close).frame(&[&code.number().to_be_bytes(), reason.as_bytes()])
}

/// The answer to a close frame: the same (RFC 6455, section 5.5.1).
pub fn close_echo(received: Option<&CloseFrame<'_>>) -> Bytes {
    received.map_or(Bytes::from_static(CLOSE_EMPTY), |frame| {
        close(frame.code, &frame.reason)
    })
}

/// A close frame that says nothing.
const CLOSE_EMPTY: &[u8] = &[0x88, 0];

fn control(opcode: Opcode, payload: &[u8]) -> Bytes {
    let payload = payload.get(..CONTROL_BYTES_MAX).unwrap_or(payload);
    FrameHeader::new(opcode).frame(&[payload])
}

/// The header of a frame without the length (RFC 6455, section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// This is the last part of its message, or all of it.
    pub fin: bool,
    /// The message that begins here is compressed (RFC 7692, section 6).
    pub rsv1: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// What the payload is masked with: a fresh random key for each frame of a client, none for a
    /// server.
    pub mask: Option<[u8; 4]>,
}

impl FrameHeader {
    /// Of a whole, plain message, or of a control frame, as a server sends it.
    pub const fn new(opcode: Opcode) -> Self {
        Self {
            fin: true,
            rsv1: false,
            opcode,
            mask: None,
        }
    }

    /// Of a part that others follow.
    #[must_use]
    pub const fn fragment(self) -> Self {
        Self { fin: false, ..self }
    }

    /// Of a message, or its first part, that is compressed.
    #[must_use]
    pub const fn compressed(self) -> Self {
        Self { rsv1: true, ..self }
    }

    /// As a client sends it.
    #[must_use]
    pub const fn masked(self, key: [u8; 4]) -> Self {
        Self {
            mask: Some(key),
            ..self
        }
    }

    /// The header before a payload of so many bytes.
    pub fn encode(self, payload_bytes: usize) -> HeaderBytes {
        let flags = u8::from(self.fin) << 7 | u8::from(self.rsv1) << 6;
        let masked = u8::from(self.mask.is_some()) << 7;
        let mut header = HeaderBytes::default();
        header.push([flags | self.opcode as u8]);
        match (u8::try_from(payload_bytes), u16::try_from(payload_bytes)) {
            (Ok(length @ ..=125), _) => header.push([masked | length]),
            (_, Ok(length)) => {
                header.push([masked | 126]);
                header.push(length.to_be_bytes());
            }
            _ => {
                header.push([masked | 127]);
                header.push((payload_bytes as u64).to_be_bytes());
            }
        }
        if let Some(key) = self.mask {
            header.push(key);
        }
        header
    }

    /// The whole frame, its payload made of `parts`.
    ///
    /// It is the caller's to follow the rules of the protocol about which frame may follow which.
    pub fn frame(self, parts: &[&[u8]]) -> Bytes {
        let payload_bytes = parts.iter().map(|part| part.len()).sum();
        let header = self.encode(payload_bytes);
        let mut frame = Vec::with_capacity(header.len() + payload_bytes);
        frame.extend_from_slice(&header);
        for part in parts {
            frame.extend_from_slice(part);
        }
        if let Some(key) = self.mask {
            let (_, payload) = frame.split_at_mut(header.len());
            mask::apply(payload, key);
        }
        frame.into()
    }
}

/// The header of a frame as bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeaderBytes {
    bytes: [u8; HEADER_BYTES_MAX],
    /// Invariant: at most [`HEADER_BYTES_MAX`].
    length: usize,
}

impl HeaderBytes {
    fn push<const N: usize>(&mut self, bytes: [u8; N]) {
        let end = self.length + N;
        self.bytes[self.length..end].copy_from_slice(&bytes);
        self.length = end;
    }
}

impl Deref for HeaderBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

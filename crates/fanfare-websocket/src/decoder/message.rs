//! The payload of a message, whole or as far as it has come.

use std::borrow::Cow;

use crate::deflate;
use crate::frame::FrameHeader;
use crate::limits::deflated_bytes_max;
use crate::text::Text;
use crate::{Event, MessageKind, Opcode, Violation};

/// A message of which some bytes have come.
#[derive(Debug)]
pub(crate) enum Message {
    Binary(Vec<u8>),
    /// As it came. Inflating at the end keeps only what was sent: a decompressor for each message
    /// that somebody begins and does not end would be 48 KB for ten bytes.
    Deflated(MessageKind, Vec<u8>),
    Text(Text),
}

impl Message {
    /// Begins one with its first frame.
    pub(crate) fn new(first: FrameHeader) -> Self {
        match kind(first) {
            kind if first.rsv1 => Self::Deflated(kind, Vec::new()),
            kind => Self::plain(kind),
        }
    }

    fn plain(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Binary => Self::Binary(Vec::new()),
            MessageKind::Text => Self::Text(Text::default()),
        }
    }

    /// Adds what has come, already unmasked.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), Violation> {
        match self {
            Self::Binary(bytes) | Self::Deflated(_, bytes) => bytes.extend_from_slice(piece),
            Self::Text(text) => text.push(piece)?,
        }
        Ok(())
    }

    /// How many bytes have come.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Binary(bytes) | Self::Deflated(_, bytes) => bytes.len(),
            Self::Text(text) => text.len(),
        }
    }

    pub(crate) fn is_deflated(&self) -> bool {
        matches!(self, Self::Deflated(..))
    }

    pub(crate) fn capacity(&self) -> usize {
        match self {
            Self::Binary(bytes) | Self::Deflated(_, bytes) => bytes.capacity(),
            Self::Text(text) => text.capacity(),
        }
    }

    /// The last byte has come.
    pub(crate) fn finish(self, bytes_max: u32) -> Result<Event<'static>, Violation> {
        match self {
            // Shrunk, as it may be kept for long, and growing has left up to as much again.
            Self::Binary(mut bytes) => {
                bytes.shrink_to_fit();
                Ok(Event::Binary(Cow::Owned(bytes)))
            }
            Self::Deflated(kind, bytes) => inflate(kind, &bytes, bytes_max),
            Self::Text(text) => {
                let mut text = text.finish()?;
                text.shrink_to_fit();
                Ok(Event::Text(Cow::Owned(text)))
            }
        }
    }
}

/// A message that is one frame and lies in one piece.
pub(crate) fn whole(
    frame: FrameHeader,
    payload: &[u8],
    bytes_max: u32,
) -> Result<Event<'_>, Violation> {
    match kind(frame) {
        kind if frame.rsv1 => inflate(kind, payload, bytes_max),
        MessageKind::Binary => Ok(Event::Binary(Cow::Borrowed(payload))),
        MessageKind::Text => simdutf8::basic::from_utf8(payload)
            .map(|text| Event::Text(Cow::Borrowed(text)))
            .map_err(|_| Violation::NotUtf8),
    }
}

/// How many bytes a message may have as it comes.
pub(crate) fn wire_bytes_max(is_deflated: bool, bytes_max: u32) -> usize {
    let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    if is_deflated {
        deflated_bytes_max(bytes_max)
    } else {
        bytes_max
    }
}

fn inflate(kind: MessageKind, payload: &[u8], bytes_max: u32) -> Result<Event<'static>, Violation> {
    let mut message = Message::plain(kind);
    deflate::inflate(payload, |piece| {
        // A thousand bytes can inflate to a million: stop as soon as it is too much.
        let bytes = u32::try_from(message.len() + piece.len());
        if bytes.is_ok_and(|bytes| bytes <= bytes_max) {
            message.push(piece)
        } else {
            Err(Violation::MessageTooBig { bytes_max })
        }
    })?;
    message.finish(bytes_max)
}

fn kind(first: FrameHeader) -> MessageKind {
    if first.opcode == Opcode::Text {
        MessageKind::Text
    } else {
        MessageKind::Binary
    }
}

//! What a peer did wrong.

use bytes::Bytes;

use crate::limits::CONTROL_BYTES_MAX;
use crate::text::NotUtf8;
use crate::{CloseCode, frame};

/// Why the connection has to be failed (RFC 6455, section 7.1.7). The peer is to blame: send
/// [`Violation::close_frame`] and close; sending the same again never helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// The code of a close frame is not one that may be sent (RFC 6455, section 7.4).
    #[error("close code {0} must not be sent")]
    CloseCode(u16),
    /// A close frame has a payload too short for a code (RFC 6455, section 5.5.1).
    #[error("a close frame has either no payload or a code of two bytes")]
    ClosePayload,
    /// A control frame is in parts (RFC 6455, section 5.5).
    #[error("a control frame must not be fragmented")]
    ControlFragmented,
    /// A control frame is too long (RFC 6455, section 5.5).
    #[error("a control frame has at most {CONTROL_BYTES_MAX} bytes of payload")]
    ControlTooLong,
    /// A compressed message cannot be inflated (RFC 7692, section 7.2.2).
    #[error("a compressed message cannot be decompressed")]
    Deflate,
    /// The length of a frame is not in its shortest form (RFC 6455, section 5.2).
    #[error("the length of a frame must be written in its shortest form")]
    LengthNotShortest,
    /// The length of a frame is 2^63 or more (RFC 6455, section 5.2).
    #[error("the length of a frame must be below 2^63")]
    LengthTopBit,
    /// A server masked a frame (RFC 6455, section 5.1).
    #[error("frames from a server must not be masked")]
    Masked,
    /// A new message began before the last part of another (RFC 6455, section 5.4).
    #[error("a message began before the one before it was complete")]
    MessageInterrupted,
    /// A message is larger than the receiver wants it.
    #[error("a message is larger than {bytes_max} bytes")]
    MessageTooBig {
        /// How large it may be, decompressed.
        bytes_max: u32,
    },
    /// A text or the reason of a close frame is not UTF-8 (RFC 6455, section 8.1).
    #[error("text must be valid UTF-8")]
    NotUtf8,
    /// A part of no message (RFC 6455, section 5.4).
    #[error("a continuation frame continues no message")]
    NothingToContinue,
    /// A reserved bit is set that no agreed extension gives a meaning here (RFC 6455, section 5.2).
    #[error("a reserved bit of a frame is set")]
    ReservedBit,
    /// The opcode is reserved (RFC 6455, section 5.2).
    #[error("opcode {0} is reserved")]
    ReservedOpcode(u8),
    /// A client did not mask a frame (RFC 6455, section 5.1).
    #[error("frames from a client must be masked")]
    Unmasked,
}

impl Violation {
    /// The code to close with.
    pub fn close_code(&self) -> CloseCode {
        match self {
            Self::Deflate | Self::NotUtf8 => CloseCode::INVALID_DATA,
            Self::MessageTooBig { .. } => CloseCode::MESSAGE_TOO_BIG,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }

    /// The close frame of a server that says so: code and sentence.
    pub fn close_frame(&self) -> Bytes {
        frame::close(self.close_code(), &self.to_string())
    }
}

impl From<NotUtf8> for Violation {
    fn from(_: NotUtf8) -> Self {
        Self::NotUtf8
    }
}

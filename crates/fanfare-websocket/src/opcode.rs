//! What a frame is, and what a message is.

/// What a frame is (RFC 6455, sections 5.2 and 11.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// The next part of a message.
    Continuation = 0x0,
    /// A text message, or its first part.
    Text = 0x1,
    /// A binary message, or its first part.
    Binary = 0x2,
    /// The last frame of one side.
    Close = 0x8,
    /// A question whether the peer is there.
    Ping = 0x9,
    /// The answer to it, or a sign of life unasked.
    Pong = 0xa,
}

impl Opcode {
    /// The opcode with this number; `None` for the ten that are reserved.
    pub const fn new(number: u8) -> Option<Self> {
        Some(match number {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }

    /// True for those that may come between the parts of a message.
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Any bytes.
    Binary,
    /// UTF-8. A peer drops the connection over a text message that is not.
    Text,
}

impl MessageKind {
    /// Text if `payload` is UTF-8, else binary: what never makes a peer drop the connection.
    pub fn suiting(payload: &[u8]) -> Self {
        match simdutf8::basic::from_utf8(payload) {
            Ok(_) => Self::Text,
            Err(_) => Self::Binary,
        }
    }
}

impl From<MessageKind> for Opcode {
    fn from(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Binary => Self::Binary,
            MessageKind::Text => Self::Text,
        }
    }
}

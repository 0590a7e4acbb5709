//! Engine.IO packets, and their form as WebSocket messages.
//!
//! Reading borrows from what was received. Writing goes through [`Encoded`], which is the same for
//! both revisions and all transports up to a few bytes around it, so that a broadcast is encoded
//! once and shared.
//!
//! Source: Engine.IO protocol 4, "Packet encoding"; Engine.IO protocol 3, "Encoding"; for revision
//! 1 the parser of its reference.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use bytes::Bytes;

use super::Revision;

/// What a ping carries when it probes a new transport, and the pong that answers it.
pub const PROBE: &str = "probe";

/// Marks binary in text. Both revisions have it; revision 3 puts the type character behind it.
const BASE64_MARK: char = 'b';

/// The type of a message where binary has one: first byte in revision 3.
const MESSAGE_BYTE: u8 = 4;

/// Padding is optional and left-over bits are ignored, as in the decoders of browsers and of the
/// reference: what a client wrote in a hurry must not cost it its session.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A packet, borrowed from where it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The handshake, as JSON. Servers send it.
    Open(&'a str),
    /// The session ends now.
    Close,
    /// Asks for a pong; carries [`PROBE`] during an upgrade.
    Ping(&'a str),
    /// Answers a ping.
    Pong(&'a str),
    /// What a session is for.
    Message(Message<'a>),
    /// The session goes on over the socket that this packet came on.
    Upgrade,
    /// Nothing; lets a poll end.
    Noop,
}

/// The payload of a message packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes; owned if they came as base64.
    Binary(Cow<'a, [u8]>),
}

/// Why bytes are not a packet. The peer is at fault; the session ends with `parse error`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PacketError {
    /// What follows the mark of base64 is not base64.
    #[error("binary packet is not base64")]
    Base64,
    /// Bytes of revision 3 that are no message: nothing else is ever binary. In revision 1 nothing
    /// is.
    #[error("binary packet of type {0}, which is never binary")]
    BinaryType(u8),
    /// Not even a type.
    #[error("empty packet")]
    Empty,
    /// No such type.
    #[error("unknown packet type {0:?}")]
    UnknownType(char),
}

impl<'a> Packet<'a> {
    /// Reads a text packet: type character and data, or binary as base64.
    ///
    /// Data behind a type that has none is ignored, as the reference does.
    ///
    /// # Errors
    /// [`PacketError`]; end the session.
    pub fn decode_text(text: &'a str, revision: Revision) -> Result<Self, PacketError> {
        if revision == Revision::V1 {
            return decode_protocol1(text);
        }
        let mut characters = text.chars();
        let kind = characters.next().ok_or(PacketError::Empty)?;
        let data = characters.as_str();
        match kind {
            '0' => Ok(Self::Open(data)),
            '1' => Ok(Self::Close),
            '2' => Ok(Self::Ping(data)),
            '3' => Ok(Self::Pong(data)),
            '4' => Ok(Self::Message(Message::Text(data))),
            '5' => Ok(Self::Upgrade),
            '6' => Ok(Self::Noop),
            BASE64_MARK => decode_base64(data, revision),
            unknown => Err(PacketError::UnknownType(unknown)),
        }
    }

    /// Reads a binary packet: in revision 4 bare data, in revision 3 a type byte before it.
    /// Revision 1 has none.
    ///
    /// # Errors
    /// [`PacketError`]; end the session. Never in revision 4.
    pub fn decode_binary(bytes: &'a [u8], revision: Revision) -> Result<Self, PacketError> {
        let data = match (revision, bytes) {
            (Revision::V4, data) | (Revision::V3, [MESSAGE_BYTE, data @ ..]) => data,
            (Revision::V1 | Revision::V3, []) => return Err(PacketError::Empty),
            (Revision::V1 | Revision::V3, [kind, ..]) => {
                return Err(PacketError::BinaryType(*kind));
            }
        };
        Ok(Self::Message(Message::Binary(Cow::Borrowed(data))))
    }

    /// Makes the form that goes out.
    pub fn encode(&self) -> Encoded {
        match self {
            Self::Open(json) => Encoded::text(&["0", json]),
            Self::Close => Encoded::Text(Bytes::from_static(b"1")),
            Self::Ping(data) => Encoded::text(&["2", data]),
            Self::Pong(data) => Encoded::text(&["3", data]),
            Self::Message(Message::Text(text)) => Encoded::text(&["4", text]),
            Self::Message(Message::Binary(data)) => Encoded::Binary(Bytes::copy_from_slice(data)),
            Self::Upgrade => Encoded::Text(Bytes::from_static(b"5")),
            Self::Noop => Encoded::Text(Bytes::from_static(b"6")),
        }
    }
}

/// Tells what is of the session from what is of Socket.IO: that stays as it is.
fn decode_protocol1(text: &str) -> Result<Packet<'_>, PacketError> {
    let kind = text.split(':').next().unwrap_or_default();
    match (kind, kind.chars().next()) {
        (_, None) => Err(PacketError::Empty),
        ("2", _) => Ok(Packet::Pong("")),
        ("8", _) => Ok(Packet::Noop),
        ("0" | "1" | "3" | "4" | "5" | "6" | "7", _) => Ok(Packet::Message(Message::Text(text))),
        (_, Some(unknown)) => Err(PacketError::UnknownType(unknown)),
    }
}

/// Reads what follows the mark of base64: in revision 3 the type of a message comes first.
fn decode_base64<'a>(data: &str, revision: Revision) -> Result<Packet<'a>, PacketError> {
    let base64 = match revision {
        Revision::V4 => data,
        Revision::V1 | Revision::V3 => match (data.strip_prefix('4'), data.chars().next()) {
            (Some(base64), _) => base64,
            (None, Some(kind)) => return Err(PacketError::UnknownType(kind)),
            (None, None) => return Err(PacketError::Empty),
        },
    };
    match BASE64.decode(base64) {
        Ok(bytes) => Ok(Packet::Message(Message::Binary(Cow::Owned(bytes)))),
        Err(_) => Err(PacketError::Base64),
    }
}

/// A packet on its way out, in the form that every transport begins with.
///
/// Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoded {
    /// The data of a binary message, without a type.
    Binary(Bytes),
    /// A text packet with its type character. Valid UTF-8 if made by this crate.
    Text(Bytes),
}

/// How a session's client takes binary where it could be either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryForm {
    /// As text: the client said `b64`.
    Base64,
    /// As bytes.
    Raw,
}

impl Encoded {
    /// A message of text.
    pub fn text_message(text: &str) -> Self {
        Self::text(&["4", text])
    }

    /// A message of bytes.
    pub fn binary_message(data: Bytes) -> Self {
        Self::Binary(data)
    }

    /// The payload of the WebSocket message that carries the packet, and its kind.
    ///
    /// [`BinaryForm`] matters in revision 3 only: clients of revision 4 that ask for base64 want
    /// it in polling, where they get nothing else.
    #[must_use]
    pub fn for_websocket(&self, revision: Revision, form: BinaryForm) -> Self {
        match (self, revision, form) {
            (_, Revision::V1, _) => self.for_protocol1(),
            (Self::Text(_), ..) | (_, Revision::V4, _) => self.clone(),
            (Self::Binary(data), Revision::V3, BinaryForm::Raw) => {
                Self::Binary([&[MESSAGE_BYTE], &data[..]].concat().into())
            }
            (Self::Binary(data), Revision::V3, BinaryForm::Base64) => {
                Self::Text(encode_base64(data, Revision::V3).into())
            }
        }
    }

    /// The same in revision 1, over all transports. What it has no form for, bytes among it,
    /// becomes the packet that means nothing.
    fn for_protocol1(&self) -> Self {
        Self::Text(match self {
            Self::Text(text) => match &text[..] {
                [b'1', ..] => Bytes::from_static(b"0::"),
                [b'2' | b'3', ..] => Bytes::from_static(b"2::"),
                [b'4', ..] => text.slice(1..),
                _ => Bytes::from_static(b"8::"),
            },
            Self::Binary(_) => Bytes::from_static(b"8::"),
        })
    }

    /// Bytes of the packet, without what a transport puts around it.
    pub fn len(&self) -> usize {
        match self {
            Self::Binary(bytes) | Self::Text(bytes) => bytes.len(),
        }
    }

    /// True only for a binary message without data.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn text(parts: &[&str]) -> Self {
        Self::Text(parts.concat().into())
    }
}

/// The text form of a binary message.
pub(super) fn encode_base64(data: &[u8], revision: Revision) -> String {
    let mut text = String::from(match revision {
        Revision::V1 | Revision::V3 => "b4",
        Revision::V4 => "b",
    });
    general_purpose::STANDARD.encode_string(data, &mut text);
    text
}

//! What one polling request or response carries: packets in a row.
//!
//! Revision 4 has one form, packets with a separator between them. Revision 3 has a text form, where
//! lengths count UTF-16, and a binary one. In revision 1 several packets are framed, with such
//! lengths too. All can travel as scripts ([`jsonp`]).

mod binary;
mod counted;
mod framed;
pub mod jsonp;
mod separated;

use bytes::Bytes;

use super::packet::{BinaryForm, Encoded, Packet, PacketError};
use super::revision::Revision;
use crate::limits::PAYLOAD_PACKETS_MAX;

/// The body of a polling request, told apart by its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// `application/octet-stream`, which only revision 3 has.
    Binary(&'a [u8]),
    /// Everything else.
    Text(&'a str),
}

/// Why a body is not a payload. The peer is at fault; the session ends with `parse error`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// A binary body in revision 1 or 4, or a kind of record that is neither text nor binary.
    #[error("binary payload that the revision does not know")]
    Binary,
    /// A JSONP body without the field `d`.
    #[error("form without the field `d`")]
    Field,
    /// The field `d` of revision 1 is no JSON string.
    #[error("form whose field `d` is no JSON string")]
    FieldString,
    /// A length that is no number, too long, or not ended.
    #[error("malformed length of a packet")]
    Length,
    /// One of the packets.
    #[error(transparent)]
    Packet(#[from] PacketError),
    /// More packets than a body may have.
    #[error("more than {PAYLOAD_PACKETS_MAX} packets in a payload")]
    TooMany,
    /// The body ends before its last packet, or a length ends inside a character.
    #[error("payload shorter than the lengths in it")]
    Truncated,
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    Utf8,
}

/// The packets of a body, in order. After an error there is nothing more.
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    records: Records<'a>,
    revision: Revision,
    /// How many may still come.
    left: usize,
}

#[derive(Clone, Debug)]
enum Records<'a> {
    Binary(binary::Records<'a>),
    Counted(counted::Records<'a>),
    Done,
    Framed(framed::Records<'a>),
    Refused(PayloadError),
    Separated(separated::Records<'a>),
}

/// What stands in a payload for one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record<'a> {
    Binary(&'a [u8]),
    Text(&'a str),
}

/// Reads a body, without copying and without holding more than a place in it.
///
/// # Limits
/// At most [`PAYLOAD_PACKETS_MAX`] packets. The length of the body is the caller's to bound.
pub fn decode(body: Body<'_>, revision: Revision) -> Packets<'_> {
    let records = match (revision, body) {
        (Revision::V4, Body::Text(text)) => Records::Separated(separated::Records::new(text)),
        (Revision::V1 | Revision::V4, Body::Binary(_)) => Records::Refused(PayloadError::Binary),
        (Revision::V1, Body::Text(text)) => Records::Framed(framed::Records::new(text)),
        // An empty body is no payload; one without packets is `0:`.
        (Revision::V3, Body::Text("") | Body::Binary([])) => {
            Records::Refused(PacketError::Empty.into())
        }
        (Revision::V3, Body::Text(text)) => Records::Counted(counted::Records::new(text)),
        (Revision::V3, Body::Binary(bytes)) => Records::Binary(binary::Records::new(bytes)),
    };
    Packets {
        records,
        revision,
        left: PAYLOAD_PACKETS_MAX,
    }
}

impl<'a> Packets<'a> {
    fn next_record(&mut self) -> Option<Result<Record<'a>, PayloadError>> {
        match &mut self.records {
            Records::Binary(records) => records.next(),
            Records::Counted(records) => records.next(),
            Records::Done => None,
            Records::Framed(records) => records.next(),
            Records::Refused(error) => Some(Err(error.clone())),
            Records::Separated(records) => records.next().map(Ok),
        }
    }

    fn packet(&mut self, record: Record<'a>) -> Result<Packet<'a>, PayloadError> {
        self.left = self.left.checked_sub(1).ok_or(PayloadError::TooMany)?;
        Ok(match record {
            Record::Binary(bytes) => Packet::decode_binary(bytes, self.revision)?,
            Record::Text(text) => Packet::decode_text(text, self.revision)?,
        })
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, PayloadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let packet = self.next_record()?.and_then(|record| self.packet(record));
        if packet.is_err() {
            self.records = Records::Done;
        }
        Some(packet)
    }
}

/// The body of an answer, and which of its two content types it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// `application/octet-stream`.
    Binary(Bytes),
    /// `text/plain; charset=UTF-8`, or a part of a script.
    Text(Bytes),
}

/// Writes packets in a row.
///
/// Revision 3 answers in binary exactly when the client takes it and one of the packets is.
///
/// Source: Engine.IO protocol 4, "HTTP long-polling"; protocol 3, "Payload"; the parser of
/// Socket.IO 0.9.
pub fn encode(packets: &[Encoded], revision: Revision, form: BinaryForm) -> Payload {
    let has_binary = packets
        .iter()
        .any(|packet| matches!(packet, Encoded::Binary(_)));
    match (revision, form) {
        (Revision::V1, _) => Payload::Text(framed::encode(packets)),
        (Revision::V4, _) => Payload::Text(separated::encode(packets)),
        (Revision::V3, BinaryForm::Raw) if has_binary => Payload::Binary(binary::encode(packets)),
        (Revision::V3, _) => Payload::Text(counted::encode(packets)),
    }
}

/// The text form of a packet inside a payload.
fn textual(packet: &Encoded, revision: Revision) -> Bytes {
    match packet {
        Encoded::Binary(data) => super::packet::encode_base64(data, revision).into(),
        Encoded::Text(text) => text.clone(),
    }
}

/// Bytes of a body that holds these packets as text, with room for what stands between them.
fn capacity(packets: &[Encoded]) -> usize {
    /// A separator or a short length, and the padding of base64.
    const AROUND: usize = 8;
    packets
        .iter()
        .map(|packet| match packet {
            Encoded::Binary(data) => data.len().div_ceil(3) * 4 + AROUND,
            Encoded::Text(text) => text.len() + AROUND,
        })
        .sum()
}

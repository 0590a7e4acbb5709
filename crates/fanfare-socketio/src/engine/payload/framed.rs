//! The payload of revision 1: a packet as it is, or several with their lengths between marks.
//!
//! Source: the parser of Socket.IO 0.9. Lengths count UTF-16 code units, as in revision 3.

use bytes::Bytes;

use super::counted::{split_counted, units};
use super::{BinaryForm, PayloadError, Record, Revision, capacity};
use crate::engine::Encoded;

/// Before and behind each length. No packet begins with it.
const MARK: char = '\u{fffd}';

/// The records of a body.
#[derive(Clone, Debug)]
pub(super) enum Records<'a> {
    Framed(&'a str),
    Single(&'a str),
}

impl<'a> Records<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        match text.starts_with(MARK) {
            true => Self::Framed(text),
            false => Self::Single(text),
        }
    }

    pub(super) fn next(&mut self) -> Option<Result<Record<'a>, PayloadError>> {
        let record = match self {
            Self::Framed("") => return None,
            Self::Framed(rest) => take(rest),
            Self::Single(packet) => {
                let packet = *packet;
                *self = Self::Framed("");
                Ok(packet)
            }
        };
        Some(record.map(Record::Text))
    }
}

fn take<'a>(text: &mut &'a str) -> Result<&'a str, PayloadError> {
    let counted = text.strip_prefix(MARK).ok_or(PayloadError::Length)?;
    let (packet, rest) = split_counted(counted, MARK)?;
    *text = rest;
    Ok(packet)
}

pub(super) fn encode(packets: &[Encoded]) -> Bytes {
    if let [packet] = packets {
        return text(packet);
    }
    let mut mark = [0; MARK.len_utf8()];
    let mark = MARK.encode_utf8(&mut mark).as_bytes();
    let mut body = Vec::with_capacity(capacity(packets));
    for packet in packets {
        let text = text(packet);
        body.extend_from_slice(mark);
        body.extend_from_slice(units(&text).to_string().as_bytes());
        body.extend_from_slice(mark);
        body.extend_from_slice(&text);
    }
    body.into()
}

fn text(packet: &Encoded) -> Bytes {
    match packet.for_websocket(Revision::V1, BinaryForm::Base64) {
        Encoded::Text(text) | Encoded::Binary(text) => text,
    }
}

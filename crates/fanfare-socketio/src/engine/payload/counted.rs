//! The text payload of revision 3: each packet after its length and a colon.
//!
//! Lengths count UTF-16 code units, because that is what JavaScript counts.
//!
//! Source: Engine.IO protocol 3, "Payload".

use bytes::Bytes;

use super::{PayloadError, Record, Revision, capacity, textual};
use crate::engine::Encoded;
use crate::limits::LENGTH_DIGITS_MAX;

/// The records of a body. Those of length 0 are passed over: `0:` is how nothing is written.
#[derive(Clone, Debug)]
pub(super) struct Records<'a> {
    rest: &'a str,
}

impl<'a> Records<'a> {
    pub(super) fn new(rest: &'a str) -> Self {
        Self { rest }
    }

    pub(super) fn next(&mut self) -> Option<Result<Record<'a>, PayloadError>> {
        while !self.rest.is_empty() {
            match self.take() {
                Ok("") => {}
                Ok(packet) => return Some(Ok(Record::Text(packet))),
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }

    fn take(&mut self) -> Result<&'a str, PayloadError> {
        let (packet, rest) = split_counted(self.rest, ':')?;
        self.rest = rest;
        Ok(packet)
    }
}

/// Reads a length and what is that long; `end` is behind the length.
pub(super) fn split_counted(text: &str, end: char) -> Result<(&str, &str), PayloadError> {
    let (digits, rest) = text.split_once(end).ok_or(PayloadError::Length)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || digits.len() > LENGTH_DIGITS_MAX {
        return Err(PayloadError::Length);
    }
    let units = digits.parse().map_err(|_| PayloadError::Length)?;
    split_at_units(rest, units).ok_or(PayloadError::Truncated)
}

/// Splits after so many UTF-16 code units. `None` if there are fewer, or if it would cut a
/// character in two.
fn split_at_units(text: &str, units: u64) -> Option<(&str, &str)> {
    let mut left = units;
    for (at, character) in text.char_indices() {
        if left == 0 {
            return text.split_at_checked(at);
        }
        left = left.checked_sub(character.len_utf16() as u64)?;
    }
    (left == 0).then_some((text, ""))
}

pub(super) fn encode(packets: &[Encoded]) -> Bytes {
    if packets.is_empty() {
        return Bytes::from_static(b"0:");
    }
    let mut body = Vec::with_capacity(capacity(packets));
    for packet in packets {
        let text = textual(packet, Revision::V3);
        body.extend_from_slice(units(&text).to_string().as_bytes());
        body.push(b':');
        body.extend_from_slice(&text);
    }
    body.into()
}

/// The UTF-16 code units of UTF-8 text: one per character, and one more for those of four bytes.
/// Counted from the bytes, so that shared text need not be checked again.
pub(super) fn units(text: &[u8]) -> usize {
    let starts = text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
    let pairs = text.iter().filter(|&&byte| byte >= 0xf0).count();
    starts + pairs
}

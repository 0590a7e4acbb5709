//! The binary payload of revision 3: each packet after its kind and its length in digits.
//!
//! ```text
//! kind 0 text, 1 binary · one byte per decimal digit, its value · ff · so many bytes
//! ```
//!
//! Source: Engine.IO protocol 3, "Payload", as its reference parser reads and writes it.

use bytes::Bytes;

use super::{PayloadError, Record};
use crate::engine::Encoded;
use crate::limits::LENGTH_DIGITS_MAX;

const TEXT: u8 = 0;
const BINARY: u8 = 1;
const LENGTH_END: u8 = 0xff;
/// The type byte that comes before the data of a message.
const MESSAGE_BYTE: u8 = 4;

/// The records of a body.
#[derive(Clone, Debug)]
pub(super) struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(super) fn next(&mut self) -> Option<Result<Record<'a>, PayloadError>> {
        let (&kind, rest) = self.rest.split_first()?;
        Some(self.take(kind, rest))
    }

    fn take(&mut self, kind: u8, rest: &'a [u8]) -> Result<Record<'a>, PayloadError> {
        let (bytes, rest) = length(rest)?;
        let (data, rest) = rest
            .split_at_checked(bytes)
            .ok_or(PayloadError::Truncated)?;
        self.rest = rest;
        match kind {
            TEXT => match std::str::from_utf8(data) {
                Ok(text) => Ok(Record::Text(text)),
                Err(_) => Err(PayloadError::Utf8),
            },
            BINARY => Ok(Record::Binary(data)),
            _ => Err(PayloadError::Binary),
        }
    }
}

/// Reads the digits up to their end; returns the length and what follows.
fn length(bytes: &[u8]) -> Result<(usize, &[u8]), PayloadError> {
    let mut length: usize = 0;
    let mut rest = bytes;
    for _ in 0..=LENGTH_DIGITS_MAX {
        let (&digit, after) = rest.split_first().ok_or(PayloadError::Truncated)?;
        rest = after;
        match digit {
            LENGTH_END if bytes.len() - rest.len() > 1 => return Ok((length, rest)),
            0..=9 => {
                length = length
                    .checked_mul(10)
                    .and_then(|length| length.checked_add(usize::from(digit)))
                    .ok_or(PayloadError::Length)?;
            }
            _ => return Err(PayloadError::Length),
        }
    }
    Err(PayloadError::Length)
}

pub(super) fn encode(packets: &[Encoded]) -> Bytes {
    let mut body = Vec::new();
    for packet in packets {
        match packet {
            Encoded::Text(text) => {
                head(TEXT, text.len(), &mut body);
                body.extend_from_slice(text);
            }
            Encoded::Binary(data) => {
                head(BINARY, data.len() + 1, &mut body);
                body.push(MESSAGE_BYTE);
                body.extend_from_slice(data);
            }
        }
    }
    body.into()
}

fn head(kind: u8, bytes: usize, body: &mut Vec<u8>) {
    body.push(kind);
    body.extend(bytes.to_string().bytes().map(|digit| digit - b'0'));
    body.push(LENGTH_END);
}

//! The header of a frame: its syntax, and whether it may be here.

use crate::frame::FrameHeader;
use crate::limits::{CONTROL_BYTES_MAX, HEADER_BYTES_MAX};
use crate::{Opcode, Violation};

/// What the next header may look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    /// It comes from a client.
    pub(crate) masked: bool,
    /// Messages may be compressed.
    pub(crate) deflate: bool,
    /// A message has begun, so it continues.
    pub(crate) continuation: bool,
}

/// The header of a frame, and the length of its payload in bytes.
pub(crate) type Header = (FrameHeader, u64);

/// A header whose end has not come.
#[derive(Debug, Default)]
pub(crate) struct PartialHeader {
    bytes: [u8; HEADER_BYTES_MAX],
    /// Invariant: less than [`HEADER_BYTES_MAX`] between calls, as so many bytes are a header.
    length: u8,
}

impl PartialHeader {
    /// Takes bytes from the front of `input` until there is a header, or all of them.
    pub(crate) fn read(
        &mut self,
        input: &mut &mut [u8],
        expected: Expected,
    ) -> Result<Option<Header>, Violation> {
        if self.is_empty()
            && let Some((header, header_bytes)) = parse(input, expected)?
            && input.split_off_mut(..header_bytes).is_some()
        {
            return Ok(Some(header));
        }
        while let Some(&mut byte) = input.split_off_first_mut() {
            let length = usize::from(self.length) + 1;
            // Cannot be missing: see the invariant.
            let Some(bytes) = self.bytes.get_mut(..length) else {
                break;
            };
            if let Some(last) = bytes.last_mut() {
                *last = byte;
            }
            if let Some((header, _)) = parse(bytes, expected)? {
                self.length = 0;
                return Ok(Some(header));
            }
            self.length += 1;
        }
        Ok(None)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// Reads a header from the front of `bytes`, and how many bytes it has; `None` if there are not
/// enough. Faults are found with the first bytes that show them (RFC 6455, section 5.2).
fn parse(bytes: &[u8], expected: Expected) -> Result<Option<(Header, usize)>, Violation> {
    let Some((&[first, second], rest)) = bytes.split_first_chunk() else {
        return Ok(None);
    };
    let (header, short_length) = check_flags(first, second, expected)?;
    let Some((length, rest)) = parse_length(short_length, rest)? else {
        return Ok(None);
    };
    let (mask, rest) = match rest.split_first_chunk() {
        _ if !expected.masked => (None, rest),
        Some((&key, rest)) => (Some(key), rest),
        None => return Ok(None),
    };
    let header_bytes = bytes.len() - rest.len();
    Ok(Some((
        (FrameHeader { mask, ..header }, length),
        header_bytes,
    )))
}

/// Reads the first two bytes: the header without its key, and the short form of the length.
fn check_flags(first: u8, second: u8, expected: Expected) -> Result<(FrameHeader, u8), Violation> {
    let number = first & 0x0f;
    let opcode = Opcode::new(number).ok_or(Violation::ReservedOpcode(number))?;
    let header = FrameHeader {
        fin: first & 0x80 != 0,
        rsv1: first & 0x40 != 0,
        opcode,
        mask: None,
    };
    let begins = matches!(opcode, Opcode::Text | Opcode::Binary);
    let length = second & 0x7f;
    if first & 0x30 != 0 || header.rsv1 && !(expected.deflate && begins) {
        return Err(Violation::ReservedBit);
    }
    match (second & 0x80 != 0, expected.masked) {
        (true, false) => return Err(Violation::Masked),
        (false, true) => return Err(Violation::Unmasked),
        _ => {}
    }
    if opcode.is_control() && !header.fin {
        return Err(Violation::ControlFragmented);
    }
    if opcode.is_control() && usize::from(length) > CONTROL_BYTES_MAX {
        return Err(Violation::ControlTooLong);
    }
    if begins && expected.continuation {
        return Err(Violation::MessageInterrupted);
    }
    if opcode == Opcode::Continuation && !expected.continuation {
        return Err(Violation::NothingToContinue);
    }
    Ok((header, length))
}

/// Reads the longer forms of the length, if the short one says that one follows.
fn parse_length(short: u8, rest: &[u8]) -> Result<Option<(u64, &[u8])>, Violation> {
    let (length, shortest, rest) = match short {
        126 => {
            let Some((&bytes, rest)) = rest.split_first_chunk() else {
                return Ok(None);
            };
            (u64::from(u16::from_be_bytes(bytes)), 126, rest)
        }
        127 => {
            let Some((&bytes, rest)) = rest.split_first_chunk() else {
                return Ok(None);
            };
            (u64::from_be_bytes(bytes), 1 << 16, rest)
        }
        _ => (short.into(), 0, rest),
    };
    if length < shortest {
        return Err(Violation::LengthNotShortest);
    }
    if length >> 63 != 0 {
        return Err(Violation::LengthTopBit);
    }
    Ok(Some((length, rest)))
}

//! Msgpack token by token, without memory.

use super::date;
use crate::decoder::DecodeError;

/// A piece of msgpack. Arrays and maps are their announced counts, which nobody should believe.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Array(u32),
    Boolean(bool),
    Bytes(&'a [u8]),
    /// In milliseconds since 1970.
    Date(i64),
    Float(f64),
    Map(u32),
    /// Also for what nobody here knows.
    Nil,
    Signed(i64),
    Text(&'a [u8]),
    Unsigned(u64),
}

/// The type of extensions that `notepack.io` took before there were reserved ones: what it means
/// depends on the length.
const NOTEPACK: i8 = 0;

/// The type of timestamps.
///
/// Source: msgpack specification, "Timestamp extension type".
const TIMESTAMP: i8 = -1;

/// What was not read yet.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next token. At the end there is none: whoever asks still expects one.
    ///
    /// # Errors
    /// [`DecodeError::Msgpack`].
    pub(super) fn next(&mut self) -> Result<Token<'a>, DecodeError> {
        let marker = self.u8()?;
        Ok(match marker {
            0x00..=0x7f => Token::Unsigned(marker.into()),
            0x80..=0x8f => Token::Map((marker & 0x0f).into()),
            0x90..=0x9f => Token::Array((marker & 0x0f).into()),
            0xa0..=0xbf => Token::Text(self.bytes((marker & 0x1f).into())?),
            0xc0 => Token::Nil,
            0xc1 => return Err(DecodeError::Msgpack),
            0xc2 => Token::Boolean(false),
            0xc3 => Token::Boolean(true),
            0xc4 | 0xd9 => {
                let length = self.u8()?.into();
                self.text_or_bytes(marker, length)?
            }
            0xc5 | 0xda => {
                let length = self.u16()?.into();
                self.text_or_bytes(marker, length)?
            }
            0xc6 | 0xdb => {
                let length = self.u32()?;
                self.text_or_bytes(marker, length)?
            }
            0xc7 => {
                let length = self.u8()?.into();
                self.extension(length)?
            }
            0xc8 => {
                let length = self.u16()?.into();
                self.extension(length)?
            }
            0xc9 => {
                let length = self.u32()?;
                self.extension(length)?
            }
            0xca => Token::Float(f32::from_be_bytes(self.array()?).into()),
            0xcb => Token::Float(f64::from_be_bytes(self.array()?)),
            0xcc => Token::Unsigned(self.u8()?.into()),
            0xcd => Token::Unsigned(self.u16()?.into()),
            0xce => Token::Unsigned(self.u32()?.into()),
            0xcf => Token::Unsigned(u64::from_be_bytes(self.array()?)),
            0xd0 => signed(i8::from_be_bytes(self.array()?).into()),
            0xd1 => signed(i16::from_be_bytes(self.array()?).into()),
            0xd2 => signed(i32::from_be_bytes(self.array()?).into()),
            0xd3 => signed(i64::from_be_bytes(self.array()?)),
            0xd4..=0xd8 => self.fixed_extension(1 << (marker - 0xd4))?,
            0xdc => Token::Array(self.u16()?.into()),
            0xdd => Token::Array(self.u32()?),
            0xde => Token::Map(self.u16()?.into()),
            0xdf => Token::Map(self.u32()?),
            0xe0..=0xff => signed(i8::from_be_bytes([marker]).into()),
        })
    }

    fn text_or_bytes(&mut self, marker: u8, length: u32) -> Result<Token<'a>, DecodeError> {
        let bytes = self.bytes(length)?;
        Ok(match marker {
            0xc4..=0xc6 => Token::Bytes(bytes),
            _ => Token::Text(bytes),
        })
    }

    /// With a length of its own. An `ArrayBuffer` in Node.js is one.
    fn extension(&mut self, length: u32) -> Result<Token<'a>, DecodeError> {
        let kind = i8::from_be_bytes(self.array()?);
        let bytes = self.bytes(length)?;
        Ok(match kind {
            NOTEPACK => Token::Bytes(bytes),
            TIMESTAMP => timestamp(bytes),
            _ => Token::Nil,
        })
    }

    /// With a length that its marker says. A `Date` is one of eight, `undefined` of one byte.
    fn fixed_extension(&mut self, length: u32) -> Result<Token<'a>, DecodeError> {
        let kind = i8::from_be_bytes(self.array()?);
        let bytes = self.bytes(length)?;
        Ok(match (kind, <[u8; 8]>::try_from(bytes)) {
            (NOTEPACK, Ok(milliseconds)) => Token::Date(i64::from_be_bytes(milliseconds)),
            (TIMESTAMP, _) => timestamp(bytes),
            _ => Token::Nil,
        })
    }

    fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Msgpack)?;
        self.rest = rest;
        Ok(*array)
    }

    fn bytes(&mut self, length: u32) -> Result<&'a [u8], DecodeError> {
        let length = usize::try_from(length).map_err(|_| DecodeError::Msgpack)?;
        let split = self.rest.split_at_checked(length);
        let (bytes, rest) = split.ok_or(DecodeError::Msgpack)?;
        self.rest = rest;
        Ok(bytes)
    }
}

fn signed<'a>(number: i64) -> Token<'a> {
    u64::try_from(number).map_or(Token::Signed(number), Token::Unsigned)
}

fn timestamp<'a>(bytes: &[u8]) -> Token<'a> {
    date::timestamp(bytes).map_or(Token::Nil, Token::Date)
}

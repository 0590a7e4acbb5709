//! Percent-encoding of URLs (RFC 3986, 2.1), read strictly.

use std::borrow::Cow;
use std::fmt;

/// Why a part of a URL is not text. The peer must encode it properly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A control character is in a place where a header or a log line would have to carry it.
    #[error("it contains a control character")]
    Control,
    /// The bytes are not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A percent sign is not followed by two hexadecimal digits.
    #[error("a % is not followed by two hexadecimal digits")]
    Percent,
}

/// Decodes a piece of a path. Anything may come out of it, control characters included.
///
/// # Errors
/// [`DecodeError::Percent`] and [`DecodeError::NotUtf8`].
pub fn decode(text: &str) -> Result<Cow<'_, str>, DecodeError> {
    if text.contains('%') {
        return unescape(text, b'+').map(Cow::Owned);
    }
    Ok(Cow::Borrowed(text))
}

/// Decodes a key or a value of a query, where `+` is a space as in HTML forms.
///
/// # Errors
/// As [`decode`].
pub fn decode_form(text: &str) -> Result<Cow<'_, str>, DecodeError> {
    if text.contains(['%', '+']) {
        return unescape(text, b' ').map(Cow::Owned);
    }
    Ok(Cow::Borrowed(text))
}

fn unescape(text: &str, plus: u8) -> Result<String, DecodeError> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => nibble(bytes.next())? << 4 | nibble(bytes.next())?,
            b'+' => plus,
            byte => byte,
        });
    }
    String::from_utf8(plain).map_err(|_| DecodeError::NotUtf8)
}

fn nibble(digit: Option<u8>) -> Result<u8, DecodeError> {
    match digit {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        _ => Err(DecodeError::Percent),
    }
}

/// Writes a text so that it can stand anywhere in a URL and in our header values: everything but
/// the unreserved characters of RFC 3986, 2.3 is encoded.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a>(pub &'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    fmt::Write::write_char(f, char::from(byte))?;
                }
                byte => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

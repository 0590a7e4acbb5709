//! Single fields: what they may hold, and how they are written.

use std::borrow::Cow;

use bytes::BufMut;

use crate::limits::EVENT_NAME_BYTES_MAX;
use crate::line;

/// Why a text cannot be a field of an event. The caller must choose another; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidField {
    /// There is a control character in it. CR and LF would begin a field of the text's own making;
    /// a receiver ignores an id with NUL; and no other can stand in the header in which the id
    /// comes back.
    #[error("the {field} contains a control character")]
    Control {
        /// `event name` or `id`.
        field: &'static str,
    },
    /// It is an id that begins or ends with a space, and would come back without: HTTP takes the
    /// spaces around a header value away (RFC 9110, 5.5).
    #[error("the id begins or ends with a space")]
    Padded,
    /// It is longer than the limit.
    #[error("the {field} is {bytes} bytes long, the limit is {bytes_max}")]
    TooLong {
        /// `event name` or `id`.
        field: &'static str,
        /// Its length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
}

pub(crate) fn check_event_name(name: &str) -> Result<(), InvalidField> {
    check("event name", name, EVENT_NAME_BYTES_MAX)
}

pub(crate) fn check_id(id: &str, bytes_max: usize) -> Result<(), InvalidField> {
    if id.starts_with(' ') || id.ends_with(' ') {
        return Err(InvalidField::Padded);
    }
    check("id", id, bytes_max)
}

fn check(field: &'static str, text: &str, bytes_max: usize) -> Result<(), InvalidField> {
    let bytes = text.len();
    if bytes > bytes_max {
        return Err(InvalidField::TooLong {
            field,
            bytes,
            bytes_max,
        });
    }
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(InvalidField::Control { field });
    }
    Ok(())
}

/// Writes one field on one line. The space after the colon is always there: a receiver takes one
/// away, and without ours it would take the first of the value.
pub(crate) fn write(out: &mut impl BufMut, name: &str, value: &[u8]) {
    out.put_slice(name.as_bytes());
    out.put_slice(b": ");
    out.put_slice(value);
    out.put_u8(b'\n');
}

/// Writes a field for each line of `text`, also for an empty one. A comment is a field without
/// name.
pub(crate) fn write_lines(out: &mut impl BufMut, name: &str, text: &[u8]) {
    for line in line::lines(text) {
        write(out, name, line);
    }
}

/// `bytes` as text, with U+FFFD where they are not UTF-8.
///
/// The standard library's lossy conversion alone examines byte by byte; its plain check is several
/// times faster on what is nearly always valid.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

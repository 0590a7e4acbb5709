//! Blocks: those that a server writes without building an [`Event`], and any that is to be shared.

use std::time::Duration;

use bytes::{BufMut, Bytes};

use crate::event::Event;
use crate::field::{self, InvalidField};
use crate::limits::CURSOR_BYTES_MAX;

/// A comment, to be sent when nothing else was: it keeps proxies from closing an idle connection,
/// and finds out whether the client is still there. The standard suggests every 15 seconds.
///
/// Source: HTML standard, 9.2.7.
pub static KEEP_ALIVE: Bytes = Bytes::from_static(b": \n\n");

/// Writes one event to the end of `out`, once for all who will receive it.
///
/// `id` may be the cursor of several channels. `data` is text: CRLF and CR arrive as LF, and what
/// is not UTF-8 is replaced by U+FFFD. Send bytes that must survive as base64.
///
/// ```
/// let data = "line\r\nline";
/// let mut out = Vec::with_capacity(data.len() + 64);
/// fanfare_sse::write_fields(&mut out, "7:0", Some("feed"), data.as_bytes())?;
/// assert_eq!(out, b"id: 7:0\nevent: feed\ndata: line\ndata: line\n\n");
/// # Ok::<(), fanfare_sse::InvalidField>(())
/// ```
///
/// # Errors
/// [`InvalidField`] if `id` or `event` would not arrive as they are; nothing has been written then.
/// The limits are [`CURSOR_BYTES_MAX`] and
/// [`EVENT_NAME_BYTES_MAX`](crate::limits::EVENT_NAME_BYTES_MAX).
///
/// # Panics
/// If `out` cannot grow and is full; a `Vec` and a `BytesMut` grow.
pub fn write_fields(
    out: &mut impl BufMut,
    id: &str,
    event: Option<&str>,
    data: &[u8],
) -> Result<(), InvalidField> {
    field::check_id(id, CURSOR_BYTES_MAX)?;
    event.map_or(Ok(()), field::check_event_name)?;

    field::write(out, "id", id.as_bytes());
    if let Some(name) = event {
        field::write(out, "event", name.as_bytes());
    }
    field::write_lines(out, "data", field::text(data).as_bytes());
    out.put_u8(b'\n');
    Ok(())
}

/// Tells the client how long to wait before it reconnects, in whole milliseconds, without firing an
/// event. Send it before closing, each client another time, so that they do not all come back at
/// once.
pub fn retry_block(after: Duration) -> Bytes {
    format!("retry: {}\n\n", after.as_millis()).into()
}

/// Moves the client's cursor to `id` without firing an event: what lies before was not for it.
///
/// # Errors
/// [`InvalidField`] if `id` could not come back unchanged, or is longer than [`CURSOR_BYTES_MAX`].
pub fn cursor_block(id: &str) -> Result<Bytes, InvalidField> {
    field::check_id(id, CURSOR_BYTES_MAX)?;
    Ok(format!("id: {id}\n\n").into())
}

/// A whole block, ready to be sent to one client or to a million: a clone shares the bytes.
///
/// ```
/// use fanfare_sse::{Block, Event};
///
/// let block = Block::from(Event::data("to everybody"));
/// let same = block.clone();
/// assert_eq!(same.as_bytes(), b"data: to everybody\n\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block(Bytes);

impl Block {
    /// Bytes that were a block before.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The block as it stands in a stream.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The block as bytes to share.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl From<Event> for Block {
    fn from(event: Event) -> Self {
        Self(event.encode())
    }
}

impl From<&Event> for Block {
    fn from(event: &Event) -> Self {
        Self(event.encode())
    }
}

/// An event with this text as data.
impl From<&str> for Block {
    fn from(data: &str) -> Self {
        const NAME_BYTES: usize = "data: \n\n".len();
        let mut out = Vec::with_capacity(NAME_BYTES + data.len());
        field::write_lines(&mut out, "data", data.as_bytes());
        out.put_u8(b'\n');
        Self(out.into())
    }
}

/// An event with this text as data.
impl From<String> for Block {
    fn from(data: String) -> Self {
        data.as_str().into()
    }
}

//! The bounds of the codec: each with its unit, its reason, and what happens when it is reached.

/// Bytes of the id of an [`Event`](crate::Event). Fetch lets a header of up to 128 bytes pass
/// between origins without asking; with a longer id a browser may have to send a preflight before
/// it can reconnect. A longer one is refused.
pub const ID_BYTES_MAX: usize = 128;

/// Bytes of a cursor, as read by [`last_event_id`](crate::last_event_id) and as written by
/// [`write_fields`](crate::write_fields) and [`cursor_block`](crate::cursor_block).
///
/// More than [`ID_BYTES_MAX`], because the cursor of several channels is a list with one id of
/// each: a hundred of them at 32 bytes (the longest `t:g` and a comma) are 3,200. Not more than
/// 4 KiB, because common servers and proxies give the whole request head 8 KiB. A longer one is
/// refused.
pub const CURSOR_BYTES_MAX: usize = 4096;

/// Bytes of an event name, the same as the hub keeps with a message. It is repeated on every
/// delivery; a longer one is refused.
pub const EVENT_NAME_BYTES_MAX: usize = 256;

/// Bytes a [`Decoder`](crate::Decoder) holds for one event unless told otherwise: data, event
/// name, id and the unfinished line together.
///
/// The largest message that a server accepts by default is 1 MiB, which is 1.34 MiB as base64, and
/// must fit with its field names and id. At the limit the stream is given up with
/// [`DecodeError::TooLarge`](crate::DecodeError::TooLarge).
pub const EVENT_BYTES_MAX: usize = 2 << 20;

//! The bounds: each with its unit, its reason, and what happens when it is reached.

use std::time::Duration;

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

/// Silence after which a stream sends a comment unless told otherwise: what the standard suggests
/// (HTML standard, 9.2.7), and half of what impatient proxies wait.
pub const KEEP_ALIVE_DEFAULT: Duration = Duration::from_secs(15);

/// Events that wait for one client unless told otherwise. A burst that a client on a slow line
/// reads in a second or two; beyond, the [`Overflow`](crate::Overflow) policy decides.
pub const BUFFER_EVENTS_DEFAULT: usize = 64;

/// Bytes that wait for one client unless told otherwise, so that a thousand stalled clients hold at
/// most 256 MiB. Handled like [`BUFFER_EVENTS_DEFAULT`].
pub const BUFFER_BYTES_DEFAULT: usize = 256 << 10;

/// Bytes of the blocks that are joined in one frame of a body. Half an HTTP/2 frame, and about what
/// a copy costs no more than the system call or the chunk it saves. A larger block has a frame to
/// itself.
pub const FRAME_BYTES_MAX: usize = 8 << 10;

//! The bounds of this crate: each with its unit, its reason, and what happens when it is reached.
//! How large a message may be is the user's to say, see
//! [`Settings::message_bytes_max`](crate::Settings::message_bytes_max).

/// Bytes of a control frame's payload (RFC 6455, section 5.5). A longer one that is received is a
/// violation; a longer one that is to be sent is cut.
pub const CONTROL_BYTES_MAX: usize = 125;

/// Bytes of the reason in a close frame: what its code leaves of [`CONTROL_BYTES_MAX`]. A longer
/// reason is cut where a character ends.
pub const CLOSE_REASON_BYTES_MAX: usize = CONTROL_BYTES_MAX - 2;

/// Bytes of the longest frame header: 2, a length of 8, a masking key of 4 (RFC 6455, section 5.2).
pub const HEADER_BYTES_MAX: usize = 14;

/// Bytes that are inflated at once before the size and the text of a message are checked. So much
/// lies in a small cache, and so much at most is inflated in vain.
pub(crate) const INFLATE_CHUNK_BYTES: usize = 16 * 1024;

/// Bytes that the compressed form of a message may have. Data that cannot be compressed grows: by
/// 5 bytes for each stored block, which senders make a few hundred bytes or more; so a sixteenth is
/// plenty, and 64 bytes let the smallest messages have their block and its end. A longer one
/// counts as a message that is too big.
pub(crate) fn deflated_bytes_max(message_bytes_max: usize) -> usize {
    message_bytes_max.saturating_add(message_bytes_max / 16 + 64)
}

//! Agreeing on permessage-deflate (RFC 7692, section 7.1).

use crate::handshake::list::{split_unquoted, trim};

/// Compression as agreed on.
///
/// Always without context takeover in both directions: the server announces it, and a client has to
/// follow. This is what makes compressed frames shareable, and connections without a compressor
/// of their own possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deflate {
    /// Base-2 logarithm of how far a client can look back in what we send, from 8 to 15, if it
    /// said so.
    server_window_bits: Option<u8>,
}

impl Deflate {
    /// The value of `Sec-WebSocket-Extensions` in the response.
    pub fn header_value(&self) -> String {
        let mut value =
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover".to_owned();
        if let Some(bits) = self.server_window_bits {
            value.push_str("; server_max_window_bits=");
            value.push_str(&bits.to_string());
        }
        value
    }

    /// True if a message of so many bytes may be sent compressed, else send it plain.
    ///
    /// Frames are compressed with the full window of 32 KiB, so that all connections can share
    /// them. For a client with a smaller window that is the same for messages that are not larger
    /// than its window: nothing in them is further back. No browser asks for a smaller one.
    pub fn admits(&self, message_bytes: usize) -> bool {
        self.server_window_bits
            .is_none_or(|bits| message_bytes <= 1 << bits)
    }

    /// Reads one element of the client's list; `None` if it is another extension, or not as the
    /// RFC wants it.
    pub(crate) fn from_offer(offer: &str) -> Option<Self> {
        let mut parts = split_unquoted(offer, ';');
        if parts.next() != Some("permessage-deflate") {
            return None;
        }
        let mut seen = Seen::default();
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (trim(name), Some(unquote(trim(value)))),
                None => (part, None),
            };
            seen.add(name, value)?;
        }
        Some(Self {
            server_window_bits: seen.server_max_window_bits,
        })
    }
}

/// The parameters of an offer, each of which may be there once (RFC 7692, section 7.1).
#[derive(Default)]
struct Seen {
    client_max_window_bits: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    server_no_context_takeover: bool,
}

impl Seen {
    fn add(&mut self, name: &str, value: Option<&str>) -> Option<()> {
        let is_new = match (name, value) {
            ("client_no_context_takeover", None) => once(&mut self.client_no_context_takeover),
            ("server_no_context_takeover", None) => once(&mut self.server_no_context_takeover),
            // Only a hint that the client could do with less, which we need not ask for.
            ("client_max_window_bits", None) => once(&mut self.client_max_window_bits),
            ("client_max_window_bits", Some(value)) => {
                window_bits(value)?;
                once(&mut self.client_max_window_bits)
            }
            ("server_max_window_bits", Some(value)) => {
                let bits = window_bits(value)?;
                self.server_max_window_bits.replace(bits).is_none()
            }
            _ => false,
        };
        is_new.then_some(())
    }
}

fn once(seen: &mut bool) -> bool {
    !std::mem::replace(seen, true)
}

/// A number from 8 to 15 without leading zeros (RFC 7692, section 7.1.2).
fn window_bits(value: &str) -> Option<u8> {
    let bits: u8 = value.parse().ok()?;
    ((8..=15).contains(&bits) && bits.to_string() == value).then_some(bits)
}

/// The content of a quoted value, which may stand for a plain one (RFC 6455, section 9.1).
fn unquote(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .unwrap_or(value)
}

//! Frames: how messages share a body.
//!
//! ```text
//! ~m~5~m~hello~m~10~m~~j~{"a":1}
//! ```
//!
//! Each is preceded by its length, which JavaScript counts in units of UTF-16. A mark at its
//! beginning says whether it is JSON or a heartbeat.

use std::fmt::Write as _;

use super::limits::DIGITS_MAX;

const LENGTH: &str = "~m~";
const JSON: &str = "~j~";
const HEARTBEAT: &str = "~h~";

/// A frame.
///
/// A text that itself begins with a mark cannot be told from what the mark stands for: the
/// protocol has no escape for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The server's question whether the client is there, a number, or the echo of it.
    Heartbeat(&'a str),
    /// A message that is JSON, perhaps.
    Json(&'a str),
    /// A message that is text. The first one of a session is its id.
    Text(&'a str),
}

/// What begins where a frame should cannot be one. The peer is at fault, and what follows cannot
/// be made sense of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame is malformed")]
pub struct Malformed;

/// The frames in a text, see [`decode`].
#[derive(Clone, Debug)]
pub struct Frames<'a>(&'a str);

/// Reads all frames of a text, up to the first that is malformed.
pub fn decode(text: &str) -> Frames<'_> {
    Frames(text)
}

impl<'a> Frame<'a> {
    /// Writes it behind what is in `out`.
    pub fn encode(self, out: &mut String) {
        let (mark, content) = match self {
            Self::Heartbeat(number) => (HEARTBEAT, number),
            Self::Json(json) => (JSON, json),
            Self::Text(text) => ("", text),
        };
        let length = mark.len() + utf16_length(content);
        // Writing to a string cannot fail.
        let _ = write!(out, "{LENGTH}{length}{LENGTH}{mark}{content}");
    }

    fn marked(data: &'a str) -> Self {
        match (data.strip_prefix(HEARTBEAT), data.strip_prefix(JSON)) {
            (Some(number), _) => Self::Heartbeat(number),
            (_, Some(json)) => Self::Json(json),
            _ => Self::Text(data),
        }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        // Behind a malformed frame there is no place to begin again.
        let text = std::mem::take(&mut self.0);
        if text.is_empty() {
            return None;
        }
        Some(split(text).ok_or(Malformed).map(|(data, rest)| {
            self.0 = rest;
            Frame::marked(data)
        }))
    }
}

/// The data of the first frame, and what comes after it.
fn split(text: &str) -> Option<(&str, &str)> {
    let (digits, rest) = text.strip_prefix(LENGTH)?.split_once(LENGTH)?;
    if digits.len() > DIGITS_MAX || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    rest.split_at_checked(byte_length(rest, digits.parse().ok()?)?)
}

/// The bytes of the first `units` of UTF-16 in `text`. `None` if there are fewer, or if they end
/// inside of a character.
fn byte_length(text: &str, units: u64) -> Option<usize> {
    let mut left = units;
    for (at, character) in text.char_indices() {
        if left == 0 {
            return Some(at);
        }
        left = left.checked_sub(character.len_utf16() as u64)?;
    }
    (left == 0).then_some(text.len())
}

fn utf16_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

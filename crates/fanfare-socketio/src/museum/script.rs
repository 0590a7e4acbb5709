//! Frames inside of scripts.

use std::fmt::Write as _;

/// The call that hands frames to the client's call-back number `index`, for a page of any origin.
pub(super) fn jsonp(index: &str, frames: &str) -> String {
    format!("io.JSONP[{index}]._({});", string(frames))
}

/// The element that hands frames to the page around a hidden frame.
pub(super) fn element(frames: &str) -> String {
    format!("<script>parent.s._({}, document);</script>", string(frames))
}

/// A text as a JavaScript string.
///
/// Beside what JSON escapes: U+2028 and U+2029, which ended a line in the JavaScript of the time,
/// and `<`, `>` and `&`, with which a message could end the script element around it.
fn string(text: &str) -> String {
    let mut string = String::with_capacity(text.len() + 2);
    string.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => string.extend(['\\', character]),
            '\n' => string.push_str("\\n"),
            '\r' => string.push_str("\\r"),
            '\t' => string.push_str("\\t"),
            '\0'..' ' | '<' | '>' | '&' | '\u{7f}' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail.
                let _ = write!(string, "\\u{:04x}", u32::from(character));
            }
            _ => string.push(character),
        }
    }
    string.push('"');
    string
}

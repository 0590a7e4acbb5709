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
/// Beside what JSON escapes: `<`, `>` and `&`, with which a message could end the script element
/// around it, and all that is not ASCII. A hidden frame names no encoding, so that a browser may
/// take the one of the page; and U+2028 and U+2029 ended a line in the JavaScript of the time.
fn string(text: &str) -> String {
    let mut string = String::with_capacity(text.len() + 2);
    string.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => string.extend(['\\', character]),
            '\n' => string.push_str("\\n"),
            '\r' => string.push_str("\\r"),
            '\t' => string.push_str("\\t"),
            '<' | '>' | '&' => escape(character, &mut string),
            ' '..='~' => string.push(character),
            _ => escape(character, &mut string),
        }
    }
    string.push('"');
    string
}

fn escape(character: char, into: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a string cannot fail.
        let _ = write!(into, "\\u{unit:04x}");
    }
}

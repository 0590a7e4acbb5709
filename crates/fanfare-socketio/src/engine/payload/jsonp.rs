//! Payloads as scripts, for pages that may not read what another origin answers.
//!
//! Source: Engine.IO protocol 3, "Transports, polling, JSONP", and its reference client.

use bytes::Bytes;

use super::PayloadError;
use crate::form;

/// Writes the call that hands a text payload to the client's function number `index`.
///
/// The payload becomes a JSON string in which U+2028 and U+2029, line ends in the JavaScript of
/// the time, are escaped.
pub fn encode(index: u64, payload: &str) -> Bytes {
    let string = serde_json::Value::from(payload)
        .to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    format!("___eio[{index}]({string});").into()
}

/// Takes the payload out of the form that the client posts.
///
/// The client escapes line ends before it fills in the form, because forms change them: `\n`
/// means a newline, and `\\n` the two characters `\n`.
///
/// # Errors
/// [`PayloadError::Field`] if there is no `d`.
pub fn decode(body: &[u8]) -> Result<String, PayloadError> {
    form::pairs(body)
        .find(|(name, _)| name == "d")
        .map(|(_, value)| unescape(&value))
        .ok_or(PayloadError::Field)
}

fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        rest = if let Some(after) = from.strip_prefix("\\\\n") {
            text.push_str("\\n");
            after
        } else if let Some(after) = from.strip_prefix("\\n") {
            text.push('\n');
            after
        } else {
            text.push('\\');
            from.strip_prefix('\\').unwrap_or_default()
        };
    }
    text.push_str(rest);
    text
}

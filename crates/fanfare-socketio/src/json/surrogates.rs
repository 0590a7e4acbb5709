//! Half characters in JSON strings.

use std::borrow::Cow;

/// How the replacement character is written; as long as what it replaces.
const REPLACEMENT: &str = "\\ufffd";

/// Replaces escapes of surrogates that are not in pairs. Malformed text stays as it is.
///
/// Outside of strings JSON has no backslash, so strings need not be found first.
pub(super) fn mend(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        mended.push_str(before);
        let (escape, after) = split_escape(from);
        let (written, after) = match (unit(escape), unit(split_escape(after).0)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => {
                let (low, after) = split_escape(after);
                mended.push_str(escape);
                (low, after)
            }
            (Some(0xd800..=0xdfff), _) => (REPLACEMENT, after),
            _ => (escape, after),
        };
        mended.push_str(written);
        rest = after;
    }
    mended.push_str(rest);
    Cow::Owned(mended)
}

/// Splits after an escape: a backslash and what belongs to it. Splits at once if there is none.
fn split_escape(text: &str) -> (&str, &str) {
    let bytes = match text.as_bytes() {
        [b'\\', b'u', ..] => 6,
        [b'\\', ..] => 2,
        _ => 0,
    };
    // What is shorter, or has other characters than an escape may have, is not JSON: the check
    // that follows finds it.
    text.split_at_checked(bytes).unwrap_or((text, ""))
}

/// The code unit of an escape `\uXXXX`.
fn unit(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

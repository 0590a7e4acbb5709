//! Decimal numbers as the protocol writes them: digits and nothing else.

use std::str::FromStr;

/// Reads an unsigned number. `str::parse` alone would let a leading `+` through.
pub(crate) fn number<T: FromStr>(text: &str) -> Option<T> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

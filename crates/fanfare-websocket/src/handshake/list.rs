//! Header fields that are lists (RFC 9110, section 5.6.1), which may go on in the next field of the
//! same name.

/// The elements of a list, in their order; empty ones and values that are not ASCII are left out.
pub(crate) fn elements<'v>(values: &'v [&[u8]]) -> impl Iterator<Item = &'v str> {
    values
        .iter()
        .filter(|value| value.is_ascii())
        .filter_map(|value| str::from_utf8(value).ok())
        .flat_map(|value| split_unquoted(value, ','))
        .filter(|element| !element.is_empty())
}

/// True if a list has this element, in capital letters or small ones.
pub(crate) fn contains(values: &[&[u8]], token: &str) -> bool {
    elements(values).any(|element| element.eq_ignore_ascii_case(token))
}

/// Splits at each `separator` that is not within quotation marks, and trims the parts. Escapes
/// inside quotation marks need no care: no value that we know has one.
pub(crate) fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |character| {
        is_quoted ^= character == '"';
        character == separator && !is_quoted
    })
    .map(trim)
}

/// Without the white space that may be around it (RFC 9110, section 5.6.3).
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

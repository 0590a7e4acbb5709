//! `application/x-www-form-urlencoded`, the form of queries and of JSONP bodies.
//!
//! Source: URL standard, 5.1. What is not valid UTF-8 becomes U+FFFD, and a percent sign without
//! two digits stands for itself.

use crate::json::Json;

/// The names and values, decoded, in their order.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = (String, String)> {
    text.split(|&byte| byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut parts = pair.splitn(2, |&byte| byte == b'=');
            let mut part = || decode(parts.next().unwrap_or_default());
            (part(), part())
        })
}

/// The pairs as a JSON object of strings. Of a name that comes twice the last one counts.
pub(crate) fn json_object(text: &str) -> Json<'static> {
    let pairs = pairs(text.as_bytes()).map(|(name, value)| (name, value.into()));
    let object = pairs.collect::<serde_json::Map<_, serde_json::Value>>();
    Json::assembled(serde_json::Value::Object(object).to_string())
}

fn decode(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], expected: &[(&str, &str)]) {
        let found: Vec<_> = pairs(text).collect();
        let found: Vec<_> = found.iter().map(|(a, b)| (&a[..], &b[..])).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn escapes_and_plus_signs_are_decoded() {
        check(
            b"d=24%3A42%5B%22%E2%82%AC%22%5D",
            &[("d", "24:42[\"\u{20ac}\"]")],
        );
        check(b"a+b=c%2bd&&e", &[("a b", "c+d"), ("e", "")]);
        check(b"a=b=c", &[("a", "b=c")]);
    }

    #[test]
    fn what_is_no_escape_stays() {
        check(
            b"a=%&b=%4&c=%zz&d=%ff",
            &[("a", "%"), ("b", "%4"), ("c", "%zz"), ("d", "\u{fffd}")],
        );
    }
}

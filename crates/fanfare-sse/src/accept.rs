//! Whether a client takes event streams, by its `Accept`.

use http::HeaderMap;
use http::header::ACCEPT;

/// True unless `Accept` rules event streams out. Absent, empty or odd, it rules nothing out: it is
/// a hint, and a client that was let in by mistake sees what it got.
///
/// The most specific range decides, and its quality of 0 means no.
///
/// Source: RFC 9110, 12.5.1.
pub(crate) fn takes_event_stream(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT).iter();
    let texts = lines.filter_map(|line| line.to_str().ok());
    let mut ranges = texts
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .peekable();
    if ranges.peek().is_none() {
        return true;
    }
    ranges
        .filter_map(Match::of)
        .max_by_key(|it| it.specificity)
        .is_some_and(|it| it.is_wanted)
}

/// A media range that event streams fall into.
struct Match {
    specificity: u8,
    is_wanted: bool,
}

impl Match {
    fn of(range: &str) -> Option<Self> {
        let mut parts = range.split(';').map(str::trim);
        let specificity = match parts.next()?.to_ascii_lowercase().as_str() {
            "text/event-stream" => 2,
            "text/*" => 1,
            // A lone star is not in the grammar, but old HTTP libraries send it.
            "*/*" | "*" => 0,
            _ => return None,
        };
        Some(Self {
            specificity,
            is_wanted: !parts.any(is_zero_quality),
        })
    }
}

/// `q=0`, `q=0.`, `q=0.0` and so on.
fn is_zero_quality(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let value = value.trim();
    name.trim().eq_ignore_ascii_case("q")
        && value.starts_with('0')
        && value.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(lines: &[&str], expected: bool) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        assert_eq!(takes_event_stream(&headers), expected, "{lines:?}");
    }

    #[test]
    fn who_says_nothing_takes_anything() {
        check(&[], true);
        check(&[""], true);
        check(&[" , "], true);
        check(&["\u{e9}"], true);
    }

    #[test]
    fn any_range_that_covers_event_streams_will_do() {
        check(&["text/event-stream"], true);
        check(&["Text/Event-Stream; charset=utf-8"], true);
        check(&["*/*"], true);
        check(&["*"], true);
        check(&["text/*;q=0.1"], true);
        check(&["application/json, text/event-stream"], true);
        check(&["application/json", "text/event-stream"], true);
    }

    #[test]
    fn other_types_rule_it_out() {
        check(&["application/json"], false);
        check(&["text/html,application/xhtml+xml"], false);
        check(&["text/event-stream-not"], false);
    }

    #[test]
    fn no_quality_means_no() {
        check(&["text/event-stream;q=0"], false);
        check(&["text/event-stream; Q = 0.000"], false);
        check(&["text/event-stream;q=0.001"], true);
        check(&["text/event-stream;x=1;q=1"], true);
    }

    #[test]
    fn the_most_specific_range_decides() {
        check(&["*/*, text/event-stream;q=0"], false);
        check(&["text/event-stream, */*;q=0"], true);
        check(&["text/*;q=0, */*"], false);
    }
}

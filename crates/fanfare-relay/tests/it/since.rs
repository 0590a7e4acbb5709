//! Guards `since`, the one cursor that people type: it is understood, or explained.

use std::time::Duration;

use fanfare_hub::Start;
use fanfare_relay::{Query, RelayError, read_starts};
use proptest::prelude::*;

use crate::{headers, id};

const DEFAULT: Start = Start::Last(77);

fn read(query: &str, channels: usize) -> Result<Vec<Start>, RelayError> {
    read_starts(&headers(&[]), Query::new(query), channels, DEFAULT)
}

fn check(since: &str, expected: Start) {
    let query = format!("since={since}");
    assert_eq!(read(&query, 1), Ok(vec![expected]), "{since}");
}

#[test]
fn all_forms_are_read() {
    check("all", Start::Oldest);
    check("now", Start::Newest);
    check("-5", Start::Last(5));
    check("-0", Start::Last(0));
    check("10m", Start::Within(Duration::from_secs(600)));
    check("7d", Start::Within(Duration::from_secs(604_800)));
    check("1763680000:3", Start::After(id(1_763_680_000, 3)));
    check("1763680000%3A3", Start::After(id(1_763_680_000, 3)));
}

#[test]
fn without_it_the_default_counts() {
    assert_eq!(read("", 2), Ok(vec![DEFAULT; 2]));
    assert_eq!(read("since=", 1), Ok(vec![DEFAULT]));
    assert_eq!(read("_=1795217226123", 1), Ok(vec![DEFAULT]));
}

#[test]
fn it_counts_for_each_channel() {
    assert_eq!(read("since=-5", 3), Ok(vec![Start::Last(5); 3]));
    let each = vec![Start::After(id(5, 3)), DEFAULT, Start::After(id(6, 0))];
    assert_eq!(read("since=5:3,-,6:0", 3), Ok(each));
    let moment = vec![Start::After(id(4, u32::MAX)); 2];
    assert_eq!(read("since=5:3", 2), Ok(moment));
}

#[test]
fn a_cursor_outranks_it_channel_by_channel() {
    let starts = |fields: &[(&'static str, &str)], query, channels| {
        read_starts(&headers(fields), Query::new(query), channels, DEFAULT).unwrap()
    };
    let last_event_id = [("last-event-id", "5:3,-")];
    let expected = [Start::After(id(5, 3)), Start::Newest];
    assert_eq!(starts(&last_event_id, "since=now", 2), expected);
    let etag = [("etag", "5:3")];
    assert_eq!(starts(&etag, "since=all", 1), [Start::After(id(5, 3))]);
    let garbage = [("last-event-id", "garbage")];
    assert_eq!(starts(&garbage, "since=-2", 1), [Start::Last(2)]);
}

#[test]
fn anything_else_is_refused_with_a_sentence_even_beside_a_cursor() {
    for since in [
        "yesterday",
        "5",
        "-",
        "--5",
        "-5m",
        "+5",
        "10",
        "10y",
        "ALL",
        "5:",
        "5:3x",
        ":3",
        "5:3,x",
        "99999999999999999999d",
        "1:4294967296",
    ] {
        let query = format!("since={since}");
        assert_eq!(read(&query, 1), Err(RelayError::Since), "{since}");
        let cursor = headers(&[("last-event-id", "5:3")]);
        assert!(read_starts(&cursor, Query::new(&query), 1, DEFAULT).is_err());
    }
    let error = RelayError::Since;
    assert_eq!(
        (error.status().as_u16(), error.code(), error.field()),
        (400, "bad_since", "since")
    );
    assert!(
        error
            .to_string()
            .contains("`all`, `now`, the id of a message like 1763680000:3")
    );
}

#[test]
fn a_list_that_does_not_fit_the_channels_is_refused() {
    for (since, ids, channels) in [("5:3,6:0", 2, 1), ("5:3,6:0", 2, 3), ("5:3,6:0,7:0", 3, 2)] {
        let error = RelayError::SinceCount { ids, channels };
        assert_eq!(read(&format!("since={since}"), channels), Err(error));
    }
}

#[test]
fn a_bad_encoding_is_refused() {
    let error = read("since=%zz", 1).unwrap_err();
    assert_eq!((error.code(), error.field()), ("bad_encoding", "since"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(since in "\\PC{0,20}|[-0-9:,smhd]{0,20}", channels in 0usize..4) {
        if let Ok(starts) = read(&format!("since={since}"), channels) {
            prop_assert_eq!(starts.len(), channels);
        }
    }
}

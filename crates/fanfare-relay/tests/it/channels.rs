//! Guards the border between a URL and channel names: separators, encoding, limits.

use fanfare_hub::{ChannelName, NameError};
use fanfare_relay::channels::{one, split};
use fanfare_relay::limits::CHANNELS_MAX;
use fanfare_relay::percent::{DecodeError, Encoded};
use fanfare_relay::{Outcome, RelayError};
use http::StatusCode;
use proptest::prelude::*;

use crate::channel;

fn check(segment: &str, names: &[&str]) {
    let names = names.iter().copied().map(channel).collect();
    assert_eq!(split(segment), Ok(names), "{segment}");
}

fn refused(segment: &str, error: &RelayError, status: StatusCode) {
    assert_eq!(split(segment).as_ref(), Err(error), "{segment}");
    assert_eq!(error.status(), status, "{segment}");
    assert_eq!(error.field(), "channel", "{segment}");
}

#[test]
fn commas_separate_before_anything_is_decoded() {
    check("news", &["news"]);
    check("b,a,c", &["b", "a", "c"]);
    check("a%2Cb,c", &["a,b", "c"]);
    check("a%2fb%2Fc", &["a/b/c"]);
    check("r%C3%A4ume,räume%2F1", &["räume", "räume/1"]);
    check("a+b,a%20b", &["a+b", "a b"]);
}

#[test]
fn a_missing_name_is_404_and_an_empty_one_among_others_400() {
    refused("", &RelayError::NoChannelId, StatusCode::NOT_FOUND);
    assert_eq!(one(""), Err(RelayError::NoChannelId));
    for segment in [",", "a,", ",a", "a,,b"] {
        refused(segment, &RelayError::EmptyChannel, StatusCode::BAD_REQUEST);
    }
}

#[test]
fn a_name_over_the_limit_is_403() {
    let segment = "x".repeat(256);
    let error = RelayError::ChannelName(NameError::TooLong(256));
    refused(&segment, &error, StatusCode::FORBIDDEN);
    assert_eq!(error.outcome(), Outcome::Refused);
    check(&"%41".repeat(255), &[&"A".repeat(255)]);
}

#[test]
fn control_characters_and_bad_encodings_are_400() {
    let control = RelayError::ChannelName(NameError::Control);
    for segment in ["a%00", "a%0D%0Ab", "a,%7F"] {
        refused(segment, &control, StatusCode::BAD_REQUEST);
    }
    let encoding = |source| RelayError::Encoding {
        field: "channel",
        source,
    };
    for segment in ["%", "%4", "a%zz", "%+1"] {
        refused(
            segment,
            &encoding(DecodeError::Percent),
            StatusCode::BAD_REQUEST,
        );
    }
    for segment in ["%FF", "%C3", "%ED%A0%80"] {
        refused(
            segment,
            &encoding(DecodeError::NotUtf8),
            StatusCode::BAD_REQUEST,
        );
    }
}

#[test]
fn a_raw_slash_and_a_second_mention_are_400() {
    refused("a/b", &RelayError::RawSlash, StatusCode::BAD_REQUEST);
    let twice = RelayError::DuplicateChannel(channel("a"));
    refused("a,b,%61", &twice, StatusCode::BAD_REQUEST);
}

#[test]
fn a_list_over_the_limit_is_403() {
    let list = |count: usize| {
        let names: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        names.join(",")
    };
    assert_eq!(split(&list(CHANNELS_MAX)).unwrap().len(), CHANNELS_MAX);
    let error = RelayError::TooManyChannels;
    refused(&list(CHANNELS_MAX + 1), &error, StatusCode::FORBIDDEN);
}

#[test]
fn a_publisher_names_one_channel() {
    assert_eq!(one("a%2Cb"), Ok(channel("a,b")));
    assert_eq!(one("a,b"), Err(RelayError::OneChannel));
    assert_eq!(RelayError::OneChannel.status(), StatusCode::BAD_REQUEST);
}

proptest! {
    #[test]
    fn any_segment_is_read_or_refused(segment in "\\PC{0,60}|([a-c]|%[0-9A-F]{2}|,|/){0,20}") {
        let _ = (split(&segment), one(&segment));
    }

    #[test]
    fn encoded_names_come_back_in_order(names in proptest::collection::hash_set("\\PC{1,20}", 1..6)) {
        let names: Vec<ChannelName> = names.iter().filter_map(|n| n.parse().ok()).collect();
        prop_assume!(!names.is_empty());
        let list: Vec<String> = names.iter().map(|n| Encoded(n.as_str()).to_string()).collect();
        prop_assert_eq!(split(&list.join(",")), Ok(names));
    }
}

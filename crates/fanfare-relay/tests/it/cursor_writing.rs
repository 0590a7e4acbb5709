//! Guards the cursor on its way out, and that what goes out comes back as the same place.

use fanfare_hub::{MessageId, Start};
use fanfare_relay::validators::id_value;
use fanfare_relay::{Query, Validators, cursor, read_starts};
use http::HeaderMap;
use http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use proptest::prelude::*;

use crate::{headers, id};

/// The last second of the year 9999.
const DATE_MAX: u64 = 253_402_300_799;

fn check_date(seconds: u64, expected: &str) {
    let validators = Validators::single(id(seconds, 0));
    assert_eq!(validators.last_modified.unwrap(), expected);
}

/// What a cache-like client sends back for an answer (R11).
fn next_request(validators: Validators) -> HeaderMap {
    let mut response = HeaderMap::new();
    validators.write(&mut response);
    let mut request = HeaderMap::new();
    request.extend([
        (IF_MODIFIED_SINCE, response.remove(LAST_MODIFIED).unwrap()),
        (IF_NONE_MATCH, response.remove(ETAG).unwrap()),
    ]);
    request
}

fn read(request: &HeaderMap, channels: usize) -> Vec<Start> {
    read_starts(request, Query::default(), channels, Start::Oldest).unwrap()
}

#[test]
fn the_second_is_a_date_and_the_tag_has_no_quotes() {
    let validators = Validators::single(id(1_795_217_226, 3));
    assert_eq!(
        validators.last_modified.unwrap(),
        "Fri, 20 Nov 2026 23:27:06 GMT"
    );
    assert_eq!(validators.etag.unwrap(), "3");
    assert_eq!(id_value(id(1_795_217_226, 3)), "1795217226:3");
}

#[test]
fn several_channels_have_a_composite_tag() {
    let cursors = [Some(id(1_763_680_000, 3)), None, Some(id(1_763_680_001, 0))];
    let validators = Validators::several(id(1_763_680_001, 0), &cursors);
    assert_eq!(validators.etag.unwrap(), "1763680000:3,-,1763680001:0");
    assert_eq!(
        validators.last_modified.unwrap(),
        "Thu, 20 Nov 2025 23:06:41 GMT"
    );
}

#[test]
fn dates_reach_from_the_epoch_to_the_last_year_of_four_digits() {
    check_date(0, "Thu, 01 Jan 1970 00:00:00 GMT");
    check_date(DATE_MAX, "Fri, 31 Dec 9999 23:59:59 GMT");
    check_date(DATE_MAX + 1, "Fri, 31 Dec 9999 23:59:59 GMT");
    check_date(u64::MAX, "Fri, 31 Dec 9999 23:59:59 GMT");
}

#[test]
fn d12_a_304_repeats_the_clients_own_cursor_word_for_word() {
    let check = |fields: &[(&'static str, &str)], expected: [Option<&str>; 2]| {
        let Validators {
            last_modified,
            etag,
        } = Validators::echo(&headers(fields));
        let text = |value: Option<http::HeaderValue>| value.map(|v| v.to_str().unwrap().to_owned());
        assert_eq!(
            [text(last_modified).as_deref(), text(etag).as_deref()],
            expected
        );
    };
    check(&[], [None, None]);
    check(
        &[("if-none-match", "W/\"1-gzip\"")],
        [None, Some("W/\"1-gzip\"")],
    );
    check(
        &[("if-modified-since", "0"), ("if-none-match", "0")],
        [Some("0"), Some("0")],
    );
}

proptest! {
    #[test]
    fn one_channel_goes_on_where_it_was(seconds in 0..=DATE_MAX, tag: u32) {
        let validators = Validators::single(id(seconds, tag));
        prop_assert_eq!(read(&next_request(validators), 1), [Start::After(id(seconds, tag))]);
    }

    #[test]
    fn several_channels_go_on_where_they_were(
        cursors in proptest::collection::vec(proptest::option::weighted(0.8, (any::<u64>(), any::<u32>())), 2..20),
        newest in any::<(u64, u32)>(),
    ) {
        let cursors: Vec<Option<MessageId>> = cursors.into_iter().map(|c| c.map(|(s, g)| id(s, g))).collect();
        prop_assume!(cursors.iter().any(Option::is_some));
        let validators = Validators::several(id(newest.0, newest.1), &cursors);
        let expected: Vec<Start> = cursors.iter().map(|c| c.map_or(Start::Oldest, Start::After)).collect();
        prop_assert_eq!(read(&next_request(validators), cursors.len()), expected);
        prop_assert_eq!(cursor::read(&cursor::write(cursors.iter().copied()), cursors.len()), Some(cursors));
    }

    #[test]
    fn the_date_is_never_that_of_another_second(seconds in proptest::collection::vec(0u64..4, 1..50)) {
        for second in seconds {
            let expected = format!("Thu, 01 Jan 1970 00:00:0{second} GMT");
            prop_assert_eq!(Validators::single(id(second, 0)).last_modified.unwrap(), expected);
        }
    }
}

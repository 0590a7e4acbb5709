//! Guards where a returning subscriber goes on: the decision table of revision 2.23 against a real
//! hub, the rules for everything the text leaves open, and the forms of several channels.

use std::sync::Arc;

use fanfare_hub::{
    Draft, Hub, MemoryEngine, MemoryLimits, MessageId, PageLimit, Pending, Start, Timestamp,
};
use fanfare_relay::{Query, read_starts};
use http::HeaderMap;
use proptest::prelude::*;

use crate::{any_header_value, channel, headers, id};

/// Fri, 20 Nov 2026 23:27:06 GMT.
const T: u64 = 1_795_217_226;
const T_DATE: &str = "Fri, 20 Nov 2026 23:27:06 GMT";

fn starts(fields: &[(&'static str, &str)], query: &str, channels: usize) -> Vec<Start> {
    read_starts(&headers(fields), Query::new(query), channels, Start::Oldest).unwrap()
}

fn check(fields: &[(&'static str, &str)], query: &str, expected: Option<MessageId>) {
    let expected = expected.map_or(Start::Oldest, Start::After);
    assert_eq!(starts(fields, query, 1), [expected], "{fields:?} ?{query}");
}

fn check_several(fields: &[(&'static str, &str)], expected: &[Option<MessageId>]) {
    let expected: Vec<Start> = expected
        .iter()
        .map(|cursor| cursor.map_or(Start::Oldest, Start::After))
        .collect();
    assert_eq!(starts(fields, "", expected.len()), expected, "{fields:?}");
}

/// The second before, with all its tags: everything earlier has been read.
fn before(seconds: u64) -> Option<MessageId> {
    Some(id(seconds - 1, u32::MAX))
}

/// A0 and A1 published in second T, B0 and B1 in second T+2.
fn four_messages() -> Hub {
    let started = Timestamp::from_seconds(T - 2000);
    let hub = Hub::new(
        Arc::new(MemoryEngine::new(MemoryLimits::default(), started)),
        0,
    );
    for (name, seconds) in [("A0", T), ("A1", T), ("B0", T + 2), ("B1", T + 2)] {
        let now = Timestamp::from_seconds(seconds);
        let published = hub.publish(&channel("c"), Draft::new(name), now);
        assert!(matches!(published, Pending::Ready(Ok(_))));
    }
    hub
}

/// What a poll with these validators is answered with; `None` is held, or 304.
fn poll(hub: &Hub, modified_since: Option<&str>, none_match: Option<&str>) -> Option<String> {
    let mut fields = Vec::new();
    fields.extend(modified_since.map(|value| ("if-modified-since", value)));
    fields.extend(none_match.map(|value| ("if-none-match", value)));
    let [start] = starts(&fields, "", 1)[..] else {
        panic!("one start for one channel");
    };
    let now = Timestamp::from_seconds(T + 3);
    let Pending::Ready(Ok(page)) = hub.read(&channel("c"), start, PageLimit::ONE, now) else {
        panic!("the memory engine answers at once");
    };
    let message = page.messages.front()?;
    Some(String::from_utf8(message.payload().to_vec()).unwrap())
}

#[test]
fn the_decision_table_holds() {
    let hub = four_messages();
    let t = Some(T_DATE);
    let earlier = Some("Fri, 20 Nov 2026 23:10:26 GMT");
    let t_1 = Some("Fri, 20 Nov 2026 23:27:07 GMT");
    let t_2 = Some("Fri, 20 Nov 2026 23:27:08 GMT");
    let later = Some("Fri, 20 Nov 2026 23:43:46 GMT");
    let epoch = Some("Thu, 01 Jan 1970 00:00:00 GMT");
    let check = |modified_since, none_match, expected: Option<&str>| {
        let answer = poll(&hub, modified_since, none_match);
        assert_eq!(
            answer.as_deref(),
            expected,
            "{modified_since:?} {none_match:?}"
        );
    };
    check(None, None, Some("A0"));
    check(None, Some("0"), Some("A0"));
    check(t, None, Some("A1"));
    for tag in ["", "0", "\"0\"", "W/\"0\"", "abc", "*"] {
        check(t, Some(tag), Some("A1"));
    }
    for tag in [
        "1",
        "7",
        "\"1\"",
        "W/\"1\"",
        "1-gzip",
        "\"1-gzip\"",
        "99999999999",
    ] {
        check(t, Some(tag), Some("B0"));
    }
    for tag in [None, Some("0"), Some("1"), Some("9"), Some("x")] {
        check(t_1, tag, Some("B0"));
        check(earlier, tag, Some("A0"));
        check(later, tag, None);
        check(Some("garbage"), tag, Some("A0"));
        check(Some("0"), tag, Some("A0"));
        check(epoch, tag, Some("A0"));
    }
    check(t_2, Some("1"), None);
}

#[test]
fn d4_the_tag_is_its_first_digits_whatever_surrounds_them() {
    let date = ("if-modified-since", T_DATE);
    for (tag, expected) in [
        ("3", 3),
        ("\"3\"", 3),
        ("W/\"3\"", 3),
        ("W/3", 3),
        (" 3 ", 3),
        ("3-gzip", 3),
        ("\"3;br\"", 3),
        ("3, 4", 3),
        ("007", 7),
        ("4294967296", u32::MAX),
        ("-1", 0),
        ("abc3", 0),
        ("\"\"", 0),
        ("*", 0),
        ("é", 0),
    ] {
        check(&[date, ("if-none-match", tag)], "", Some(id(T, expected)));
    }
}

#[test]
fn d5_a_date_without_a_tag_is_tag_0() {
    check(&[("if-modified-since", T_DATE)], "", Some(id(T, 0)));
}

#[test]
fn d6_a_tag_without_a_date_is_no_cursor() {
    check(&[("if-none-match", "3")], "", None);
    check(
        &[("if-none-match", "3"), ("last-event-id", "5:1")],
        "",
        Some(id(5, 1)),
    );
}

#[test]
fn d7_what_is_not_a_date_counts_as_absent() {
    for date in [
        "",
        "0",
        "garbage",
        "-1",
        "1795217226",
        "Mon, 20 Nov 2026 23:27:06 GMT",
        "é",
    ] {
        check(
            &[("if-modified-since", date), ("if-none-match", "0")],
            "",
            None,
        );
    }
    check(
        &[("if-modified-since", "0"), ("if-none-match", "0")],
        "_=1795217226123&last_event_id=5:1",
        Some(id(5, 1)),
    );
}

#[test]
fn d7_all_three_forms_of_a_date_are_dates() {
    for date in [
        T_DATE,
        "Friday, 20-Nov-26 23:27:06 GMT",
        "Fri Nov 20 23:27:06 2026",
    ] {
        check(
            &[("if-modified-since", date), ("if-none-match", "1")],
            "",
            Some(id(T, 1)),
        );
    }
}

#[test]
fn a_whole_id_in_the_tag_outranks_the_date() {
    let date = ("if-modified-since", T_DATE);
    for tag in ["5:1", "\"5:1\"", "W/\"5:1\"", "5:1-gzip", "\"5:1-gzip\""] {
        check(&[date, ("if-none-match", tag)], "", Some(id(5, 1)));
        check(&[("if-none-match", tag)], "", Some(id(5, 1)));
    }
    check(&[date, ("if-none-match", "x:0")], "", Some(id(T, 0)));
}

#[test]
fn the_first_place_that_can_be_understood_decides() {
    let etag = ("etag", "1:0");
    let last_event_id = ("last-event-id", "3:0");
    let date = ("if-modified-since", T_DATE);
    let tag = ("if-none-match", "5:0");
    let query = "last_event_id=2:0";
    check(&[etag, last_event_id, date, tag], query, Some(id(5, 0)));
    check(&[etag, last_event_id, date], query, Some(id(T, 0)));
    check(&[etag, last_event_id], query, Some(id(3, 0)));
    check(&[etag], query, Some(id(2, 0)));
    check(&[etag], "", Some(id(1, 0)));
    check(&[etag], "since=now", Some(id(1, 0)));
    check(
        &[etag, ("last-event-id", "foo")],
        "last_event_id=bar",
        Some(id(1, 0)),
    );
}

#[test]
fn the_query_may_spell_and_encode_it_in_any_of_the_known_ways() {
    for query in [
        "last_event_id=5:1",
        "last_event_id=5%3A1",
        "a=b&lastEventId=5:1",
        "lastEventID=5:1",
        "Last-Event-ID=5:1",
        "last_event_id=6&lastEventId=5:1",
        "last_event_id=5:1&last_event_id=6:1",
    ] {
        check(&[], query, Some(id(5, 1)));
    }
}

#[test]
fn malformed_ids_are_ignored() {
    for value in [
        "foo",
        "0",
        "foo:bar",
        "-1:0",
        "+1:0",
        ":",
        ":3",
        "5:1,6:1",
        "99999999999999999999:0",
        "é:0",
    ] {
        check(&[("last-event-id", value)], "", None);
    }
    for query in [
        "last_event_id=%",
        "last_event_id=%FF:0",
        "last_event_id",
        "last_event_id=5:0%00",
    ] {
        check(&[], query, None);
    }
    // Nchan reads an id without a tag as tag 0.
    check(&[("last-event-id", "5:")], "", Some(id(5, 0)));
}

#[test]
fn several_channels_have_a_cursor_each() {
    let both = [Some(id(5, 3)), Some(id(6, 0))];
    for tag in [
        "5:3,6:0",
        "\"5:3,6:0\"",
        "W/\"5:3,6:0\"",
        "5:3, 6:0",
        "\"5:3,6:0-gzip\"",
    ] {
        check_several(&[("if-none-match", tag)], &both);
        check_several(
            &[("if-none-match", tag), ("if-modified-since", T_DATE)],
            &both,
        );
    }
    check_several(&[("last-event-id", "5:3,6:0")], &both);
    check_several(&[("etag", "5:3,6:0")], &both);
}

#[test]
fn an_element_that_is_none_is_no_cursor_for_its_channel() {
    check_several(&[("last-event-id", "5:3,-")], &[Some(id(5, 3)), None]);
    check_several(&[("last-event-id", ",5:3")], &[None, Some(id(5, 3))]);
    check_several(&[("last-event-id", "5:3,foo")], &[Some(id(5, 3)), None]);
    check_several(
        &[("if-none-match", "\"5:3,--gzip\"")],
        &[Some(id(5, 3)), None],
    );
}

#[test]
fn a_list_of_another_length_is_the_cursor_of_some_other_subscription() {
    check_several(&[("last-event-id", "5:3,6:0")], &[None; 3]);
    check_several(&[("last-event-id", "5:3,6:0,7:0")], &[None; 2]);
    check_several(&[("last-event-id", "-,-")], &[None; 2]);
}

#[test]
fn one_id_for_several_channels_is_a_moment() {
    check_several(&[("last-event-id", "5:3")], &[before(5); 3]);
    check_several(&[("if-modified-since", T_DATE)], &[before(T); 2]);
    check_several(
        &[("if-modified-since", T_DATE), ("if-none-match", "3")],
        &[before(T); 2],
    );
    check_several(&[("last-event-id", "0:0")], &[Some(MessageId::ZERO); 2]);
}

#[test]
fn nchans_list_of_tags_is_one_second_with_a_tag_per_channel() {
    let n = 1_795_217_567;
    for (list, expected) in [
        ("[0],-", [Some(id(n, 0)), before(n)]),
        ("-,[0]", [before(n), Some(id(n, 0))]),
        ("0,[1]", [Some(id(n, 0)), Some(id(n, 1))]),
    ] {
        check_several(&[("last-event-id", &format!("{n}:{list}"))], &expected);
        check_several(&[("if-none-match", &format!("{n}:{list}"))], &expected);
        let date = ("if-modified-since", "Fri, 20 Nov 2026 23:32:47 GMT");
        check_several(&[date, ("if-none-match", list)], &expected);
    }
}

proptest! {
    #[test]
    fn any_request_is_read(
        fields in proptest::collection::vec(
            (proptest::sample::select(&["if-none-match", "if-modified-since", "last-event-id", "etag"][..]), any_header_value()),
            0..6,
        ),
        query in "\\PC{0,40}|last_event_id=[0-9:,%\\[\\]-]{0,20}",
        channels in 0usize..5,
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, value);
        }
        if let Ok(starts) = read_starts(&headers, Query::new(&query), channels, Start::Newest) {
            prop_assert_eq!(starts.len(), channels);
        }
    }
}

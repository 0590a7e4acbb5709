//! Where a reconnecting client says that it wants to go on.

use fanfare_sse::limits::CURSOR_BYTES_MAX;
use fanfare_sse::{CursorError, InvalidField, last_event_id};

fn check(header: Option<&[u8]>, query: Option<&str>, expected: Result<Option<&str>, CursorError>) {
    let found = last_event_id(header, query);
    assert_eq!(
        found.as_ref().map(|id| id.as_deref()),
        expected.as_ref().map(|id| *id),
        "{query:?}"
    );
}

fn check_query(query: &str, expected: Option<&str>) {
    check(None, Some(query), Ok(expected));
}

#[test]
fn the_header_wins() {
    check(Some(b"2:0"), Some("last_event_id=1:0"), Ok(Some("2:0")));
    check(Some(b"2:0"), None, Ok(Some("2:0")));
    check(None, Some("last_event_id=1:0"), Ok(Some("1:0")));
    check(None, None, Ok(None));
}

#[test]
fn an_empty_header_counts_as_none() {
    check(Some(b""), Some("last_event_id=1:0"), Ok(Some("1:0")));
    check(Some(b""), None, Ok(None));
}

#[test]
fn a_bad_header_is_not_replaced_by_the_query() {
    check(
        Some(b"\xFF"),
        Some("last_event_id=1:0"),
        Err(CursorError::NotUtf8),
    );
}

#[test]
fn the_header_may_be_more_than_ascii() {
    check(Some("\u{2026}".as_bytes()), None, Ok(Some("\u{2026}")));
}

#[test]
fn each_spelling_is_understood() {
    for name in [
        "last_event_id",
        "lastEventID",
        "lastEventId",
        "Last-Event-ID",
    ] {
        check_query(&format!("as=sse&{name}=1:0&x"), Some("1:0"));
    }
    check_query("last%5Fevent%5fid=1:0", Some("1:0"));
    check_query("LAST_EVENT_ID=1:0&xlast_event_id=2:0", None);
}

#[test]
fn the_first_that_is_not_empty_counts() {
    check_query(
        "last_event_id=&lastEventID=1:0&last_event_id=2:0",
        Some("1:0"),
    );
    check_query("last_event_id", None);
    check_query("last_event_id=", None);
    check_query("", None);
    check_query("&&=&==", None);
}

#[test]
fn the_query_is_unescaped() {
    check_query("last_event_id=1%3A0%2c2:0", Some("1:0,2:0"));
    check_query("last_event_id=a+b%20c=d", Some("a b c=d"));
    check_query("last_event_id=%e2%80%A6", Some("\u{2026}"));
    check_query("last_event_id=50%&x", Some("50%"));
    check_query("last_event_id=%4", Some("%4"));
    check_query("last_event_id=%+1%zz%%41", Some("% 1%zz%A"));
}

#[test]
fn what_cannot_be_an_id_is_foreign() {
    let control = Err(CursorError::NotAnId(InvalidField::Control { field: "id" }));
    check(Some(b"1\n\ndata: x"), None, control);
    check(None, Some("last_event_id=1%0A%0Adata:x"), control);
    check(None, Some("last_event_id=%00"), control);
    check(None, Some("last_event_id=%FF"), Err(CursorError::NotUtf8));
    check(
        None,
        Some("last_event_id=+1"),
        Err(CursorError::NotAnId(InvalidField::Padded)),
    );
}

#[test]
fn the_cursor_of_many_channels_fits() {
    let id = format!("{}:{}", u64::MAX, u32::MAX);
    let cursor = vec![id; 100].join(",");
    check(Some(cursor.as_bytes()), None, Ok(Some(&cursor)));
}

#[test]
fn a_cursor_has_a_limit() {
    let longest = "1".repeat(CURSOR_BYTES_MAX);
    check(Some(longest.as_bytes()), None, Ok(Some(&longest)));

    let bytes = CURSOR_BYTES_MAX + 1;
    let too_long = InvalidField::TooLong {
        field: "id",
        bytes,
        bytes_max: CURSOR_BYTES_MAX,
    };
    let cursor = "1".repeat(bytes);
    check(
        Some(cursor.as_bytes()),
        None,
        Err(CursorError::NotAnId(too_long)),
    );
    let query = format!("last_event_id={cursor}");
    check(None, Some(&query), Err(CursorError::NotAnId(too_long)));
}

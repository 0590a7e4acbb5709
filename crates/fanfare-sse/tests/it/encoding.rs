//! The bytes of each kind of block.

use std::time::Duration;

use bytes::BytesMut;
use fanfare_sse::limits::{CURSOR_BYTES_MAX, EVENT_NAME_BYTES_MAX, ID_BYTES_MAX};
use fanfare_sse::{Event, InvalidField, KEEP_ALIVE, cursor_block, retry_block, write_fields};

use crate::{Seen, event, read_whole};

fn check(event: &Event, expected: &str) {
    assert_eq!(event.encode(), expected);
}

fn check_data(data: &str, expected: &str) {
    check(&Event::data(data), expected);

    let mut shared = Vec::new();
    write_fields(&mut shared, "7", None, data.as_bytes()).expect("a fine id");
    assert_eq!(shared, format!("id: 7\n{expected}").into_bytes());
}

#[test]
fn data_is_one_field_for_each_line() {
    check_data("a", "data: a\n\n");
    check_data("a\nb", "data: a\ndata: b\n\n");
    check_data("a\rb", "data: a\ndata: b\n\n");
    check_data("a\r\nb", "data: a\ndata: b\n\n");
    check_data("a\n\rb", "data: a\ndata: \ndata: b\n\n");
}

#[test]
fn empty_data_is_a_field_too() {
    check_data("", "data: \n\n");
}

#[test]
fn a_line_end_at_the_end_is_kept() {
    check_data("a\n", "data: a\ndata: \n\n");
    check_data("a\r\n", "data: a\ndata: \n\n");
    check_data("\n", "data: \ndata: \n\n");
}

#[test]
fn a_leading_space_is_safe() {
    check_data(" a", "data:  a\n\n");
}

#[test]
fn line_ends_are_found_at_any_distance() {
    for length in 0..200 {
        let long = "x".repeat(length);
        check_data(
            &format!("{long}\r\n{long}"),
            &format!("data: {long}\ndata: {long}\n\n"),
        );
    }
}

#[test]
fn fields_have_a_fixed_order() {
    let event = Event::data("x").retry(Duration::from_secs(5)).comment("c");
    let event = event.event("feed").unwrap().id("7").unwrap();
    check(&event, ": c\nid: 7\nevent: feed\nretry: 5000\ndata: x\n\n");

    let mut shared = BytesMut::new();
    write_fields(&mut shared, "7", Some("feed"), b"x").unwrap();
    assert_eq!(shared, "id: 7\nevent: feed\ndata: x\n\n");
}

#[test]
fn blocks_without_data() {
    check(
        &Event::new().retry(Duration::from_secs(5)),
        "retry: 5000\n\n",
    );
    check(&Event::new().id("7").unwrap(), "id: 7\n\n");
    check(&Event::new().comment("a\nb"), ": a\n: b\n\n");
    check(&Event::new(), "\n");
    assert_eq!(retry_block(Duration::from_secs(5)), "retry: 5000\n\n");
    assert_eq!(cursor_block("7").unwrap(), "id: 7\n\n");
}

#[test]
fn events_are_added_to_what_is_there() {
    let mut out = b"before".to_vec();
    Event::data("x").encode_into(&mut out);
    assert_eq!(out, b"beforedata: x\n\n");
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    check(
        &Event::data_lossy(b"a\xFF\r\nb"),
        "data: a\u{fffd}\ndata: b\n\n",
    );

    let mut shared = Vec::new();
    write_fields(&mut shared, "7", None, b"a\xFF\r\nb").unwrap();
    assert_eq!(shared, "id: 7\ndata: a\u{fffd}\ndata: b\n\n".as_bytes());
}

#[test]
fn a_keep_alive_changes_nothing() {
    assert_eq!(read_whole(&KEEP_ALIVE), Seen::default());
    let around = [b"id: 7\ndata: x\n\n", KEEP_ALIVE.as_ref(), b"data: y\n\n"].concat();
    let seen = read_whole(&around);
    assert_eq!(
        seen.events,
        [event("message", "x", "7"), event("message", "y", "7")]
    );
}

#[test]
fn an_id_has_to_come_back_as_it_was() {
    let id = |text: &str| Event::new().id(text).map(|_| ());
    for control in ["a\nb", "a\rb", "a\0", "\t", "\x7F"] {
        assert_eq!(
            id(control),
            Err(InvalidField::Control { field: "id" }),
            "{control:?}"
        );
    }
    assert_eq!(id(" a"), Err(InvalidField::Padded));
    assert_eq!(id("a "), Err(InvalidField::Padded));
    assert_eq!(id("a b \u{2026}"), Ok(()));
    assert_eq!(id(""), Ok(()));
}

#[test]
fn an_event_name_is_one_line() {
    for control in ["a\nb", "a\rb", "a\0", "\x7F"] {
        let refused = Event::new().event(control);
        assert_eq!(
            refused,
            Err(InvalidField::Control {
                field: "event name"
            }),
            "{control:?}"
        );
    }
    assert!(Event::new().event(" a ").is_ok());
}

#[test]
fn names_and_ids_have_a_limit() {
    let text = |bytes| "x".repeat(bytes);
    let too_long = |field, bytes_max| InvalidField::TooLong {
        field,
        bytes: bytes_max + 1,
        bytes_max,
    };

    assert!(Event::new().id(text(ID_BYTES_MAX)).is_ok());
    let refused = Event::new().id(text(ID_BYTES_MAX + 1));
    assert_eq!(refused, Err(too_long("id", ID_BYTES_MAX)));

    assert!(Event::new().event(text(EVENT_NAME_BYTES_MAX)).is_ok());
    let refused = Event::new().event(text(EVENT_NAME_BYTES_MAX + 1));
    assert_eq!(refused, Err(too_long("event name", EVENT_NAME_BYTES_MAX)));

    assert!(cursor_block(&text(CURSOR_BYTES_MAX)).is_ok());
    let refused = cursor_block(&text(CURSOR_BYTES_MAX + 1));
    assert_eq!(refused, Err(too_long("id", CURSOR_BYTES_MAX)));
}

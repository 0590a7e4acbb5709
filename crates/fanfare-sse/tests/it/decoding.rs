//! The grammar and the dispatch rules, each input read whole, bytewise and cut at every place.
//! The cases are those of the browsers' own test suite (web-platform-tests, `eventsource/format-*`).

use std::time::Duration;

use fanfare_sse::Decoder;

use crate::{event, read, read_every_way};

/// Events of kind `message` without id, by their data.
fn check(stream: impl AsRef<[u8]>, expected: &[&str]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|data| event("message", data, ""))
        .collect();
    assert_eq!(read_every_way(stream.as_ref()).events, expected);
}

/// Events by data and id, then the id to reconnect with.
fn check_ids(stream: &str, expected: &[(&str, &str)], last_event_id: &str) {
    let seen = read_every_way(stream.as_bytes());
    let expected: Vec<_> = expected
        .iter()
        .map(|(data, id)| event("message", data, id))
        .collect();
    assert_eq!(seen.events, expected, "{stream:?}");
    assert_eq!(seen.last_event_id, last_event_id, "{stream:?}");
}

fn check_retry(stream: &str, expected_ms: Option<u64>) {
    let seen = read_every_way(stream.as_bytes());
    assert_eq!(
        seen.retry,
        expected_ms.map(Duration::from_millis),
        "{stream:?}"
    );
}

#[test]
fn data_without_value_is_an_empty_line() {
    check("data:\n\ndata\ndata\n\ndata:test\n\n", &["", "\n", "test"]);
}

#[test]
fn data_lines_are_joined_by_line_feeds() {
    check("data: YHOO\ndata: +2\ndata: 10\n\n", &["YHOO\n+2\n10"]);
}

#[test]
fn one_byte_order_mark_is_taken_off_the_stream() {
    check(
        "\u{feff}data:1\n\n\u{feff}data:2\n\ndata:3\n\n",
        &["1", "3"],
    );
    check("\u{feff}\u{feff}data:1\n\ndata:2\n\n", &["2"]);
    check("\u{feff}\n\u{feff}data:1\n\ndata:2\n\n", &["2"]);
}

#[test]
fn a_byte_order_mark_after_a_line_end_is_text() {
    check("\n\u{feff}data:1\n\ndata:2\n\n", &["2"]);
}

#[test]
fn half_a_byte_order_mark_is_text() {
    check(b"\xEF\xBBdata:1\n\ndata:2\n\n", &["2"]);
}

#[test]
fn comments_are_ignored() {
    let long = "x".repeat(2048);
    check(
        format!("data:1\r:\0\n:\r\ndata:2\n:{long}\rdata:3\n:data:fail\r:{long}\ndata:4\n\n"),
        &["1\n2\n3\n4"],
    );
}

#[test]
fn names_are_exact() {
    check(
        "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n \
         data:32\ndata:4\n\n",
        &["\0\n 2\n1\n3\n\n4"],
    );
}

#[test]
fn unknown_fields_are_ignored() {
    check(
        "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:comment\ndata:test\n\n",
        &["test\n\ntest"],
    );
}

#[test]
fn any_line_end_counts_once() {
    check("data:test\r\ndata\ndata:test\r\n\r\n", &["test\n\ntest"]);
    check(
        "data:1\r\rdata:2\n\ndata:3\r\n\r\ndata:4\n\r\n",
        &["1", "2", "3", "4"],
    );
    check("data:1\n\rdata:2\r\n\r", &["1", "2"]);
}

#[test]
fn an_event_does_not_wait_for_the_byte_after_its_carriage_return() {
    let mut decoder = Decoder::default();
    let fired = decoder.decode(&mut &b"data:1\r\r"[..]).unwrap();
    assert_eq!(fired, Some(event("message", "1", "")));
    assert_eq!(decoder.decode(&mut &b"\ndata:2"[..]), Ok(None));
}

#[test]
fn one_space_after_the_colon_is_taken_away() {
    check("data:\ttest\rdata: \ndata:test\n\n", &["\ttest\n\ntest"]);
    check("data:  x\n\ndata: \tx\n\n", &[" x", "\tx"]);
}

#[test]
fn the_value_begins_after_the_first_colon() {
    check("data:a:b: c\n\ndata::\n\n", &["a:b: c", ":"]);
}

#[test]
fn what_is_not_utf_8_is_replaced() {
    check(b"data:ok\xE2\x80\xA6\n\n", &["ok\u{2026}"]);
    check(
        b"data:\xFFa\xE2\x80\ndata:\xC0\n\n",
        &["\u{fffd}a\u{fffd}\n\u{fffd}"],
    );
}

#[test]
fn an_empty_event_name_means_message() {
    check("event: \ndata:data\n\n", &["data"]);
    check("event:x\nevent\ndata:data\n\n", &["data"]);
}

#[test]
fn an_event_name_holds_for_one_block() {
    let seen = read_every_way(b"event:test\ndata:x\n\ndata:x\n\nevent:gone\n\ndata:y\n\n");
    let expected = [
        event("test", "x", ""),
        event("message", "x", ""),
        event("message", "y", ""),
    ];
    assert_eq!(seen.events, expected);
}

#[test]
fn an_id_holds_until_the_next() {
    check_ids(
        "id: 1\ndata: 1\n\ndata: 2\n\nid: 2\ndata:3\n\ndata:4\n\n",
        &[("1", "1"), ("2", "1"), ("3", "2"), ("4", "2")],
        "2",
    );
    check_ids(
        "id: \u{2026}\ndata: 1\n\n",
        &[("1", "\u{2026}")],
        "\u{2026}",
    );
}

#[test]
fn an_empty_id_forgets_the_one_before() {
    check_ids(
        "id: 1\ndata: 1\n\nid\ndata:2\n\ndata:3\n\n",
        &[("1", "1"), ("2", ""), ("3", "")],
        "",
    );
}

#[test]
fn an_id_alone_moves_the_cursor_without_an_event() {
    check_ids("id:9\n\n", &[], "9");
    check_ids(
        "id:9\n\ndata:x\n\nid:\n\ndata:y\n\n",
        &[("x", "9"), ("y", "")],
        "",
    );
}

#[test]
fn an_id_with_nul_is_ignored() {
    for id in ["x\0y", "\0\0", "x\0", "\0x", " \0"] {
        check_ids(
            &format!("id: {id}\nretry: 200\ndata: hello\n\n"),
            &[("hello", "")],
            "",
        );
        check_ids(
            &format!("id:1\nid:{id}\ndata: hello\n\n"),
            &[("hello", "1")],
            "1",
        );
    }
}

#[test]
fn an_unfinished_block_is_thrown_away_with_its_id() {
    check_ids(
        "retry:1000\ndata:test1\n\nid:test\ndata:test2\n",
        &[("test1", "")],
        "",
    );
    check_ids("data: x\r", &[], "");
    check_ids("data: x\n", &[], "");
    check_ids("id:1\n\nid:2\ndata: x\n:", &[], "1");
}

#[test]
fn retry_is_digits_and_nothing_else() {
    check_retry("retry:03000\ndata:x\n\n", Some(3000));
    check_retry("retry:3000\nretry:1000x\ndata:x\n\n", Some(3000));
    check_retry(
        "retry:2000\nretry:a0\nretry:0x10\nretry:1.5\nretry:+1\nretry:1_000\nretry: 1234\n\n",
        Some(1234),
    );
    for bogus in ["", "5s", "-1", "1 ", "  1", "\u{661}", "1\0"] {
        check_retry(&format!("retry:{bogus}\ndata:test\n\n"), None);
    }
    check_retry("retry\ndata:test\n\n", None);
}

#[test]
fn retry_counts_without_its_block() {
    check_retry("retry:7\n", Some(7));
    check_retry("retry:7", None);
}

#[test]
fn a_retry_beyond_64_bits_is_the_longest_there_is() {
    check_retry(&format!("retry:{}\n\n", "9".repeat(40)), Some(u64::MAX));
    check_retry(&format!("retry:{}1\n\n", "0".repeat(40)), Some(1));
}

#[test]
fn a_block_of_nothing_fires_nothing() {
    check("", &[]);
    check("\n\r\n\r:\n\nevent:x\n\nretry:1\n\n", &[]);
}

#[test]
fn id_and_retry_outlive_the_connection() {
    let mut decoder = Decoder::default();
    let first: &[u8] = b"id:1\nretry:5\ndata:a\n\nid:2\nevent:x\ndata:lost\nda";
    read(&mut decoder, [first]).unwrap();
    assert_eq!(decoder.last_event_id(), "1");
    assert_eq!(decoder.buffered_bytes(), "1".len());

    // The comment ends a block, which must not wipe the id out.
    let second: &[u8] = b"\xEF\xBB\xBF:\n\ndata:b\n\n";
    let seen = read(&mut decoder, [second]).unwrap();
    assert_eq!(seen.events, [event("message", "b", "1")]);
    assert_eq!(seen.retry, Some(Duration::from_millis(5)));
}

//! What a decoder may hold, and what it does when a server sends more.

use fanfare_sse::limits::EVENT_BYTES_MAX;
use fanfare_sse::{DecodeError, Decoder, write_fields};

use crate::read;

const BYTES_MAX: usize = 20;
const TOO_LARGE: DecodeError = DecodeError::TooLarge {
    bytes_max: BYTES_MAX,
};

/// Whether a decoder for 20 bytes takes `stream`, whole and bytewise.
fn check(stream: impl AsRef<[u8]>, expected: Result<usize, DecodeError>) {
    let stream = stream.as_ref();
    let count = |pieces: std::slice::Chunks<'_, u8>| {
        read(&mut Decoder::new(BYTES_MAX), pieces).map(|seen| seen.events.len())
    };
    assert_eq!(count(stream.chunks(stream.len())), expected, "whole");
    assert_eq!(count(stream.chunks(1)), expected, "bytewise");
    assert_eq!(count(stream.chunks(7)), expected, "in sevens");
}

/// A line of `bytes` bytes without its end, which begins with `name`.
fn line(name: &str, bytes: usize) -> String {
    format!("{name:x<bytes$}\n")
}

#[test]
fn a_line_may_fill_the_limit_and_not_more() {
    check(line("data:", BYTES_MAX) + "\n", Ok(1));
    check(line("data:", BYTES_MAX + 1) + "\n", Err(TOO_LARGE));
    check(line("data:", BYTES_MAX + 1).trim_end(), Err(TOO_LARGE));
    check(line(":", BYTES_MAX), Ok(0));
    check(line(":", BYTES_MAX + 1), Err(TOO_LARGE));
}

#[test]
fn lines_of_one_event_count_together() {
    // Six bytes are kept of each data line of ten: five characters and LF.
    check(line("data:", 10).repeat(2) + "\n", Ok(1));
    check(line("data:", 10).repeat(3) + "\n", Err(TOO_LARGE));
    check(
        line("id:", 8) + &line("event:", 11) + &line("data:", 10) + "\n",
        Ok(1),
    );
    check(
        line("id:", 9) + &line("event:", 11) + &line("data:", 11) + "\n",
        Err(TOO_LARGE),
    );
    check("data\n".repeat(16), Ok(0));
    check("data\n".repeat(18), Err(TOO_LARGE));
}

#[test]
fn comments_and_whole_events_do_not_add_up() {
    check(line(":", BYTES_MAX).repeat(100), Ok(0));
    check((line("data:", BYTES_MAX) + "\n").repeat(100), Ok(100));
    check(line("event:", 12).repeat(100), Ok(0));
}

#[test]
fn replacement_characters_count_with_what_they_take() {
    check(b"data:\xFF\xFF\xFF\xFF\xFF\xFF\n\n", Ok(1));
    check(b"data:\xFF\xFF\xFF\xFF\xFF\xFF\xFF\n\n", Err(TOO_LARGE));
}

#[test]
fn events_before_the_large_one_are_delivered() {
    let mut decoder = Decoder::new(BYTES_MAX);
    let stream = format!("id:1\ndata:a\n\ndata:{}\n\ndata:b\n\n", "x".repeat(100));
    let mut input = stream.as_bytes();
    assert_eq!(decoder.decode(&mut input).unwrap().unwrap().data, "a");
    assert_eq!(decoder.decode(&mut input), Err(TOO_LARGE));
}

#[test]
fn a_stream_given_up_stays_so_until_its_end() {
    let mut decoder = Decoder::new(BYTES_MAX);
    read(&mut decoder, [&b"id:1\n\n"[..]]).unwrap();
    assert_eq!(decoder.decode(&mut &[b'x'; 100][..]), Err(TOO_LARGE));
    assert_eq!(decoder.decode(&mut &b"\n\ndata:a\n\n"[..]), Err(TOO_LARGE));

    decoder.end_of_stream();
    assert_eq!(decoder.last_event_id(), "1");
    assert_eq!(
        decoder
            .decode(&mut &b"data:a\n\n"[..])
            .unwrap()
            .unwrap()
            .data,
        "a"
    );
}

#[test]
fn the_default_is_enough_for_the_largest_message_of_a_server() {
    let base64_of_a_mebibyte = "A".repeat((1_usize << 20).div_ceil(3) * 4);
    let mut stream = Vec::new();
    write_fields(
        &mut stream,
        "1:0",
        Some("x"),
        base64_of_a_mebibyte.as_bytes(),
    )
    .unwrap();
    let seen = read(&mut Decoder::default(), stream.chunks(1400)).unwrap();
    assert_eq!(seen.events.len(), 1);
}

#[test]
fn the_default_is_not_endless() {
    let mut decoder = Decoder::default();
    let piece = [b'x'; 64 << 10];
    let pieces = std::iter::repeat_n(&piece[..], 1000);
    let refused = read(&mut decoder, pieces);
    assert_eq!(
        refused,
        Err(DecodeError::TooLarge {
            bytes_max: EVENT_BYTES_MAX
        })
    );
    assert_eq!(decoder.buffered_bytes(), 0);
}

/// Quadratic work would be 10^12 steps here, and the test would not end.
#[test]
fn single_bytes_of_a_large_event_cost_no_more_than_their_number() {
    let stream = format!(
        "data:{}\n{}\n",
        "x".repeat(1 << 20),
        "data:y\n".repeat(1 << 16)
    );
    let seen = read(&mut Decoder::default(), stream.as_bytes().chunks(1)).unwrap();
    assert_eq!(seen.events.len(), 1);
}

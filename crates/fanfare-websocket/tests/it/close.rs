//! Guards the closing handshake: what is heard, what is answered, and what is said first.

use fanfare_websocket::{CloseCode, CloseFrame, Event, Opcode, frame};

use crate::{SERVER, client, decode};

/// A client's close frame with `payload` is heard as `expected`, and the answer is the same.
#[track_caller]
fn check(payload: &[u8], expected: Option<(u16, &str)>) {
    let expected = expected.map(|(number, reason)| CloseFrame {
        code: code(number),
        reason: reason.into(),
    });
    let echo = frame::close_echo(expected.as_ref());
    assert_eq!((echo[0], &echo[2..]), (0x88, payload));
    let bytes = client(Opcode::Close, payload);
    let events = vec![Event::Close(expected)];
    assert_eq!(decode(SERVER, [&bytes[..]]), (events.clone(), None));
    assert_eq!(decode(SERVER, bytes.chunks(1)), (events, None));
}

fn code(number: u16) -> CloseCode {
    CloseCode::new(number).unwrap()
}

#[test]
fn a_close_frame_is_heard_and_answered() {
    check(b"", None);
    check(b"\x03\xe8", Some((1000, "")));
    check(b"\x03\xe9410 Gone", Some((1001, "410 Gone")));
    check("\u{f}\u{20}κόσμε".as_bytes(), Some((0x0f20, "κόσμε")));
    let reason = "x".repeat(123);
    check(
        &[b"\x0b\xb8", reason.as_bytes()].concat(),
        Some((3000, &reason)),
    );
}

#[test]
fn the_codes_that_may_be_sent() {
    let sendable: Vec<u16> = (0..=u16::MAX)
        .filter(|&number| CloseCode::new(number).is_some())
        .collect();
    let expected: Vec<u16> = [1000..=1003, 1007..=1014, 3000..=4999]
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(sendable, expected);
    for number in [1000, 1003, 1007, 1014, 3000, 4999] {
        let payload = u16::to_be_bytes(number);
        check(&payload, Some((number, "")));
    }
}

#[test]
fn a_reason_is_cut_where_a_character_ends() {
    for (reason, kept) in [
        ("short".to_owned(), 5),
        ("x".repeat(200), 123),
        ("é".repeat(100), 122),
        ("日".repeat(100), 123),
        (["xx", &"日".repeat(100)].concat(), 122),
    ] {
        let frame = frame::close(code(4000), &reason);
        assert_eq!(&frame[..4], [0x88, (kept + 2) as u8, 0x0f, 0xa0]);
        assert_eq!(&frame[4..], &reason.as_bytes()[..kept]);
    }
}

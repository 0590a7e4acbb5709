//! Guards that a text that is not UTF-8 is refused with the byte that makes it so, also in the
//! middle of a frame, and that no cut makes a fault of a sound one.

use fanfare_websocket::{Decoder, Event, Opcode, Violation};

use crate::{SERVER, decode, feed, part};

/// Feeds a message whose first frames are `parts` byte by byte. The fault must be found with byte
/// `fault` of the payload of the last one.
#[track_caller]
fn check(parts: &[&[u8]], fault: usize) {
    let mut decoder = Decoder::new(SERVER);
    let mut opcode = Opcode::Text;
    let (last, before) = parts.split_last().unwrap();
    for payload in before {
        assert_eq!(
            feed(&mut decoder, &part(opcode, payload), &mut Vec::new()),
            Ok(())
        );
        opcode = Opcode::Continuation;
    }
    let frame = part(opcode, last);
    let (sound, wrong) = frame.split_at(frame.len() - last.len() + fault);
    for &byte in sound {
        assert_eq!(feed(&mut decoder, &[byte], &mut Vec::new()), Ok(()));
    }
    let outcome = feed(&mut decoder, &wrong[..1], &mut Vec::new());
    assert_eq!(outcome, Err(Violation::NotUtf8));
}

/// Eleven bytes.
const SOUND: &[u8] = "κ\u{1f79}σμε".as_bytes();

#[test]
fn a_code_point_out_of_range_is_refused_with_its_second_byte() {
    check(&[&[SOUND, b"\xf4\x90\x80\x80edited"].concat()], 12);
    check(&[SOUND, b"\xf4\x90\x80\x80"], 1);
    check(&[&[SOUND, b"\xf4"].concat(), b"\x90"], 0);
}

#[test]
fn surrogates_overlong_forms_and_strays_are_refused_at_once() {
    check(&[SOUND, b"\xed\xa0\x80"], 1);
    check(&[SOUND, b"\xc0\xaf"], 0);
    check(&[SOUND, b"\xe0\x80\xaf"], 1);
    check(&[SOUND, b"\xf0\x80\x80\xaf"], 1);
    check(&[SOUND, b"\x80"], 0);
    check(&[SOUND, b"abc\xff"], 3);
    check(&[b"\xe2\x82", b"a"], 0);
    check(&[b"\xf0", b"\x9f", b"\x92", b"\xc0"], 0);
}

#[test]
fn a_message_must_not_end_inside_a_character() {
    for payload in [&b"\xce\xba\xe1\xbd"[..], b"\xf0\x9f\x92", b"\xc3"] {
        let bytes = crate::client(Opcode::Text, payload);
        assert_eq!(decode(SERVER, [&bytes[..]]).1, Some(Violation::NotUtf8));
        let violation = decode(SERVER, bytes.chunks(1)).1;
        assert_eq!(violation, Some(Violation::NotUtf8));
    }
}

#[test]
fn a_character_may_be_cut_at_any_place() {
    let text = "κόσμε \u{10ffff}\u{fffe}\u{0} 日本語".repeat(9);
    for parts in 1..9 {
        let mut bytes = Vec::new();
        let mut opcode = Opcode::Text;
        for payload in text.as_bytes().chunks(parts) {
            bytes.extend(part(opcode, payload));
            opcode = Opcode::Continuation;
        }
        bytes.extend(crate::client(Opcode::Continuation, b""));
        for piece in 1..9 {
            let expected = (vec![Event::Text(text.as_str().into())], None);
            assert_eq!(decode(SERVER, bytes.chunks(piece)), expected);
        }
    }
}

#[test]
fn a_binary_message_may_hold_anything() {
    let bytes = crate::client(Opcode::Binary, b"\xff\xfe\x80");
    let expected = (vec![Event::Binary(b"\xff\xfe\x80".into())], None);
    assert_eq!(decode(SERVER, bytes.chunks(1)), expected);
}

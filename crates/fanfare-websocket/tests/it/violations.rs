//! Guards that each breach of the protocol is refused, with the right code, at the earliest byte.

use fanfare_websocket::{CloseCode, Decoder, Opcode, Settings, Violation};

use crate::{CLIENT, MESSAGE_BYTES_MAX, SERVER, client, decode, feed, masked, part};
use fanfare_websocket::frame::FrameHeader;

const PLAIN_SERVER: Settings = Settings {
    deflate: false,
    ..SERVER
};

/// Feeds `bytes`, whose last byte is the fault, whole and one by one.
#[track_caller]
fn check(settings: Settings, bytes: &[u8], expected: Violation) {
    assert_eq!(decode(settings, [bytes]).1, Some(expected), "{bytes:02x?}");
    let mut decoder = Decoder::new(settings);
    let found = bytes
        .iter()
        .position(|&byte| feed(&mut decoder, &[byte], &mut Vec::new()).is_err());
    assert_eq!(found, Some(bytes.len() - 1), "{bytes:02x?}");
    assert_eq!(decoder.held_bytes(), 0, "nothing is kept");
}

#[track_caller]
fn check_code(expected: CloseCode, violations: &[Violation]) {
    for violation in violations {
        assert_eq!(violation.close_code(), expected);
        let sentence = violation.to_string();
        let frame = violation.close_frame();
        assert_eq!(&frame[2..4], expected.number().to_be_bytes());
        assert_eq!(&frame[4..], sentence.as_bytes(), "the sentence fits");
    }
}

#[test]
fn each_has_its_close_code_and_a_sentence_that_fits() {
    let bytes_max = u32::MAX;
    check_code(
        CloseCode::MESSAGE_TOO_BIG,
        &[Violation::MessageTooBig { bytes_max }],
    );
    check_code(
        CloseCode::INVALID_DATA,
        &[Violation::NotUtf8, Violation::Deflate],
    );
    check_code(
        CloseCode::PROTOCOL_ERROR,
        &[
            Violation::CloseCode(1005),
            Violation::ClosePayload,
            Violation::ControlFragmented,
            Violation::ControlTooLong,
            Violation::LengthNotShortest,
            Violation::LengthTopBit,
            Violation::Masked,
            Violation::MessageInterrupted,
            Violation::NothingToContinue,
            Violation::ReservedBit,
            Violation::ReservedOpcode(15),
            Violation::Unmasked,
        ],
    );
}

#[test]
fn reserved_opcodes() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let expected = Violation::ReservedOpcode(opcode);
        check(SERVER, &[0x80 | opcode, 0x80], expected);
    }
}

#[test]
fn reserved_bits() {
    for first in [0x91, 0xa1, 0xb1, 0xd1, 0xe1, 0xf1] {
        check(SERVER, &[first, 0x80], Violation::ReservedBit);
    }
    // Compression that nobody agreed on, of a control frame, of a part that is not the first.
    check(PLAIN_SERVER, &[0xc1, 0x80], Violation::ReservedBit);
    for control in [0xc8, 0xc9, 0xca] {
        check(SERVER, &[control, 0x80], Violation::ReservedBit);
    }
    let mut bytes = masked(
        FrameHeader::new(Opcode::Text).fragment().compressed(),
        b"\xf2\x48",
    );
    bytes.extend([0xc0, 0x80]);
    check(SERVER, &bytes, Violation::ReservedBit);
}

#[test]
fn masks_are_of_clients_alone() {
    check(SERVER, b"\x81\x05", Violation::Unmasked);
    check(SERVER, b"\x89\x00", Violation::Unmasked);
    check(CLIENT, b"\x81\x85", Violation::Masked);
    check(CLIENT, b"\x88\x80", Violation::Masked);
}

#[test]
fn control_frames_are_short_and_whole() {
    for opcode in [0x8, 0x9, 0xa] {
        check(CLIENT, &[opcode, 0x00], Violation::ControlFragmented);
        check(CLIENT, &[0x80 | opcode, 126], Violation::ControlTooLong);
        check(CLIENT, &[0x80 | opcode, 127], Violation::ControlTooLong);
    }
}

#[test]
fn lengths_are_in_their_shortest_form() {
    check(CLIENT, b"\x82\x7e\x00\x00", Violation::LengthNotShortest);
    check(CLIENT, b"\x82\x7e\x00\x7d", Violation::LengthNotShortest);
    let bytes = b"\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff";
    check(CLIENT, bytes, Violation::LengthNotShortest);
    let bytes = b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00";
    check(CLIENT, bytes, Violation::LengthTopBit);
}

#[test]
fn the_parts_of_a_message_are_in_order() {
    check(CLIENT, b"\x80\x00", Violation::NothingToContinue);
    check(CLIENT, b"\x00\x00", Violation::NothingToContinue);
    check(CLIENT, b"\x81\x01a\x80\x00", Violation::NothingToContinue);
    for first in [0x01, 0x02, 0x81, 0x82] {
        let bytes = [0x01, 0x01, b'a', first, 0x00];
        check(CLIENT, &bytes, Violation::MessageInterrupted);
    }
    check(CLIENT, b"\x01\x00\x81\x00", Violation::MessageInterrupted);
}

#[test]
fn a_message_that_is_too_big_is_refused_with_the_header_that_says_so() {
    let too_big = Violation::MessageTooBig { bytes_max: 10 };
    let client = Settings {
        message_bytes_max: 10,
        deflate: false,
        ..CLIENT
    };
    check(client, b"\x82\x0b", too_big);
    check(client, b"\x82\x7e\x01\x00", too_big);
    check(client, b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", too_big);
    check(client, b"\x01\x06123456\x89\x00\x00\x05", too_big);
    assert_eq!(
        decode(client, [&b"\x01\x06123456\x80\x0412\xc3\xa9"[..]]).1,
        None
    );
}

#[test]
fn close_frames_say_nothing_or_a_code_and_a_text() {
    check(CLIENT, b"\x88\x01\x03", Violation::ClosePayload);
    check(CLIENT, b"\x88\x03\x03\xe8\xff", Violation::NotUtf8);
    // The reason ends inside of a character.
    check(CLIENT, b"\x88\x04\x03\xe8\xe2\x82", Violation::NotUtf8);
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000] {
        let [high, low] = u16::to_be_bytes(code);
        let bytes = [0x88, 0x02, high, low];
        check(CLIENT, &bytes, Violation::CloseCode(code));
    }
}

#[test]
fn nothing_is_heard_after_a_violation_or_a_close() {
    for end in [&b"\x83\x80"[..], &client(Opcode::Close, b"")] {
        let mut decoder = Decoder::new(SERVER);
        let mut events = Vec::new();
        let outcome = feed(&mut decoder, end, &mut events);
        assert_eq!(outcome.is_ok(), events.len() == 1);
        let more = [
            client(Opcode::Ping, b"?"),
            part(Opcode::Text, b"text"),
            b"\xff\xff".to_vec(),
        ];
        for bytes in more {
            let mut events = Vec::new();
            assert_eq!(feed(&mut decoder, &bytes, &mut events), Ok(()));
            assert_eq!((events, decoder.held_bytes()), (vec![], 0));
        }
    }
}

#[test]
fn what_came_before_a_violation_is_still_heard() {
    let bytes = [client(Opcode::Text, b"fine"), vec![0x83, 0x80]].concat();
    let (events, violation) = decode(SERVER, [&bytes[..]]);
    assert_eq!(events, [fanfare_websocket::Event::Text("fine".into())]);
    assert_eq!(violation, Some(Violation::ReservedOpcode(3)));
}

#[test]
fn a_compressed_message_may_not_be_much_larger_than_its_bound() {
    // What inflates to nothing at all, for ever: the bound on the wire ends it.
    let bound = MESSAGE_BYTES_MAX + MESSAGE_BYTES_MAX / 16 + 64;
    let length = u64::from(bound + 1).to_be_bytes();
    let bytes = [&[0xc2, 0x7f][..], &length].concat();
    let bytes_max = MESSAGE_BYTES_MAX;
    check(CLIENT, &bytes, Violation::MessageTooBig { bytes_max });
}

//! Guards what a connection costs: two words while it waits, and never more than has come.

use fanfare_websocket::frame::FrameHeader;
use fanfare_websocket::{Decoder, Event, Opcode};

use crate::{CLIENT, SERVER, client, feed, filler, masked, part};

/// What a decoder holds of anything unfinished, beside the bytes of a message, on 64 bits.
const PROGRESS_BYTES_MAX: usize = 256;

#[test]
fn a_decoder_is_two_words() {
    assert_eq!(size_of::<Decoder>(), 16);
}

/// Feeds each of `bytes` alone, and looks at what is held between them and in the end.
#[track_caller]
fn check_idle_after(bytes: &[u8]) {
    let mut decoder = Decoder::new(SERVER);
    assert_eq!(decoder.held_bytes(), 0);
    let mut events = Vec::new();
    feed(&mut decoder, bytes, &mut events).unwrap();
    assert_eq!(decoder.held_bytes(), 0);
    let (last, before) = bytes.split_last().unwrap();
    for &byte in before {
        feed(&mut decoder, &[byte], &mut events).unwrap();
        assert_ne!(decoder.held_bytes(), 0);
    }
    feed(&mut decoder, &[*last], &mut events).unwrap();
    assert_eq!(decoder.held_bytes(), 0);
    assert_eq!(events.len(), 2);
}

#[test]
fn nothing_is_held_between_messages() {
    for opcode in [Opcode::Text, Opcode::Binary, Opcode::Ping, Opcode::Pong] {
        check_idle_after(&client(opcode, b"some payload"));
    }
    let first = part(Opcode::Text, b"some ");
    check_idle_after(&[first, client(Opcode::Continuation, b"text")].concat());
    let header = FrameHeader::new(Opcode::Text).compressed();
    check_idle_after(&masked(header, b"\xf2\x48\xcd\xc9\xc9\x07\x00"));
}

#[test]
fn what_is_announced_is_not_reserved() {
    for header in [
        &b"\x81\x7f\x00\x00\x00\x00\x00\x10\x00\x00"[..],
        b"\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x00",
        b"\xc1\x7f\x00\x00\x00\x00\x00\x10\x00\x00",
        b"\x89\x7d",
    ] {
        let mut decoder = Decoder::new(CLIENT);
        feed(&mut decoder, header, &mut Vec::new()).unwrap();
        let held = decoder.held_bytes();
        assert!(held <= PROGRESS_BYTES_MAX, "{held} bytes");
        feed(&mut decoder, b"ten bytes!", &mut Vec::new()).unwrap();
        let held = decoder.held_bytes();
        assert!(held <= PROGRESS_BYTES_MAX + 20, "{held} bytes");
    }
}

#[test]
fn a_message_in_parts_holds_at_most_twice_of_what_has_come() {
    for (opcode, is_compressed) in [
        (Opcode::Text, false),
        (Opcode::Binary, false),
        (Opcode::Text, true),
    ] {
        let mut decoder = Decoder::new(SERVER);
        let mut header = FrameHeader {
            rsv1: is_compressed,
            ..FrameHeader::new(opcode).fragment()
        };
        for parts in 1..500 {
            let bytes = masked(header, &filler(1000));
            feed(&mut decoder, &bytes, &mut Vec::new()).unwrap();
            let held = decoder.held_bytes();
            assert!(
                held <= parts * 2000 + PROGRESS_BYTES_MAX,
                "{held} bytes of {parts} parts"
            );
            header = FrameHeader::new(Opcode::Continuation).fragment();
        }
    }
}

#[test]
fn empty_parts_without_end_cost_nothing() {
    let mut decoder = Decoder::new(SERVER);
    feed(&mut decoder, &part(Opcode::Text, b""), &mut Vec::new()).unwrap();
    for _ in 0..1000 {
        let bytes = part(Opcode::Continuation, b"");
        feed(&mut decoder, &bytes, &mut Vec::new()).unwrap();
        assert!(decoder.held_bytes() <= PROGRESS_BYTES_MAX);
    }
}

#[test]
fn a_message_put_together_takes_no_more_room_than_it_needs() {
    let payload = filler(5000);
    for opcode in [Opcode::Text, Opcode::Binary] {
        let mut decoder = Decoder::new(SERVER);
        let mut events = Vec::new();
        for piece in client(opcode, &payload).chunks(100) {
            feed(&mut decoder, piece, &mut events).unwrap();
        }
        let capacity = match events.pop().unwrap() {
            Event::Text(text) => text.into_owned().capacity(),
            Event::Binary(bytes) => bytes.into_owned().capacity(),
            other => panic!("{other:?}"),
        };
        assert_eq!(capacity, payload.len());
    }
}

#[test]
fn what_a_peer_sends_is_not_printed() {
    let mut decoder = Decoder::new(SERVER);
    feed(
        &mut decoder,
        &part(Opcode::Text, b"secret"),
        &mut Vec::new(),
    )
    .unwrap();
    let printed = format!("{decoder:?}");
    assert!(!printed.contains("secret") && !printed.contains("115"));
}

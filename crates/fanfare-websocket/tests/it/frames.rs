//! Guards the bytes of single frames in both directions, with the examples of RFC 6455, 5.7.

use std::borrow::Cow;

use fanfare_websocket::frame::{self, FrameHeader};
use fanfare_websocket::{Event, MessageKind, Opcode, Settings};

use crate::{CLIENT, KEY, SERVER, client, decode, filler};

#[track_caller]
fn check(settings: Settings, bytes: &[u8], expected: &[Event<'_>]) {
    assert_eq!(decode(settings, [bytes]), (expected.to_vec(), None));
    let single = bytes.chunks(1);
    assert_eq!(decode(settings, single), (expected.to_vec(), None));
}

fn text(text: &str) -> Event<'_> {
    Event::Text(text.into())
}

fn binary(payload: &[u8]) -> Event<'_> {
    Event::Binary(payload.into())
}

#[test]
fn an_unmasked_text_message() {
    let bytes = b"\x81\x05\x48\x65\x6c\x6c\x6f";
    check(CLIENT, bytes, &[text("Hello")]);
    assert_eq!(frame::encode(MessageKind::Text, b"Hello"), &bytes[..]);
}

#[test]
fn a_masked_text_message() {
    let bytes = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    check(SERVER, bytes, &[text("Hello")]);
    assert_eq!(client(Opcode::Text, b"Hello"), bytes);
}

#[test]
fn a_fragmented_unmasked_text_message() {
    let bytes = b"\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f";
    check(CLIENT, bytes, &[text("Hello")]);
    let first = FrameHeader::new(Opcode::Text).fragment().frame(&[b"Hel"]);
    let last = FrameHeader::new(Opcode::Continuation).frame(&[b"lo"]);
    assert_eq!([first, last].concat(), bytes);
}

#[test]
fn an_unmasked_ping_and_its_masked_pong() {
    let ping = b"\x89\x05\x48\x65\x6c\x6c\x6f";
    check(CLIENT, ping, &[Event::Ping(b"Hello".into())]);
    assert_eq!(frame::ping(b"Hello"), &ping[..]);
    let pong = b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    check(SERVER, pong, &[Event::Pong(b"Hello".into())]);
    assert_eq!(client(Opcode::Pong, b"Hello"), pong);
    assert_eq!(frame::pong(b"Hello"), &b"\x8a\x05Hello"[..]);
}

#[test]
fn longer_binary_messages() {
    for (length, header) in [
        (125, &b"\x82\x7d"[..]),
        (126, b"\x82\x7e\x00\x7e"),
        (256, b"\x82\x7e\x01\x00"),
        (65_535, b"\x82\x7e\xff\xff"),
        (65_536, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ] {
        let payload = filler(length);
        let bytes = [header, &payload].concat();
        check(CLIENT, &bytes, &[binary(&payload)]);
        assert_eq!(frame::encode(MessageKind::Binary, &payload), bytes);
        assert_eq!(&*FrameHeader::new(Opcode::Binary).encode(length), header);
        check(
            SERVER,
            &client(Opcode::Binary, &payload),
            &[binary(&payload)],
        );
    }
}

#[test]
fn empty_messages_and_control_frames() {
    check(CLIENT, b"\x81\x00", &[text("")]);
    check(CLIENT, b"\x01\x00\x00\x00\x80\x00", &[text("")]);
    check(CLIENT, b"\x82\x00", &[binary(b"")]);
    check(CLIENT, b"\x89\x00", &[Event::Ping(b"".into())]);
    check(CLIENT, b"\x88\x00", &[Event::Close(None)]);
    check(SERVER, b"\x81\x80\x01\x02\x03\x04", &[text("")]);
    assert_eq!(frame::encode(MessageKind::Text, b""), &b"\x81\x00"[..]);
    assert_eq!(frame::ping(b""), &b"\x89\x00"[..]);
}

#[test]
fn control_frames_come_between_the_parts_of_a_message() {
    let bytes = [
        &b"\x01\x03one"[..],
        b"\x89\x01?",
        b"\x00\x03two",
        b"\x8a\x00",
        b"\x80\x00",
        b"\x82\x01!",
    ]
    .concat();
    let expected = [
        Event::Ping(b"?".into()),
        Event::Pong(b"".into()),
        text("onetwo"),
        binary(b"!"),
    ];
    check(CLIENT, &bytes, &expected);
}

#[test]
fn a_payload_is_made_of_parts() {
    let parts: [&[u8]; 3] = [b"id: 5:3\n\n", b"", b"payload"];
    let expected = frame::encode(MessageKind::Text, b"id: 5:3\n\npayload");
    assert_eq!(frame::encode_parts(MessageKind::Text, &parts), expected);
    let masked = FrameHeader::new(Opcode::Text).masked(KEY).frame(&parts);
    assert_eq!(masked, client(Opcode::Text, b"id: 5:3\n\npayload"));
}

#[test]
fn a_control_payload_is_cut_at_its_bound() {
    let long = filler(200);
    for (frame, first) in [(frame::ping(&long), 0x89), (frame::pong(&long), 0x8a)] {
        assert_eq!(frame, [&[first, 125], &long[..125]].concat());
    }
}

#[test]
fn what_is_not_text_goes_as_binary() {
    assert_eq!(MessageKind::suiting("é".as_bytes()), MessageKind::Text);
    assert_eq!(MessageKind::suiting(b"\xff\xfeabc"), MessageKind::Binary);
}

#[test]
fn a_whole_message_is_handed_out_where_it_lies() {
    let mut bytes = client(Opcode::Text, b"here");
    bytes.extend(client(Opcode::Binary, b"and here"));
    bytes.extend(client(Opcode::Ping, b"and there"));
    let mut decoder = fanfare_websocket::Decoder::new(SERVER);
    let mut input = &mut bytes[..];
    for _ in 0..3 {
        match decoder.decode(&mut input) {
            Ok(Some(
                Event::Text(Cow::Borrowed(_))
                | Event::Binary(Cow::Borrowed(_))
                | Event::Ping(Cow::Borrowed(_)),
            )) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_header_that_came_alone_still_lets_its_payload_be_borrowed() {
    let mut bytes = client(Opcode::Text, b"here");
    let (mut header, mut payload) = bytes.split_at_mut(6);
    let mut decoder = fanfare_websocket::Decoder::new(SERVER);
    assert_eq!(decoder.decode(&mut header), Ok(None));
    assert_eq!(
        decoder.decode(&mut payload),
        Ok(Some(Event::Text(Cow::Borrowed("here"))))
    );
}

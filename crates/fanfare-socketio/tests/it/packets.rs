//! Engine.IO packets in WebSocket messages.

use fanfare_socketio::engine::{BinaryForm, Encoded, Message, Packet, PacketError, Revision};
use proptest::prelude::*;

use crate::{binary, text};

/// Both revisions read the text alike.
fn check(wire: &str, expected: &Result<Packet<'_>, PacketError>) {
    for revision in [Revision::V3, Revision::V4] {
        assert_eq!(&Packet::decode_text(wire, revision), expected, "{wire:?}");
    }
}

fn check_binary(revision: Revision, wire: &Encoded, expected: Result<&[u8], PacketError>) {
    let found = match wire {
        Encoded::Binary(bytes) => Packet::decode_binary(bytes, revision),
        Encoded::Text(bytes) => Packet::decode_text(std::str::from_utf8(bytes).unwrap(), revision),
    };
    let expected = expected.map(|data| Packet::Message(Message::Binary(data.into())));
    assert_eq!(found, expected, "{wire:?}");
}

#[test]
fn every_type_is_read() {
    check("0{}", &Ok(Packet::Open("{}")));
    check("1", &Ok(Packet::Close));
    check("2", &Ok(Packet::Ping("")));
    check("2probe", &Ok(Packet::Ping("probe")));
    check("3probe", &Ok(Packet::Pong("probe")));
    check("4hello", &Ok(Packet::Message(Message::Text("hello"))));
    check("4", &Ok(Packet::Message(Message::Text(""))));
    check("5", &Ok(Packet::Upgrade));
    check("6", &Ok(Packet::Noop));
}

#[test]
fn what_is_no_packet_is_told() {
    check("", &Err(PacketError::Empty));
    check("7", &Err(PacketError::UnknownType('7')));
    check("abc", &Err(PacketError::UnknownType('a')));
    check("\u{20ac}", &Err(PacketError::UnknownType('\u{20ac}')));
}

#[test]
fn binary_has_a_type_byte_in_revision_3_only() {
    check_binary(Revision::V4, &binary(&[1, 2, 3, 4]), Ok(&[1, 2, 3, 4]));
    check_binary(Revision::V4, &binary(&[]), Ok(&[]));
    check_binary(Revision::V3, &binary(&[4, 1, 2, 3, 4]), Ok(&[1, 2, 3, 4]));
    check_binary(Revision::V3, &binary(&[4]), Ok(&[]));
    check_binary(Revision::V3, &binary(&[]), Err(PacketError::Empty));
    check_binary(Revision::V3, &binary(&[2]), Err(PacketError::BinaryType(2)));
}

#[test]
fn binary_may_come_as_base64() {
    check_binary(Revision::V4, &text("bAQIDBA=="), Ok(&[1, 2, 3, 4]));
    check_binary(Revision::V4, &text("bAQIDBA"), Ok(&[1, 2, 3, 4]));
    check_binary(Revision::V4, &text("b"), Ok(&[]));
    check_binary(Revision::V4, &text("b!"), Err(PacketError::Base64));
    check_binary(Revision::V3, &text("b4AQIDBA=="), Ok(&[1, 2, 3, 4]));
    check_binary(Revision::V3, &text("b4"), Ok(&[]));
    check_binary(Revision::V3, &text("b"), Err(PacketError::Empty));
    check_binary(
        Revision::V3,
        &text("b2"),
        Err(PacketError::UnknownType('2')),
    );
    check_binary(Revision::V3, &text("b4*"), Err(PacketError::Base64));
}

#[test]
fn binary_goes_out_in_the_form_that_the_client_takes() {
    let check = |revision, form, expected: &Encoded| {
        assert_eq!(
            &binary(&[1, 2, 3, 4]).for_websocket(revision, form),
            expected
        );
    };
    check(Revision::V4, BinaryForm::Raw, &binary(&[1, 2, 3, 4]));
    check(Revision::V4, BinaryForm::Base64, &binary(&[1, 2, 3, 4]));
    check(Revision::V3, BinaryForm::Raw, &binary(&[4, 1, 2, 3, 4]));
    check(Revision::V3, BinaryForm::Base64, &text("b4AQIDBA=="));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(wire in any::<String>()) {
        let _ = Packet::decode_text(&wire, Revision::V3);
        let _ = Packet::decode_text(&wire, Revision::V4);
    }

    #[test]
    fn bytes_come_back_from_every_form(
        data in any::<Vec<u8>>(),
        is_v3 in any::<bool>(),
        is_base64 in any::<bool>(),
    ) {
        let revision = if is_v3 { Revision::V3 } else { Revision::V4 };
        let form = if is_base64 { BinaryForm::Base64 } else { BinaryForm::Raw };
        check_binary(revision, &binary(&data).for_websocket(revision, form), Ok(&data));
    }

    #[test]
    fn text_comes_back(data in any::<String>()) {
        let Encoded::Text(wire) = Encoded::text_message(&data) else { unreachable!() };
        check(
            std::str::from_utf8(&wire).unwrap(),
            &Ok(Packet::Message(Message::Text(&data))),
        );
    }
}

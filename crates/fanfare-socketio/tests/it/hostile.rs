//! Attachments and placeholders that nobody honest sends.

use fanfare_socketio::decoder::DecodeError;
use fanfare_socketio::engine::{Received, Revision};
use fanfare_socketio::placeholder::PlaceholderError;
use fanfare_socketio::{Decoder, DecoderSettings, PacketBody, Value};

use crate::decoder::{bytes, decode, json, refused, text};

/// What the arguments behind the name become with one attachment, `[9]`; `None` if refused.
fn check(argument: &str, expected: Option<&Value<'_>>) {
    let wire = format!("51-[\"a\",{argument}]");
    let found = decode(Revision::V4, &[text(&wire), bytes(&[9])]);
    let Ok(Some(packet)) = found else {
        assert_eq!(found, Err(PlaceholderError.into()), "{argument}");
        assert_eq!(expected, None, "{argument}");
        return;
    };
    let PacketBody::Event { data, .. } = &packet.body else {
        panic!("{packet:?}")
    };
    assert_eq!(data.values().unwrap().get(1), expected, "{argument}");
}

fn attachment() -> Value<'static> {
    Value::Binary(vec![9].into())
}

#[test]
fn the_number_of_attachments_is_one_to_ten() {
    for wire in [
        "5",
        "5-[\"a\"]",
        "5[\"a\"]",
        "50-[\"a\"]",
        "511-[\"a\"]",
        "5a-[\"a\"]",
        "5-1-[\"a\"]",
        "51.5-[\"a\"]",
        "51",
        "5999999999999999999999-[\"a\"]",
        "6-[]",
        "60-1[]",
    ] {
        refused(wire, DecodeError::Attachments);
    }
    assert_eq!(decode(Revision::V4, &[text("510-[\"a\"]")]), Ok(None));
    assert_eq!(decode(Revision::V4, &[text("5010-[\"a\"]")]), Ok(None));
}

#[test]
fn a_packet_with_attachments_has_a_payload_that_fits() {
    refused("51-", DecodeError::Payload);
    refused("51-/a,1", DecodeError::Payload);
    refused("51-{}", DecodeError::Payload);
    refused("51-[]", DecodeError::Payload);
    refused("61-1{}", DecodeError::Payload);
    // An attachment cannot name an event, nor be the payload.
    refused(
        "51-[{\"_placeholder\":true,\"num\":0}]",
        DecodeError::EventName,
    );
    refused("51-{\"_placeholder\":true,\"num\":0}", DecodeError::Payload);
}

#[test]
fn nothing_comes_between_a_packet_and_its_attachments() {
    let found = decode(Revision::V4, &[text("51-[\"a\"]"), text("2[\"a\"]")]);
    assert_eq!(found, Err(DecodeError::UnexpectedText));
    assert_eq!(
        decode(Revision::V4, &[bytes(&[1])]),
        Err(DecodeError::UnexpectedBinary)
    );
    let mut decoder = Decoder::default();
    let settings = DecoderSettings::new(Revision::V4);
    assert!(
        decoder
            .decode(text("51-[\"a\"]"), &settings)
            .unwrap()
            .is_none()
    );
    assert!(decoder.is_waiting());
    assert!(decoder.decode(bytes(&[1]), &settings).unwrap().is_some());
    assert!(!decoder.is_waiting());
    assert_eq!(
        decoder.decode(bytes(&[1]), &settings),
        Err(DecodeError::UnexpectedBinary)
    );
}

#[test]
fn a_placeholder_needs_a_number_in_range() {
    check(r#"{"_placeholder":true,"num":0}"#, Some(&attachment()));
    check(r#"{"_placeholder":true,"num":1}"#, None);
    check(r#"{"_placeholder":true,"num":-1}"#, None);
    check(r#"{"_placeholder":true,"num":0.5}"#, None);
    check(r#"{"_placeholder":true,"num":1e400}"#, None);
    check(r#"{"_placeholder":true,"num":99999999999999999999}"#, None);
    check(r#"{"_placeholder":true,"num":"0"}"#, None);
    check(r#"{"_placeholder":true,"num":null}"#, None);
    check(r#"{"_placeholder":true,"num":[0]}"#, None);
    check(r#"{"_placeholder":true}"#, None);
    check(r#"{"a":[[{"b":{"_placeholder":true,"num":1}}]]}"#, None);
}

/// As JavaScript sees it.
#[test]
fn an_object_is_a_placeholder_however_it_is_written() {
    check(
        r#" { "num" : 0 , "_placeholder" : true } "#,
        Some(&attachment()),
    );
    check(
        r#"{"_placeholder":true,"num":0,"more":[{}]}"#,
        Some(&attachment()),
    );
    check(
        r#"{"\u005fplaceholder":true,"nu\u006d":0}"#,
        Some(&attachment()),
    );
    check(
        r#"{"_placeholder":false,"_placeholder":true,"num":7,"num":0}"#,
        Some(&attachment()),
    );
    check(r#"{"_placeholder":true,"num":0.0}"#, Some(&attachment()));
    check(r#"{"_placeholder":true,"num":-0}"#, Some(&attachment()));
    check(r#"{"_placeholder":true,"num":0e9}"#, Some(&attachment()));
}

#[test]
fn other_objects_are_data() {
    for argument in [
        r#"{"_placeholder":1,"num":7}"#,
        r#"{"_placeholder":"true","num":7}"#,
        r#"{"_placeholder":true,"_placeholder":false,"num":7}"#,
        r#"{"_placeholder":[true],"num":7}"#,
        r#"{"_placeholder":{"_placeholder":false},"num":7}"#,
        r#"{"placeholder":true,"num":7}"#,
        r#"{"num":7}"#,
        r#"["_placeholder",true,"num",7]"#,
    ] {
        check(argument, Some(&Value::Json(json(argument))));
    }
}

#[test]
fn a_placeholder_inside_a_placeholder_has_to_be_one_too() {
    check(
        r#"{"_placeholder":true,"num":0,"a":{"_placeholder":true,"num":0}}"#,
        Some(&attachment()),
    );
    check(
        r#"{"_placeholder":true,"num":0,"a":{"_placeholder":true,"num":1}}"#,
        None,
    );
}

#[test]
fn placeholders_may_share_an_attachment_or_leave_it() {
    let place = r#"{"_placeholder":true,"num":0}"#;
    check(
        &format!("[{place},{place}]"),
        Some(&Value::Array(vec![attachment(), attachment()])),
    );
    check("1", Some(&Value::Json(json("1"))));
}

#[test]
fn a_packet_is_bounded_with_its_attachments() {
    let settings = DecoderSettings {
        revision: Revision::V4,
        attachments_max: 3,
        packet_bytes_max: 20,
    };
    let check = |messages: &[Received], expected: Result<bool, DecodeError>| {
        let mut decoder = Decoder::default();
        let mut found = Ok(false);
        for message in messages {
            found = decoder
                .decode(message.clone(), &settings)
                .map(|it| it.is_some());
        }
        assert_eq!(found, expected);
    };
    let header = "52-[\"a\"]";
    check(&[text(header), bytes(&[0; 6]), bytes(&[0; 6])], Ok(true));
    check(
        &[text(header), bytes(&[0; 6]), bytes(&[0; 7])],
        Err(DecodeError::TooLong),
    );
    check(
        &[text(&format!("2[\"{}\"]", "a".repeat(16)))],
        Err(DecodeError::TooLong),
    );
    check(&[text("54-[\"a\"]")], Err(DecodeError::Attachments));
}

//! Values with bytes in them: taken apart and restored.

use bytes::Bytes;
use fanfare_socketio::engine::{BinaryForm, Body, Encoded, Received, Revision, payload};
use fanfare_socketio::{Data, DecoderSettings, Json, NamespaceName, Packet, PacketBody, Value};
use proptest::prelude::*;

use crate::decoder::{decode, json};

fn binary(data: &[u8]) -> Value<'static> {
    Value::Binary(data.to_vec().into())
}

#[test]
fn bytes_are_numbered_as_they_are_met() {
    let values = [
        Value::Object(vec![
            (json("\"file\""), binary(&[1, 2, 3, 4])),
            (json("\"name\""), Value::Json(json("\"a.bin\""))),
        ]),
        Value::Array(vec![Value::Json(json("1.0")), binary(&[0xff, 0xfe])]),
    ];
    let data = Data::of(&values);
    assert_eq!(
        data.json().as_str(),
        concat!(
            r#"[{"file":{"_placeholder":true,"num":0},"name":"a.bin"},"#,
            r#"[1.0,{"_placeholder":true,"num":1}]]"#
        )
    );
    assert_eq!(data.attachments(), [&[1, 2, 3, 4][..], &[0xff, 0xfe]]);
    assert_eq!(data.values().unwrap(), values);
}

#[test]
fn without_bytes_all_is_text() {
    let text = r#"[1,{"_placeholder":true,"num":0}]"#;
    let data = Data::new(json(text), Vec::new()).unwrap();
    let expected = [
        Value::Json(json("1")),
        Value::Json(json(r#"{"_placeholder":true,"num":0}"#)),
    ];
    assert_eq!(data.values().unwrap(), expected);
}

#[test]
fn text_and_attachments_have_to_fit() {
    let text = r#"[{"_placeholder":true,"num":1}]"#;
    assert!(Data::new(json(text), vec![Bytes::new()]).is_err());
    assert!(Data::new(json(text), vec![Bytes::new(); 2]).is_ok());
}

/// Values as they are read: trees only as far as there are bytes.
fn value() -> impl Strategy<Value = Value<'static>> {
    let plain = prop_oneof![
        any::<i64>().prop_map(|it| Json::write(&it).unwrap()),
        any::<String>().prop_map(|it| Json::write(&it).unwrap()),
        Just(json("{\"a\":[1.50,{}]}")),
        Just(json("null")),
    ];
    let leaf = prop_oneof![
        plain.prop_map(Value::Json),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(|it| binary(&it)),
    ];
    leaf.prop_recursive(4, 10, 3, |inner| {
        let key = "[a-z\"\\\\]{0,3}".prop_map(|it| Json::write(&it).unwrap());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::vec((key, inner), 0..3).prop_map(Value::Object),
        ]
        .prop_map(plain_if_without_bytes)
    })
}

fn plain_if_without_bytes(value: Value<'static>) -> Value<'static> {
    let data = Data::of(std::slice::from_ref(&value));
    match data.attachments() {
        [] => Value::Json(data.json().elements().unwrap().remove(0).into_owned()),
        _ => value,
    }
}

/// The messages of a client that writes what we would.
fn received(messages: &[Encoded]) -> Vec<Received> {
    let received = messages.iter().map(|message| match message {
        Encoded::Binary(data) => Received::Binary(data.clone()),
        Encoded::Text(text) => {
            let text = std::str::from_utf8(text).unwrap();
            Received::Text(text.strip_prefix('4').unwrap().into())
        }
    });
    received.collect()
}

proptest! {
    #[test]
    fn packets_come_back(
        values in prop::collection::vec(value(), 0..4),
        name in "[a-z ]{1,8}",
        namespace in prop::sample::select(vec!["/", "/admin", "/a/b"]),
        ack in prop::option::of(any::<u64>()),
    ) {
        prop_assume!(!fanfare_socketio::packet::RESERVED_EVENTS.contains(&name.as_str()));
        let namespace = NamespaceName::parse(namespace).unwrap();
        let packet = Packet::event(namespace, &name, &values, ack);
        let PacketBody::Event { data, .. } = &packet.body else { unreachable!() };
        prop_assume!(data.attachments().len() <= DecoderSettings::new(Revision::V4).attachments_max);
        prop_assert_eq!(&data.values().unwrap()[1..], &values[..]);
        for revision in [Revision::V3, Revision::V4] {
            let found = decode(revision, &received(&packet.encode()));
            prop_assert_eq!(found, Ok(Some(packet.clone())));
        }
    }

    /// Through polling and back: header and attachments in one body.
    #[test]
    fn packets_come_back_over_polling(values in prop::collection::vec(value(), 1..4)) {
        let packet = Packet::event(NamespaceName::MAIN, "a", &values, None);
        let PacketBody::Event { data, .. } = &packet.body else { unreachable!() };
        prop_assume!(data.attachments().len() <= 10);
        let messages = packet.encode();
        for (revision, form) in [
            (Revision::V3, BinaryForm::Base64),
            (Revision::V3, BinaryForm::Raw),
            (Revision::V4, BinaryForm::Raw),
        ] {
            let body = payload::encode(&messages, revision, form);
            let body = match &body {
                payload::Payload::Binary(bytes) => Body::Binary(bytes),
                payload::Payload::Text(bytes) => Body::Text(std::str::from_utf8(bytes).unwrap()),
            };
            let read: Vec<_> = payload::decode(body, revision)
                .map(|packet| packet.unwrap().encode())
                .collect();
            prop_assert_eq!(decode(revision, &received(&read)), Ok(Some(packet.clone())));
        }
    }

    /// The check that needs no memory and the tree agree on which placeholders are right.
    #[test]
    fn checking_and_restoring_agree(
        text in r#"\[(\{("_placeholder":(true|false|1|\{\}),|"num":(0|1|2|1\.0|-1|"0"),|"a":\[\],){0,4}"b":(0|\{"_placeholder":true,"num":(0|9)\})\},){0,3}1\]"#,
        count in 1..3_usize,
    ) {
        let attachments = vec![Bytes::new(); count];
        let json = json(&text);
        let restored = Value::restore(&json, &attachments).is_ok();
        prop_assert_eq!(Data::new(json.clone(), attachments).is_ok(), restored, "{}", text);
    }
}

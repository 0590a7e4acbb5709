//! Packets of clients 0.7 to 0.9.

mod session;

use bytes::Bytes;
use fanfare_socketio::engine::{Encoded, Received, Revision};
use fanfare_socketio::{
    ConnectPayload, Data, DecodeError, Decoder, DecoderSettings, Json, NamespaceName, Packet,
    PacketBody, Value,
};
use proptest::prelude::*;

fn read(text: &str) -> Result<Option<Packet>, DecodeError> {
    let settings = DecoderSettings::new(Revision::V1);
    Decoder::default().decode(Received::Text(text.into()), &settings)
}

fn write(packet: &Packet) -> String {
    let [Encoded::Text(message)] = &packet.encode_for(Revision::V1)[..] else {
        panic!("one text");
    };
    let text = std::str::from_utf8(message).expect("text");
    text.strip_prefix('4').expect("a message").to_owned()
}

/// What clients from 1.0 on say for it.
fn today(packet: &Packet) -> String {
    let [Encoded::Text(message), ..] = &packet.encode()[..] else {
        panic!("a text first");
    };
    String::from_utf8(message.to_vec()).expect("text")
}

/// The packet, what it would be today, and what it becomes if it is sent on.
#[track_caller]
fn check(text: &str, expected: &str, written: &str) {
    let packet = read(text).unwrap().expect("a packet");
    assert_eq!(today(&packet), expected);
    assert_eq!(write(&packet), written);
}

#[track_caller]
fn check_both(text: &str, expected: &str) {
    check(text, expected, text);
}

#[track_caller]
fn check_refused(text: &str, error: DecodeError) {
    assert_eq!(read(text), Err(error), "{text}");
}

#[test]
fn namespaces_are_entered_and_left() {
    check_both("1::", "40");
    check_both("1::/custom", "40/custom,");
    check_both("1::/custom:?token=a&b=:", "40/custom?token=a&b=:,");
    check(
        "1::/custom:token=a",
        "40/custom?token=a,",
        "1::/custom:?token=a",
    );
    check_both("0::/custom", "41/custom,");
    check("0", "41", "0::");
    check_both("0::", "41");
}

#[test]
fn events_have_names_and_arguments() {
    check_both(r#"5:::{"name":"x"}"#, r#"42["x"]"#);
    check_both(
        r#"5:::{"name":"x","args":[1,{"a":[]}]}"#,
        r#"42["x",1,{"a":[]}]"#,
    );
    check_both(
        r#"5:1+:/c:{"name":"x","args":["a:b"]}"#,
        r#"42/c,1["x","a:b"]"#,
    );
    let tidy = r#"5:::{"name":"x"}"#;
    for untidy in [
        r#"5:::{"args":[],"name":"x"}"#,
        r#"5:::{"name":"x","args":null}"#,
        r#"5:::{"name":"y","more":{"name":"z"},"name":"x"}"#,
        "5:+:: { \"name\" : \"x\" , \"args\" : [ ] } ",
        "5:7::{\"name\":\"x\"}",
    ] {
        check(untidy, r#"42["x"]"#, tidy);
    }
}

#[test]
fn the_event_message_is_text_or_json() {
    check_both("3:::hello", r#"42["message","hello"]"#);
    check_both("3:::a:b::", r#"42["message","a:b::"]"#);
    check_both("3:::", r#"42["message",""]"#);
    check_both(
        "3:1+:/c:\n\"h\u{20ac}",
        "42/c,1[\"message\",\"\\n\\\"h\u{20ac}\"]",
    );
    check_both(r#"4:::{"a":1}"#, r#"42["message",{"a":1}]"#);
    check_both("4:::1.0", r#"42["message",1.0]"#);
    check(r#"4:::"a""#, r#"42["message","a"]"#, "3:::a");
    check("4::", r#"42["message",null]"#, "4:::null");
    let one = r#"5:::{"name":"message","args":["a"]}"#;
    check(one, r#"42["message","a"]"#, "3:::a");
    check_both(
        r#"5:::{"name":"message","args":["a",1]}"#,
        r#"42["message","a",1]"#,
    );
    check_both(r#"5:::{"name":"message"}"#, r#"42["message"]"#);
}

#[test]
fn answers_have_arguments_or_none() {
    check_both(r#"6:::1+["x",1]"#, r#"431["x",1]"#);
    check_both("6::/custom:12", "43/custom,12[]");
    check("6:::1+[]", "431[]", "6:::1");
    check("6:::1+", "431[]", "6:::1");
}

#[test]
fn what_was_no_offence_then_has_no_effect() {
    for text in [
        r#"5:::{"name":"disconnect"}"#,
        r#"5:1+::{"name":"connect","args":[1]}"#,
        "6::",
        "6:::",
    ] {
        assert_eq!(read(text), Ok(None), "{text}");
    }
}

#[test]
fn what_is_no_packet_is_refused() {
    let json = |text: &str| DecodeError::Json(Json::parse(text).unwrap_err());
    check_refused("", DecodeError::UnknownType);
    check_refused("9::", DecodeError::UnknownType);
    check_refused("42[\"x\"]", DecodeError::UnknownType);
    check_refused("7:::1+0", DecodeError::ConnectError);
    check_refused("3:x::a", DecodeError::AckId);
    check_refused("3:99999999999999999999::a", DecodeError::AckId);
    check_refused("6:::-1", DecodeError::AckId);
    check_refused("6:::1+{}", DecodeError::Payload);
    check_refused("6:::1+[", json("["));
    check_refused("4:::1,2", json("1,2"));
    check_refused("5:::", json(""));
    check_refused("5:::[]", DecodeError::Payload);
    check_refused("5:::{}", DecodeError::EventName);
    check_refused(r#"5:::{"name":{}}"#, DecodeError::EventName);
    check_refused(r#"5:::{"name":"x","args":{}}"#, DecodeError::Payload);
    check_refused(r#"5:::{"name":"x","args":"[]"}"#, DecodeError::Payload);
    assert!(matches!(
        read("1::custom"),
        Err(DecodeError::NamespaceName(_))
    ));
    assert!(matches!(
        read("1::/a,b"),
        Err(DecodeError::NamespaceName(_))
    ));
    let deep = "[".repeat(200);
    check_refused(&format!("4:::{deep}"), json(&deep));
}

#[test]
fn bytes_become_base64_in_their_places() {
    let bytes = |bytes| Value::Binary(Bytes::from_static(bytes));
    let key = Json::write("key").unwrap();
    let arguments = [
        bytes(&[0xff]),
        Value::Object(vec![(key, Value::Array(vec![bytes(&[]), bytes(&[1, 2])]))]),
    ];
    let event = Packet::event(NamespaceName::MAIN, "x", &arguments, None);
    let inside = r#"["/w==",{"key":["","AQI="]}]"#;
    assert_eq!(
        write(&event),
        format!(r#"5:::{{"name":"x","args":{inside}}}"#)
    );
    let ack = Packet::ack(NamespaceName::MAIN, 1, &arguments);
    assert_eq!(write(&ack), format!("6:::1+{inside}"));
    let message = Packet::event(NamespaceName::MAIN, "message", &arguments[..1], None);
    assert_eq!(write(&message), "3:::/w==");
}

#[test]
fn a_refused_namespace_is_one_without_authority() {
    let namespace = NamespaceName::parse("/custom").unwrap();
    let body = PacketBody::ConnectError(Json::write("no").unwrap());
    assert_eq!(write(&Packet { namespace, body }), "7::/custom:2");
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        ".*".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::hash_map(".*", inner, 0..3)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "message",
        "[^d]{0,8}".prop_filter("reserved", |name| name != "connect")
    ]
    .prop_filter("reserved", |name: &String| {
        !["connect", "connect_error", "newListener", "removeListener"].contains(&name.as_str())
    })
}

fn packet() -> impl Strategy<Value = Packet> {
    let namespace = prop_oneof![Just("/".to_owned()), "/[^,:\n]{0,8}"]
        .prop_map(|name| NamespaceName::parse(&name).expect("a name"));
    let list = || {
        prop::collection::vec(json(), 0..4)
            .prop_map(|list| Data::write(&serde_json::Value::from(list)).expect("JSON"))
            .prop_map(|data| {
                Data::new(
                    data.json().elements().expect("a list")[0]
                        .clone()
                        .into_owned(),
                    vec![],
                )
            })
            .prop_map(|data| data.expect("no placeholders"))
    };
    let body = prop_oneof![
        Just(PacketBody::Connect(ConnectPayload::Absent)),
        "[^?].{0,8}".prop_map(|query| PacketBody::Connect(ConnectPayload::Query(query.into()))),
        Just(PacketBody::Disconnect),
        (any::<Option<u64>>(), name(), list()).prop_map(|(ack, name, data)| PacketBody::Event {
            ack,
            data: data.with_first(&name),
            name: name.into(),
        }),
        (any::<u64>(), list()).prop_map(|(ack, data)| PacketBody::Ack { ack, data }),
    ];
    (namespace, body).prop_map(|(namespace, body)| Packet { namespace, body })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(packet in packet()) {
        prop_assert_eq!(read(&write(&packet)), Ok(Some(packet)));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[0-9]{0,2}:[0-9]{0,2}[+]?:(/[a-c]{0,2})?:.*") {
        if let Ok(Some(packet)) = read(&text) {
            let once = write(&packet);
            let again = read(&once).unwrap().expect("a packet");
            prop_assert_eq!(write(&again), once);
        }
    }
}

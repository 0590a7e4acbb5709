//! Socket.IO packets of clients: what the protocol has, and how strict the reference is.

use fanfare_socketio::decoder::DecodeError;
use fanfare_socketio::engine::{Encoded, Received, Revision};
use fanfare_socketio::json::JsonError;
use fanfare_socketio::limits;
use fanfare_socketio::name::NameError;
use fanfare_socketio::placeholder::PlaceholderError;
use fanfare_socketio::{
    ConnectPayload, Data, Decoder, DecoderSettings, Json, NamespaceName, Packet, PacketBody,
};
use proptest::prelude::*;

/// What was decoded from messages, the last of which completes it.
pub(crate) fn decode(
    revision: Revision,
    messages: &[Received],
) -> Result<Option<Packet>, DecodeError> {
    let settings = DecoderSettings::new(revision);
    let mut decoder = Decoder::default();
    let mut found = None;
    for message in messages {
        assert_eq!(found, None, "a packet before the last message");
        found = decoder.decode(message.clone(), &settings)?;
    }
    Ok(found)
}

pub(crate) fn text(text: &str) -> Received {
    Received::Text(text.into())
}

pub(crate) fn bytes(bytes: &[u8]) -> Received {
    Received::Binary(bytes.to_vec().into())
}

/// What the packet is.
fn check(wire: &str, expected: &Packet) {
    let found = decode(Revision::V4, &[text(wire)]).unwrap().unwrap();
    assert_eq!(&found, expected, "{wire}");
}

/// What the packet is, and that it is written as it was read.
fn check_both_ways(wire: &str, expected: &Packet) {
    check(wire, expected);
    assert_eq!(expected.encode(), [Encoded::text_message(wire)]);
}

pub(crate) fn refused(wire: &str, expected: DecodeError) {
    assert_eq!(decode(Revision::V4, &[text(wire)]), Err(expected), "{wire}");
}

pub(crate) fn json(text: &str) -> Json<'static> {
    Json::parse(text).unwrap().into_owned()
}

fn packet(namespace: &str, body: PacketBody) -> Packet {
    Packet {
        namespace: NamespaceName::parse(namespace).unwrap(),
        body,
    }
}

fn data(text: &str) -> Data {
    Data::new(json(text), Vec::new()).unwrap()
}

fn event(namespace: &str, ack: Option<u64>, name: &str, text: &str) -> Packet {
    packet(
        namespace,
        PacketBody::Event {
            ack,
            name: name.into(),
            data: data(text),
        },
    )
}

#[test]
fn connecting() {
    let connect = |namespace, auth| packet(namespace, PacketBody::Connect(auth));
    check_both_ways("0", &connect("/", ConnectPayload::Absent));
    check_both_ways(
        "0{\"token\":\"123\"}",
        &connect("/", ConnectPayload::Object(json("{\"token\":\"123\"}"))),
    );
    check_both_ways(
        "0/admin,{\"token\":\"x\"}",
        &connect("/admin", ConnectPayload::Object(json("{\"token\":\"x\"}"))),
    );
    check_both_ways("0/custom,", &connect("/custom", ConnectPayload::Absent));
    check("0/custom", &connect("/custom", ConnectPayload::Absent));
    check("0/,", &connect("/", ConnectPayload::Absent));
    check("0/,{}", &connect("/", ConnectPayload::Object(json("{}"))));
    check_both_ways(
        "0/custom?token=abc,",
        &connect("/custom?token=abc", ConnectPayload::Absent),
    );
}

#[test]
fn leaving() {
    check_both_ways("1", &packet("/", PacketBody::Disconnect));
    check_both_ways("1/admin,", &packet("/admin", PacketBody::Disconnect));
}

#[test]
fn events() {
    check_both_ways("2[\"foo\",1]", &event("/", None, "foo", "[\"foo\",1]"));
    check_both_ways(
        "2/admin,[\"foo\"]",
        &event("/admin", None, "foo", "[\"foo\"]"),
    );
    check_both_ways("212[\"foo\"]", &event("/", Some(12), "foo", "[\"foo\"]"));
    check_both_ways(
        "2/admin,12[\"foo\"]",
        &event("/admin", Some(12), "foo", "[\"foo\"]"),
    );
    check_both_ways("2[1]", &event("/", None, "1", "[1]"));
    check_both_ways(
        "2[\"\\u0066oo\"]",
        &event("/", None, "foo", "[\"\\u0066oo\"]"),
    );
    check_both_ways(
        "218446744073709551615[\"a\"]",
        &event("/", Some(u64::MAX), "a", "[\"a\"]"),
    );
    // Nothing is a placeholder in a packet without attachments.
    let lookalike = "[\"a\",{\"_placeholder\":true,\"num\":7}]";
    check_both_ways(&format!("2{lookalike}"), &event("/", None, "a", lookalike));
}

#[test]
fn acknowledgements() {
    let ack = |namespace, ack, text| {
        packet(
            namespace,
            PacketBody::Ack {
                ack,
                data: data(text),
            },
        )
    };
    check_both_ways("312[\"bar\"]", &ack("/", 12, "[\"bar\"]"));
    check_both_ways("3/admin,12[]", &ack("/admin", 12, "[]"));
}

/// Numbers, the order of keys and white space are the sender's.
#[test]
fn payloads_stay_as_they_are() {
    let array = "[ \"a\", {\"b\":1.0,\"a\":12345678901234567890123,\"b\":1e400} ]";
    check_both_ways(&format!("2{array}"), &event("/", None, "a", array));
}

#[test]
fn half_characters_do_not_cost_the_session() {
    check(
        "2[\"a\",\"\\ud800\"]",
        &event("/", None, "a", "[\"a\",\"\\ufffd\"]"),
    );
}

#[test]
fn what_the_reference_lets_pass_has_no_effect() {
    for wire in ["2", "21", "2/admin,", "31", "3", "3[]", "3/admin,[1]"] {
        assert_eq!(decode(Revision::V4, &[text(wire)]), Ok(None), "{wire}");
    }
}

#[test]
fn servers_refuse_with_an_object() {
    let refusal = json("{\"message\":\"not authorized\",\"data\":{\"code\":4001}}");
    let packet = packet("/admin", PacketBody::ConnectError(refusal));
    let wire = "4/admin,{\"message\":\"not authorized\",\"data\":{\"code\":4001}}";
    assert_eq!(packet.encode(), [Encoded::text_message(wire)]);
}

#[test]
fn what_is_no_packet_is_refused() {
    refused("", DecodeError::Empty);
    refused("7", DecodeError::UnknownType);
    refused("a[]", DecodeError::UnknownType);
    refused("2{", DecodeError::Json(JsonError::Incomplete));
    refused("2[\"a\"]x", DecodeError::Json(JsonError::Syntax(5)));
}

#[test]
fn payloads_fit_their_type() {
    for wire in ["0[]", "0\"a\"", "0-1", "0true", "0null", "0/a,[]"] {
        refused(wire, DecodeError::Payload);
    }
    refused("1{}", DecodeError::Payload);
    refused("1/admin,[]", DecodeError::Payload);
    refused("2{}", DecodeError::Payload);
    refused("2\"a\"", DecodeError::Payload);
    refused("2[]", DecodeError::Payload);
    refused("2[{}]", DecodeError::EventName);
    refused("2[null]", DecodeError::EventName);
    refused("2[[\"a\"]]", DecodeError::EventName);
    refused("31{}", DecodeError::Payload);
    refused("31null", DecodeError::Payload);
    refused("4{\"message\":\"a\"}", DecodeError::ConnectError);
    refused("4", DecodeError::ConnectError);
}

#[test]
fn call_backs_of_the_api_are_no_events() {
    for name in fanfare_socketio::packet::RESERVED_EVENTS {
        refused(&format!("2[\"{name}\"]"), DecodeError::ReservedEvent);
        refused(&format!("51-[\"{name}\",1]"), DecodeError::ReservedEvent);
    }
    refused("2[\"connec\\u0074\"]", DecodeError::ReservedEvent);
}

#[test]
fn an_acknowledgement_has_a_number_of_64_bits() {
    refused("218446744073709551616[\"a\"]", DecodeError::AckId);
    refused(&format!("3{}[]", "9".repeat(400)), DecodeError::AckId);
}

#[test]
fn names_are_bounded() {
    let longest = format!("/{}", "a".repeat(limits::NAMESPACE_BYTES_MAX - 1));
    assert!(decode(Revision::V4, &[text(&format!("1{longest},"))]).is_ok());
    refused(&format!("1{longest}a,"), NameError::TooLong.into());
    let longest = "a".repeat(limits::EVENT_NAME_BYTES_MAX);
    assert!(decode(Revision::V4, &[text(&format!("2[\"{longest}\"]"))]).is_ok());
    refused(&format!("2[\"{longest}a\"]"), DecodeError::EventName);
}

#[test]
fn nesting_is_bounded() {
    let wire = format!("2[\"a\",{}{}]", "[".repeat(127), "]".repeat(127));
    assert!(decode(Revision::V4, &[text(&wire)]).is_ok());
    let wire = format!("2[\"a\",{}{}]", "[".repeat(128), "]".repeat(128));
    refused(&wire, DecodeError::Json(JsonError::Depth));
    let wire = format!("51-[\"a\",{}", "{\"_placeholder\":".repeat(100_000));
    refused(&wire, DecodeError::Json(JsonError::Depth));
}

/// Protocol 4 writes what its clients connect with as a query of the namespace.
#[test]
fn clients_2_connect_with_a_query() {
    let check = |wire: &str, namespace: &str, auth: ConnectPayload| {
        let found = decode(Revision::V3, &[text(wire)]).unwrap().unwrap();
        assert_eq!(
            found,
            packet(namespace, PacketBody::Connect(auth)),
            "{wire}"
        );
        assert_eq!(found.encode(), [Encoded::text_message(wire)]);
    };
    check("0/custom,", "/custom", ConnectPayload::Absent);
    check(
        "0/custom?token=abc,",
        "/custom",
        ConnectPayload::Query("token=abc".into()),
    );
    check(
        "0/?token=abc,",
        "/",
        ConnectPayload::Query("token=abc".into()),
    );
    let found = decode(Revision::V3, &[text("2/custom?a=1,[\"message\",\"x\"]")]);
    assert_eq!(
        found,
        Ok(Some(event(
            "/custom",
            None,
            "message",
            "[\"message\",\"x\"]"
        )))
    );
}

#[test]
fn binary_events_take_their_attachments() {
    let wire =
        "52-/admin,13[\"baz\",{\"_placeholder\":true,\"num\":1},{\"_placeholder\":true,\"num\":0}]";
    let found = decode(Revision::V4, &[text(wire), bytes(&[1]), bytes(&[])])
        .unwrap()
        .unwrap();
    let PacketBody::Event { ack, name, data } = &found.body else {
        panic!("{found:?}")
    };
    assert_eq!(
        (*ack, &**name, found.namespace.as_str()),
        (Some(13), "baz", "/admin")
    );
    assert_eq!(data.attachments(), [&[1][..], &[]]);
    let messages = found.encode();
    assert_eq!(
        messages,
        [
            Encoded::text_message(wire),
            crate::binary(&[1]),
            crate::binary(&[]),
        ]
    );
}

#[test]
fn binary_acknowledgements_take_their_attachments() {
    let wire = "61-/admin,13[{\"_placeholder\":true,\"num\":0}]";
    let found = decode(Revision::V4, &[text(wire), bytes(&[1])])
        .unwrap()
        .unwrap();
    assert!(matches!(found.body, PacketBody::Ack { ack: 13, .. }));
    assert_eq!(
        found.encode(),
        [Encoded::text_message(wire), crate::binary(&[1])]
    );
}

#[test]
fn a_placeholder_without_an_attachment_is_refused_before_the_attachments_come() {
    refused(
        "51-[\"a\",{\"_placeholder\":true,\"num\":1}]",
        PlaceholderError.into(),
    );
}

/// How an event that a server makes is written.
#[test]
fn events_are_written() {
    let check = |packet: Packet, expected: &str| {
        assert_eq!(packet.encode(), [Encoded::text_message(expected)]);
    };
    let argument = fanfare_socketio::Value::Json(json("{\"3\":[true]}"));
    check(
        Packet::event(
            NamespaceName::MAIN,
            "message-back",
            std::slice::from_ref(&argument),
            None,
        ),
        "2[\"message-back\",{\"3\":[true]}]",
    );
    check(
        Packet::event(NamespaceName::MAIN, "a\"b", &[], Some(7)),
        "27[\"a\\\"b\"]",
    );
    check(
        Packet::ack(NamespaceName::parse("/custom").unwrap(), 0, &[argument]),
        "3/custom,0[{\"3\":[true]}]",
    );
}

#[test]
fn namespaces_have_names_that_fit_the_wire() {
    let check = |name: &str, expected: Option<NameError>| {
        assert_eq!(NamespaceName::parse(name).err(), expected, "{name}");
    };
    check("/", None);
    check("/a/b?c", None);
    check("", Some(NameError::NoSlash));
    check("a", Some(NameError::NoSlash));
    check("/a,b", Some(NameError::Comma));
    assert!(NamespaceName::parse("/").unwrap().is_main());
}

proptest! {
    #[test]
    fn any_text_is_a_packet_or_refused(wire in any::<String>(), revision in revision()) {
        let _ = decode(revision, &[text(&wire)]);
    }

    #[test]
    fn any_near_miss_is_a_packet_or_refused(
        wire in r#"[0-7][0-9]{0,2}-?(/[a?=]{0,3},?)?[0-9]{0,2}(\["a"|\{|\[|\]|\}|,|"_placeholder":true|"num":[0-9]|"a":)*"#,
        attachments in 0..4_usize,
        revision in revision(),
    ) {
        let settings = DecoderSettings::new(revision);
        let mut decoder = Decoder::default();
        if decoder.decode(text(&wire), &settings).is_ok() {
            for _ in 0..attachments {
                let _ = decoder.decode(bytes(&[1]), &settings);
            }
        }
    }
}

fn revision() -> impl Strategy<Value = Revision> {
    prop::sample::select(vec![Revision::V3, Revision::V4])
}

//! Packets in msgpack. What is marked as written by a client or server comes from the reference,
//! `socket.io` 4.8 with `socket.io-msgpack-parser` 3.0.

use std::collections::BTreeMap;

use bytes::Bytes;
use fanfare_socketio::decoder::DecodeError;
use fanfare_socketio::engine::{Encoded, Received, Revision};
use fanfare_socketio::json::JsonError;
use fanfare_socketio::limits;
use fanfare_socketio::name::NameError;
use fanfare_socketio::packet::ConnectPayload;
use fanfare_socketio::placeholder::PlaceholderError;
use fanfare_socketio::{Data, DecoderSettings, Json, NamespaceName, Packet, PacketBody, msgpack};
use proptest::prelude::*;
use serde::Serialize;

use crate::decoder::{bytes, json};

fn decode(message: &[u8]) -> Result<Option<Packet>, DecodeError> {
    msgpack::decode(bytes(message), &DecoderSettings::new(Revision::V4))
}

fn encode(packet: &Packet) -> Bytes {
    match msgpack::encode(packet) {
        Encoded::Binary(bytes) => bytes,
        Encoded::Text(_) => panic!("text"),
    }
}

fn packet(namespace: &str, body: PacketBody) -> Packet {
    Packet {
        namespace: NamespaceName::parse(namespace).unwrap(),
        body,
    }
}

fn data(text: &str, attachments: &[&[u8]]) -> Data {
    let attachments = attachments.iter().map(|it| Bytes::copy_from_slice(it));
    Data::new(json(text), attachments.collect()).unwrap()
}

fn event(name: &str, ack: Option<u64>, data: Data) -> Packet {
    let name = name.into();
    packet("/", PacketBody::Event { ack, name, data })
}

fn check(message: &[u8], expected: &Packet) {
    assert_eq!(decode(message).as_ref(), Ok(&Some(expected.clone())));
}

/// What the packet is, and that it is written as it was read.
fn check_both_ways(message: &[u8], expected: &Packet) {
    check(message, expected);
    assert_eq!(encode(expected), message);
}

fn refused(message: &[u8], expected: DecodeError) {
    assert_eq!(decode(message), Err(expected), "{message:02x?}");
}

/// An event with the name `a` and one argument.
fn with_argument(argument: &[u8]) -> Vec<u8> {
    [
        b"\x83\xa4type\x02\xa4data\x92\xa1a",
        argument,
        b"\xa3nsp\xa1/",
    ]
    .concat()
}

/// What JSON is read where msgpack has this.
fn argument_is(argument: &[u8], expected: &str) {
    let Ok(Some(Packet {
        body: PacketBody::Event { data, .. },
        ..
    })) = decode(&with_argument(argument))
    else {
        panic!("no event: {argument:02x?}");
    };
    let found = data.json().elements().unwrap();
    assert_eq!(found[1].as_str(), expected, "{argument:02x?}");
}

fn argument_refused(argument: &[u8], expected: DecodeError) {
    refused(&with_argument(argument), expected);
}

/// How JSON is written where msgpack stands.
fn argument_becomes(text: &str, expected: &[u8]) {
    let event = event("a", None, data(&format!("[\"a\",{text}]"), &[]));
    assert_eq!(encode(&event), with_argument(expected), "{text}");
}

#[test]
fn packets_of_the_reference_are_read_and_written() {
    // Written by the server.
    check_both_ways(
        b"\x83\xa4type\x02\xa4data\x93\xa5hello\x01\xc4\x03\x01\x02\x03\xa3nsp\xa1/",
        &event(
            "hello",
            None,
            data(
                r#"["hello",1,{"_placeholder":true,"num":0}]"#,
                &[&[1, 2, 3]],
            ),
        ),
    );
    check_both_ways(
        b"\x84\xa4type\x02\xa4data\x92\xa3ask\xa1q\xa2id\x00\xa3nsp\xa1/",
        &event("ask", Some(0), data(r#"["ask","q"]"#, &[])),
    );
    let refusal = packet(
        "/admin",
        PacketBody::ConnectError(json(r#"{"message":"not authorized","data":{"code":4001}}"#)),
    );
    assert_eq!(encode(&refusal), &b"\x83\xa4type\x04\xa4data\x82\xa7message\xaenot authorized\xa4data\x81\xa4code\xcd\x0f\xa1\xa3nsp\xa6/admin"[..]);
    check_both_ways(
        b"\x82\xa4type\x01\xa3nsp\xa1/",
        &packet("/", PacketBody::Disconnect),
    );
    // Written by the client.
    let auth = ConnectPayload::Object(json(r#"{"token":"x"}"#));
    check_both_ways(
        b"\x83\xa4type\x00\xa4data\x81\xa5token\xa1x\xa3nsp\xa1/",
        &packet("/", PacketBody::Connect(auth)),
    );
    check(
        b"\x83\xa4type\x00\xa4data\xd4\x00\x00\xa3nsp\xa6/admin",
        &packet("/admin", PacketBody::Connect(ConnectPayload::Absent)),
    );
    check(
        b"\x84\xa4type\x03\xa2id\x01\xa4data\x91\xa1b\xa3nsp\xa1/",
        &packet(
            "/",
            PacketBody::Ack {
                ack: 1,
                data: data(r#"["b"]"#, &[]),
            },
        ),
    );
    // With `undefined`, a `Buffer`, a typed array and a `Date` among the arguments.
    let text = concat!(
        r#"["ev","h€llo",[null,null,-1,1000000000000000,0.5],{"_placeholder":true,"num":0},"#,
        r#"{"_placeholder":true,"num":1},"2025-11-20T23:06:40.123Z"]"#
    );
    check(
        &[
            &b"\x85\xa4type\x02\xa4data\x96\xa2ev\xa7h\xe2\x82\xacllo"[..],
            b"\x95\xd4\x00\x00\xc0\xff\xcf\x00\x03\x8d\x7e\xa4\xc6\x80\x00\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00",
            b"\xc4\x01\x04\xc7\x02\x00\x05\x06\xd7\x00\x00\x00\x01\x9a\xa3\x85\x18\x7b",
            b"\xa7options\x81\xa8compress\xc3\xa2id\x00\xa3nsp\xa1/",
        ]
        .concat(),
        &event("ev", Some(0), data(text, &[&[4], &[5, 6]])),
    );
}

#[test]
fn clients_of_protocol_4_put_a_query_behind_the_namespace() {
    let message = b"\x83\xa4type\x00\xa4data\xc0\xa3nsp\xaa/admin?a=b";
    let settings = DecoderSettings::new(Revision::V3);
    let query = ConnectPayload::Query("a=b".into());
    let expected = packet("/admin", PacketBody::Connect(query));
    assert_eq!(
        msgpack::decode(bytes(message), &settings),
        Ok(Some(expected.clone()))
    );
    assert_eq!(
        &encode(&expected)[..],
        b"\x82\xa4type\x00\xa3nsp\xaa/admin?a=b"
    );
    check(
        message,
        &packet("/admin?a=b", PacketBody::Connect(ConnectPayload::Absent)),
    );
}

#[test]
fn numbers_are_as_short_as_they_can_be() {
    for (text, expected) in [
        ("0", &b"\x00"[..]),
        ("127", b"\x7f"),
        ("128", b"\xcc\x80"),
        ("255", b"\xcc\xff"),
        ("256", b"\xcd\x01\x00"),
        ("65536", b"\xce\x00\x01\x00\x00"),
        ("4294967296", b"\xcf\x00\x00\x00\x01\x00\x00\x00\x00"),
        (
            "18446744073709551615",
            b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
        ("-1", b"\xff"),
        ("-32", b"\xe0"),
        ("-33", b"\xd0\xdf"),
        ("-128", b"\xd0\x80"),
        ("-129", b"\xd1\xff\x7f"),
        ("-32769", b"\xd2\xff\xff\x7f\xff"),
        ("-2147483649", b"\xd3\xff\xff\xff\xff\x7f\xff\xff\xff"),
        ("0.5", b"\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00"),
    ] {
        argument_becomes(text, expected);
        argument_is(expected, text);
    }
}

#[test]
fn whole_numbers_are_integers_however_they_are_written() {
    argument_becomes("1.0", b"\x01");
    argument_becomes("-1.5e1", b"\xf1");
    argument_becomes("1e3", b"\xcd\x03\xe8");
    argument_becomes("-0", b"\x00");
    argument_becomes("-0.0", b"\x00");
    argument_becomes("1e300", b"\xcb\x7e\x37\xe4\x3c\x88\x00\x75\x9c");
    argument_becomes("-1e400", b"\xcb\xff\xf0\x00\x00\x00\x00\x00\x00");
}

#[test]
fn text_is_written_without_escapes() {
    argument_becomes(r#""""#, b"\xa0");
    argument_becomes(
        r#""a\"\\\n\u20ac\ud83d\ude00""#,
        b"\xaba\"\\\n\xe2\x82\xac\xf0\x9f\x98\x80",
    );
    argument_becomes(
        r#"{"\u0061":true,"":[null,false]}"#,
        b"\x82\xa1a\xc3\xa0\x92\xc0\xc2",
    );
    argument_is(b"\xa4a\"\n\x01", r#""a\"\n\u0001""#);
    argument_is(b"\xa2a\xff", "\"a\u{fffd}\"");
}

#[test]
fn lengths_take_as_much_as_they_need() {
    for (length, head) in [
        (31, &b"\xbf"[..]),
        (32, b"\xd9\x20"),
        (256, b"\xda\x01\x00"),
        (65_536, b"\xdb\x00\x01\x00\x00"),
    ] {
        let text = "a".repeat(length);
        argument_becomes(&format!("\"{text}\""), &[head, text.as_bytes()].concat());
        argument_is(&[head, text.as_bytes()].concat(), &format!("\"{text}\""));
    }
    for (length, array, map) in [
        (15, &b"\x9f"[..], &b"\x8f"[..]),
        (16, b"\xdc\x00\x10", b"\xde\x00\x10"),
        (65_536, b"\xdd\x00\x01\x00\x00", b"\xdf\x00\x01\x00\x00"),
    ] {
        let text = format!("[{}0]", "0,".repeat(length - 1));
        let message = [array, &vec![0; length]].concat();
        argument_becomes(&text, &message);
        argument_is(&message, &text);
        let text = format!("{{{}\"\":0}}", "\"\":0,".repeat(length - 1));
        let message = [map, &b"\xa0\x00".repeat(length)].concat();
        argument_becomes(&text, &message);
        argument_is(&message, &text);
    }
}

#[test]
fn bytes_are_in_their_places() {
    for (length, head) in [
        (0, &b"\xc4\x00"[..]),
        (255, b"\xc4\xff"),
        (256, b"\xc5\x01\x00"),
        (65_536, b"\xc6\x00\x01\x00\x00"),
    ] {
        let content = vec![7; length];
        let text = r#"["a",{"_placeholder":true,"num":0}]"#;
        let message = with_argument(&[head, &content].concat());
        check_both_ways(&message, &event("a", None, data(text, &[&content])));
    }
    // An object with something else in it, and attachments that are not in order.
    let text =
        r#"["a",[{"num":1.0,"a":[{}],"_placeholder":true},1,{"_placeholder":true,"num":0}]]"#;
    let event = event("a", None, data(text, &[&[1], &[2]]));
    assert_eq!(
        encode(&event),
        with_argument(b"\x93\xc4\x01\x02\x01\xc4\x01\x01")
    );
}

#[test]
fn what_json_has_no_word_for_becomes_the_nearest() {
    argument_is(b"\xc0", "null");
    argument_is(b"\xd4\x00\x00", "null");
    argument_is(b"\xd4\x05\x00", "null");
    argument_is(
        b"\xd8\x05\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f",
        "null",
    );
    argument_is(b"\xc7\x01\x05\x00", "null");
    argument_is(b"\xca\x3f\x00\x00\x00", "0.5");
    argument_is(b"\xca\x7f\x80\x00\x00", "null");
    argument_is(b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", "null");
    argument_is(
        b"\x85\x01\x01\xff\x02\xc3\x03\xc0\x04\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00\x05",
        r#"{"1":1,"-1":2,"true":3,"null":4,"0.5":5}"#,
    );
}

#[test]
fn dates_are_their_iso_text() {
    let milliseconds = |value: i64| [&b"\xd7\x00"[..], &value.to_be_bytes()].concat();
    for (value, expected) in [
        (0, r#""1970-01-01T00:00:00.000Z""#),
        (-1, r#""1969-12-31T23:59:59.999Z""#),
        (951_782_400_000, r#""2000-02-29T00:00:00.000Z""#),
        (951_868_799_999, r#""2000-02-29T23:59:59.999Z""#),
        (951_868_800_000, r#""2000-03-01T00:00:00.000Z""#),
        (4_107_542_400_000, r#""2100-03-01T00:00:00.000Z""#),
        (253_402_300_800_000, r#""+010000-01-01T00:00:00.000Z""#),
        (-62_198_755_200_000, r#""-000001-01-01T00:00:00.000Z""#),
        (8_640_000_000_000_000, r#""+275760-09-13T00:00:00.000Z""#),
        (8_640_000_000_000_001, "null"),
        (i64::MIN, "null"),
    ] {
        argument_is(&milliseconds(value), expected);
    }
    let expected = r#""2025-11-20T23:06:40.000Z""#;
    argument_is(b"\xd6\xff\x69\x1f\x9f\x00", expected);
    argument_is(b"\xd7\xff\x00\x00\x00\x00\x69\x1f\x9f\x00", expected);
    argument_is(
        b"\xd7\xff\x1d\x4c\x2d\x04\x00\x00\x00\x00",
        r#""1970-01-01T00:00:00.122Z""#,
    );
    argument_is(
        b"\xc7\x0c\xff\x00\x0f\x42\x40\xff\xff\xff\xff\xff\xff\xff\xff",
        r#""1969-12-31T23:59:59.001Z""#,
    );
    argument_is(
        b"\xc7\x0c\xff\x00\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff",
        "null",
    );
    argument_is(b"\xd5\xff\x00\x00", "null");
}

#[test]
fn what_is_no_packet_is_refused() {
    let settings = DecoderSettings::new(Revision::V4);
    let text = Received::Text("2[\"a\"]".into());
    assert_eq!(msgpack::decode(text, &settings), Err(DecodeError::Msgpack));
    for message in [
        &b""[..],
        b"\x90",
        b"\xc1",
        b"\x81",
        b"\x81\x01\x01",
        b"\xdf\xff\xff\xff\xff",
    ] {
        refused(message, DecodeError::Msgpack);
    }
    refused(
        b"\x83\xa4type\x01\xa3nsp\xa1/\xa1a\xc6\xff\xff\xff\xff",
        DecodeError::Msgpack,
    );
    refused(b"\x82\xa4type\x01\xa3nsp\xa1/\xc0", DecodeError::Msgpack);
    refused(b"\x81\xa3nsp\xa1/", DecodeError::UnknownType);
    refused(b"\x82\xa4type\x05\xa3nsp\xa1/", DecodeError::UnknownType);
    refused(b"\x82\xa4type\xff\xa3nsp\xa1/", DecodeError::UnknownType);
    refused(b"\x82\xa4type\xa11\xa3nsp\xa1/", DecodeError::UnknownType);
    refused(b"\x81\xa4type\x01", DecodeError::Payload);
    refused(b"\x82\xa4type\x01\xa3nsp\x01", DecodeError::Payload);
    refused(
        b"\x82\xa4type\x01\xa3nsp\xa1a",
        DecodeError::NamespaceName(NameError::NoSlash),
    );
    refused(
        b"\x82\xa4type\x01\xa3nsp\xa3/,a",
        DecodeError::NamespaceName(NameError::Comma),
    );
}

#[test]
fn payloads_have_to_fit_the_type() {
    let with_data = |kind: u8, data: &[u8]| {
        [
            b"\x83\xa4type",
            &[kind][..],
            b"\xa4data",
            data,
            b"\xa3nsp\xa1/",
        ]
        .concat()
    };
    for data in [
        &b"\x90"[..],
        b"\xa1a",
        b"\x01",
        b"\xc2",
        b"\xc4\x01\x00",
        b"\x81\xa1a\xc4\x00",
    ] {
        refused(&with_data(0, data), DecodeError::Payload);
        refused(&with_data(1, data), DecodeError::Payload);
    }
    for data in [
        &b"\xc0"[..],
        b"\xd4\x00\x00",
        b"\x80",
        b"\xa1a",
        b"\x01",
        b"\xc4\x01\x00",
    ] {
        refused(&with_data(2, data), DecodeError::Payload);
        refused(&with_data(3, data), DecodeError::Payload);
    }
    refused(&with_data(2, b"\x90"), DecodeError::Payload);
    refused(&with_data(2, b"\x91\xc3"), DecodeError::EventName);
    refused(&with_data(2, b"\x91\xc4\x01a"), DecodeError::EventName);
    refused(
        &with_data(2, b"\x91\xaadisconnect"),
        DecodeError::ReservedEvent,
    );
    refused(&with_data(4, b"\x80"), DecodeError::ConnectError);
    check(
        &with_data(2, b"\x91\x07"),
        &event("7", None, data("[7]", &[])),
    );
    // An answer to nothing.
    assert_eq!(decode(&with_data(3, b"\x90")), Ok(None));
    refused(
        b"\x84\xa4type\x03\xa4data\x90\xa3nsp\xa1/\xa2id\xff",
        DecodeError::AckId,
    );
    refused(
        b"\x84\xa4type\x03\xa4data\x90\xa3nsp\xa1/\xa2id\xa11",
        DecodeError::AckId,
    );
    let nothing = b"\x84\xa4type\x03\xa4data\x90\xa3nsp\xa1/\xa2id\xc0";
    assert_eq!(decode(nothing), Ok(None));
}

#[test]
fn nothing_grows_without_bound() {
    let nested = |depth| [vec![0x91; depth], vec![0]].concat();
    let text = format!("{}0{}", "[".repeat(127), "]".repeat(127));
    argument_is(&nested(limits::JSON_DEPTH_MAX - 1), &text);
    argument_refused(
        &nested(limits::JSON_DEPTH_MAX),
        DecodeError::Json(JsonError::Depth),
    );
    argument_refused(&nested(1_000_000), DecodeError::Json(JsonError::Depth));
    argument_refused(b"\xdd\xff\xff\xff\xff\x00", DecodeError::Msgpack);
    let parts = |count: u8| [&[0x90 | count][..], &b"\xc4\x00".repeat(count.into())].concat();
    assert!(decode(&with_argument(&parts(10))).is_ok());
    argument_refused(&parts(11), DecodeError::Attachments);
    let settings = DecoderSettings {
        packet_bytes_max: 100,
        ..DecoderSettings::new(Revision::V4)
    };
    let long = [&b"\xd9\x64"[..], &[b'a'; 100]].concat();
    assert_eq!(
        msgpack::decode(bytes(&with_argument(&long)), &settings),
        Err(DecodeError::TooLong)
    );
    let growing = [&b"\x92\xb1"[..], &[1; 17], b"\x00"].concat();
    assert_eq!(
        msgpack::decode(bytes(&with_argument(&growing)), &settings),
        Err(DecodeError::TooLong)
    );
}

#[test]
fn an_object_that_others_take_for_a_placeholder_is_none_beside_bytes() {
    let lookalike = b"\x82\xac_placeholder\xc3\xa3num\x05";
    argument_is(lookalike, r#"{"_placeholder":true,"num":5}"#);
    let beside_bytes = [b"\x92", &lookalike[..], b"\xc4\x00"].concat();
    argument_refused(&beside_bytes, DecodeError::Placeholder(PlaceholderError));
}

/// One attachment named by many placeholders: a packet that fits every bound would become a
/// message that fits no memory.
#[test]
fn repeated_attachments_are_not_copied_without_end() {
    let content = vec![0; 1_000_000];
    let place = r#"{"_placeholder":true,"num":0}"#;
    let text = format!("[\"a\"{}]", format!(",{place}").repeat(100_000));
    let packet = event("a", None, data(&text, &[&content]));
    let bytes = encode(&packet);
    assert!(bytes.len() < content.len() + limits::PACKET_BYTES_MAX + 200_000);
    let PacketBody::Event { data, .. } = packet.body else {
        unreachable!()
    };
    let error = data.without_first().read::<[Bytes; 32]>().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("argument 6: placeholders repeat attachments"),
        "{error}"
    );
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Tree {
    Bytes(Bytes),
    Float(f64),
    List(Vec<Self>),
    Object(BTreeMap<String, Self>),
    Signed(i64),
    Text(String),
    Unit(()),
    Unsigned(u64),
    Whether(bool),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..8).prop_map(|it| Tree::Bytes(it.into())),
        // Whole numbers lose their `.0`.
        any::<f64>()
            .prop_filter("whole", |it| it.fract() != 0.0)
            .prop_map(Tree::Float),
        any::<i64>().prop_map(Tree::Signed),
        any::<u64>().prop_map(Tree::Unsigned),
        any::<String>().prop_map(Tree::Text),
        any::<bool>().prop_map(Tree::Whether),
        Just(Tree::Unit(())),
    ];
    leaf.prop_recursive(5, 48, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Tree::List),
            prop::collection::btree_map(any::<String>(), inner, 0..20).prop_map(Tree::Object),
        ]
    })
}

proptest! {
    #[test]
    fn packets_come_back(
        arguments in tree(),
        ack in prop::option::of(any::<u64>()),
        namespace in prop::sample::select(vec!["/", "/admin", "/a/b?c"]),
    ) {
        let data = Data::write(&arguments).unwrap().with_first("a");
        let settings = DecoderSettings { attachments_max: 100, ..DecoderSettings::new(Revision::V4) };
        let answer = ack.map(|ack| PacketBody::Ack { ack, data: data.clone() });
        let event = PacketBody::Event { ack, name: "a".into(), data };
        for body in answer.into_iter().chain([event]) {
            let packet = packet(namespace, body);
            let found = msgpack::decode(Received::Binary(encode(&packet)), &settings);
            prop_assert_eq!(found, Ok(Some(packet)));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(message in any::<Vec<u8>>()) {
        let _ = decode(&message);
        let _ = decode(&[&b"\x82\xa4type\x02\xa4data"[..], &message].concat());
    }

    /// Of what is read the JSON is JSON, and it is written to be read again.
    #[test]
    fn any_argument_is_read_or_refused(
        tokens in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![
                    &b"\x92"[..], b"\x81", b"\x80", b"\xdc\x00\x03", b"\xa1a", b"\xa3num",
                    b"\xac_placeholder", b"\xc3", b"\xc4\x01\x00", b"\xd9\x01\xff", b"\xc7\x00\x00",
                    b"\xd7\x00\x00\x00\x01\x9a\x7b\x0e\x8c\x7b", b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00",
                ]).prop_map(<[u8]>::to_vec),
                any::<u8>().prop_map(|it| vec![it]),
            ],
            1..12,
        ),
        padding in 0..8_usize,
    ) {
        let argument = [tokens.concat(), vec![0; padding]].concat();
        if let Ok(Some(packet)) = decode(&with_argument(&argument)) {
            let PacketBody::Event { data, .. } = &packet.body else { unreachable!() };
            prop_assert!(Json::parse(data.json().as_str()).is_ok());
            prop_assert!(data.values().is_ok());
            let again = decode(&encode(&packet));
            prop_assert!(matches!(again, Ok(Some(_))), "{again:?}");
        }
    }
}

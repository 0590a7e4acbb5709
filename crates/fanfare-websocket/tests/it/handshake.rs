//! Guards who is let in by the opening handshake, and what the others are told.

use fanfare_websocket::handshake::{HandshakeError, Offer, accept_value, is_requested};

/// The request of RFC 6455, 1.2.
const REQUEST: [(&str, &str); 8] = [
    ("Host", "server.example.com"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Origin", "http://example.com"),
    ("Sec-WebSocket-Protocol", "chat, superchat"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Extensions", ""),
];

fn read<'a>(fields: &'a [(&str, &str)]) -> Result<Offer<'a>, HandshakeError> {
    Offer::read(fields.iter().map(|&(name, value)| (name, value.as_bytes())))
}

/// The request with one field changed is refused with `expected`, or let in.
#[track_caller]
fn check(name: &str, value: &str, expected: Result<(), HandshakeError>) {
    let mut fields = REQUEST;
    for field in &mut fields {
        if field.0.eq_ignore_ascii_case(name) {
            field.1 = value;
        }
    }
    assert_eq!(read(&fields).map(|_| ()), expected, "{name}: {value}");
}

#[test]
fn the_example_of_the_standard_is_let_in() {
    let offer = read(&REQUEST).unwrap();
    assert_eq!(offer.accept_value(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(offer.deflate(), None);
    let accept = accept_value(b"dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn tokens_are_found_in_lists_and_in_any_case() {
    for value in [
        "upgrade",
        "UPGRADE",
        "keep-alive, Upgrade",
        "a,,\tupgrade ,b",
    ] {
        check("connection", value, Ok(()));
    }
    for value in ["", "close", "keep-alive", "upgrade-insecure", "up grade"] {
        check("connection", value, Err(HandshakeError::Connection));
    }
    for value in ["WebSocket", "WEBSOCKET", "h2c, websocket"] {
        check("upgrade", value, Ok(()));
    }
    for value in ["", "websockets", "h2c", "web socket", "\u{e9}, websocket"] {
        check("upgrade", value, Err(HandshakeError::Upgrade));
    }
}

#[test]
fn a_list_may_go_on_in_another_field() {
    let mut fields = REQUEST.to_vec();
    fields.retain(|field| !["Connection", "Sec-WebSocket-Protocol"].contains(&field.0));
    fields.extend([
        ("connection", "keep-alive"),
        ("CONNECTION", "Upgrade"),
        ("sec-websocket-protocol", "chat"),
        ("sec-websocket-protocol", "superchat"),
    ]);
    let offer = read(&fields).unwrap();
    assert_eq!(offer.choose_protocol(&["superchat"]), Some("superchat"));
}

#[test]
fn the_version_is_thirteen() {
    check("sec-websocket-version", " 13 ", Ok(()));
    for value in ["", "8", "14", "013", "13, 8"] {
        check("sec-websocket-version", value, Err(HandshakeError::Version));
    }
    let refusal = HandshakeError::Version;
    assert_eq!(refusal.status(), 426);
    assert!(refusal.headers().contains(&("sec-websocket-version", "13")));
}

#[test]
fn the_key_is_sixteen_bytes_in_base64() {
    for value in [
        "AAAAAAAAAAAAAAAAAAAAAA==",
        "//////////////////////==",
        " x3JJHMbDL1EzLkh9GBhXDw== ",
    ] {
        check("sec-websocket-key", value, Ok(()));
    }
    for value in [
        "",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25jZQA=",
        "dGhlIHNhbXBsZSBub25jZQA==",
        "dGhlIHNhbXBsZSBub25j-_==",
        "dGhlIHNhbXBsZSBub2==jZQ==",
        "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
    ] {
        check("sec-websocket-key", value, Err(HandshakeError::Key));
    }
}

#[test]
fn what_may_be_there_once_must_not_be_there_twice_or_never() {
    for (name, expected) in [
        ("Upgrade", HandshakeError::Upgrade),
        ("Connection", HandshakeError::Connection),
        ("Sec-WebSocket-Version", HandshakeError::Version),
        ("Sec-WebSocket-Key", HandshakeError::Key),
    ] {
        let without: Vec<_> = REQUEST.into_iter().filter(|f| f.0 != name).collect();
        assert_eq!(read(&without).map(|_| ()), Err(expected));
    }
    for (name, expected) in [
        ("Sec-WebSocket-Version", HandshakeError::Version),
        ("Sec-WebSocket-Key", HandshakeError::Key),
    ] {
        let twice: Vec<_> = REQUEST
            .into_iter()
            .chain(REQUEST.into_iter().filter(|field| field.0 == name))
            .collect();
        assert_eq!(read(&twice).map(|_| ()), Err(expected));
    }
}

#[test]
fn a_refusal_has_a_status_and_a_sentence() {
    for (refusal, status) in [
        (HandshakeError::Connection, 400),
        (HandshakeError::Key, 400),
        (HandshakeError::Upgrade, 426),
        (HandshakeError::Version, 426),
    ] {
        assert_eq!(refusal.status(), status);
        assert_eq!(refusal.headers().is_empty(), status == 400);
        assert!(refusal.to_string().contains(' '));
    }
}

#[test]
fn a_request_for_a_websocket_is_told_from_others() {
    for (fields, expected) in [
        (&[("upgrade", "WebSocket")][..], true),
        (&[("upgrade", "h2c")], false),
        (&[("connection", "upgrade")], false),
    ] {
        let fields = fields.iter().map(|&(name, value)| (name, value.as_bytes()));
        assert_eq!(is_requested(fields), expected);
    }
}

#[test]
fn a_subprotocol_is_the_clients_first_that_is_known() {
    for (wanted, supported, expected) in [
        ("chat, superchat", &["superchat", "chat"][..], Some("chat")),
        (
            "foo, ws+meta.nchan",
            &["ws+meta.nchan"],
            Some("ws+meta.nchan"),
        ),
        ("ws+meta.nchanX", &["ws+meta.nchan"], None),
        ("WS+META.NCHAN", &["ws+meta.nchan"], None),
        ("", &["chat"], None),
        (",, ,\tchat\t,", &["chat"], Some("chat")),
        ("chat", &[], None),
    ] {
        let mut fields = REQUEST;
        fields[5].1 = wanted;
        let offer = read(&fields).unwrap();
        assert_eq!(offer.choose_protocol(supported), expected, "{wanted}");
    }
}

proptest::proptest! {
    #[test]
    fn any_fields_are_read_or_refused(
        values in proptest::array::uniform6(proptest::collection::vec(proptest::num::u8::ANY, 0..40)),
    ) {
        let names = [
            "upgrade", "connection", "sec-websocket-version", "sec-websocket-key",
            "sec-websocket-protocol", "sec-websocket-extensions",
        ];
        let fields = || names.iter().zip(&values).map(|(&name, value)| (name, &value[..]));
        let _ = Offer::read(fields());
        // The same, with what is needed to get further.
        let sound = REQUEST[1..4].iter().chain(&REQUEST[6..7]);
        let sound = sound.map(|&(name, value)| (name, value.as_bytes()));
        let offer = Offer::read(sound.chain(fields().skip(4))).unwrap();
        let _ = (offer.deflate(), offer.choose_protocol(&["chat"]));
    }
}

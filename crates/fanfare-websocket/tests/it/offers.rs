//! Guards the agreement on permessage-deflate (RFC 7692, 7.1).

use fanfare_websocket::{Deflate, Offer};
use proptest::prelude::*;

const SUFFIX: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

fn agree(values: &[&str]) -> Option<Deflate> {
    let sound = [
        ("upgrade", "websocket"),
        ("connection", "upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let extensions = values.iter().map(|&v| ("sec-websocket-extensions", v));
    let fields = sound.into_iter().chain(extensions);
    let fields = fields.map(|(name, value)| (name, value.as_bytes()));
    Offer::read(fields).unwrap().deflate()
}

/// The header values are answered with what follows [`SUFFIX`], or not at all.
#[track_caller]
fn check(values: &[&str], expected: Option<&str>) {
    let answer = agree(values).map(|deflate| deflate.header_value());
    let expected = expected.map(|rest| format!("{SUFFIX}{rest}"));
    assert_eq!(answer, expected, "{values:?}");
}

#[test]
fn the_offers_of_browsers_and_libraries_are_accepted() {
    check(&["permessage-deflate"], Some(""));
    check(&["permessage-deflate; client_max_window_bits"], Some(""));
    check(
        &["permessage-deflate;client_no_context_takeover ; server_no_context_takeover"],
        Some(""),
    );
    check(&["permessage-deflate; client_max_window_bits=12"], Some(""));
    check(
        &["permessage-deflate; client_max_window_bits=\"8\"; server_max_window_bits=\"10\""],
        Some("; server_max_window_bits=10"),
    );
}

#[test]
fn a_smaller_window_is_promised_and_kept() {
    for bits in 8..=15 {
        let offer = format!("permessage-deflate; server_max_window_bits={bits}");
        let expected = format!("; server_max_window_bits={bits}");
        check(&[&offer], Some(&expected));
        let deflate = agree(&[&offer]).unwrap();
        assert!(deflate.admits(0));
        assert!(deflate.admits(1 << bits));
        assert!(!deflate.admits((1 << bits) + 1));
    }
    assert!(agree(&["permessage-deflate"]).unwrap().admits(usize::MAX));
}

#[test]
fn offers_that_are_not_as_they_should_be_are_declined() {
    for parameters in [
        "unknown",
        "",
        "server_max_window_bits",
        "server_max_window_bits=",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=08",
        "server_max_window_bits=+9",
        "server_max_window_bits=0x9",
        "server_max_window_bits=9; server_max_window_bits=9",
        "client_max_window_bits=7",
        "client_max_window_bits=",
        "client_max_window_bits=16",
        "client_max_window_bits; client_max_window_bits=9",
        "client_no_context_takeover=1",
        "client_no_context_takeover; client_no_context_takeover",
        "server_no_context_takeover=",
        "Server_No_Context_Takeover",
    ] {
        check(&[&format!("permessage-deflate; {parameters}")], None);
    }
}

#[test]
fn other_extensions_are_declined() {
    check(&[], None);
    check(&[""], None);
    check(&["x-webkit-deflate-frame"], None);
    check(&["permessage-deflated"], None);
    check(&["foo; permessage-deflate"], None);
    check(&["foo=\"a, permessage-deflate\""], None);
}

#[test]
fn the_first_good_offer_wins() {
    let bad = "permessage-deflate; server_max_window_bits=99";
    let small = "permessage-deflate; server_max_window_bits=9";
    let expected = Some("; server_max_window_bits=9");
    check(&[&format!("{bad}, {small}, permessage-deflate")], expected);
    check(&["foo; bar=\"1,2;3\"", bad, small], expected);
    check(&[&format!("permessage-deflate, {small}")], Some(""));
}

proptest! {
    #[test]
    fn near_misses_are_read_or_declined(
        value in "(permessage-deflate|client_|server_|max_window_bits|no_context_takeover|[;,=\" ]|[0-9]){0,12}"
    ) {
        let _ = agree(&[&value]);
    }
}

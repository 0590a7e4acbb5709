//! Guards the reading of queries and of percent-encoding.

use fanfare_relay::percent::{DecodeError, Encoded, decode, decode_form};
use fanfare_relay::{Query, RelayError};
use proptest::prelude::*;

fn check(query: &str, expected: Option<&str>) {
    let value = Query::new(query).value("key").unwrap();
    assert_eq!(value.as_deref(), expected, "{query}");
}

fn refused(query: &str, source: DecodeError) {
    let expected = RelayError::Encoding {
        field: "key",
        source,
    };
    assert_eq!(Query::new(query).value("key"), Err(expected), "{query}");
}

#[test]
fn the_first_of_equal_keys_wins() {
    check("key=a&key=b", Some("a"));
    check("x=1&key=a", Some("a"));
    check("key&key=b", Some(""));
}

#[test]
fn values_are_decoded_as_forms_write_them() {
    check("key=a+b%20c%2B", Some("a b c+"));
    check("key=a=b", Some("a=b"));
    check("k%65y=a", Some("a"));
    check("key=%E6%97%A5", Some("日"));
}

#[test]
fn what_nobody_asks_for_is_harmless() {
    check("", None);
    check("&&=&_=1795217226123", None);
    check("%zz=1&x=%FF&%00&key=a", Some("a"));
    check("KEY=a&keys=b&ke=c", None);
}

#[test]
fn what_is_asked_for_is_text_without_control_characters() {
    for query in ["key=%", "key=%1", "key=%G1", "key=a%-1"] {
        refused(query, DecodeError::Percent);
    }
    for query in ["key=%80", "key=%C0%80", "key=%F5%80%80%80"] {
        refused(query, DecodeError::NotUtf8);
    }
    for query in ["key=%00", "key=a%0D%0Ab", "key=%7F", "key=%C2%85"] {
        refused(query, DecodeError::Control);
    }
}

#[test]
fn a_plus_is_a_space_in_forms_only() {
    assert_eq!(decode("a+b%2B").unwrap(), "a+b+");
    assert_eq!(decode_form("a+b%2B").unwrap(), "a b+");
}

proptest! {
    #[test]
    fn encoded_text_is_safe_and_comes_back(text in any::<String>()) {
        let encoded = Encoded(&text).to_string();
        prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
        prop_assert_eq!(decode(&encoded).unwrap(), text.as_str());
        prop_assert_eq!(decode_form(&encoded).unwrap(), text.as_str());
    }

    #[test]
    fn every_byte_may_be_encoded_in_either_case(text in "\\PC{0,20}") {
        let lower: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let upper = lower.to_uppercase();
        prop_assert_eq!(decode(&lower).unwrap(), text.as_str());
        prop_assert_eq!(decode(&upper).unwrap(), text.as_str());
    }

    #[test]
    fn text_without_signs_is_itself(text in "[^%+]{0,40}") {
        prop_assert_eq!(decode(&text).unwrap(), text.as_str());
        prop_assert_eq!(decode_form(&text).unwrap(), text.as_str());
    }

    #[test]
    fn any_text_is_decoded_or_refused(text in "\\PC{0,40}|(%|[0-9a-f]|\\+|é){0,20}") {
        let _ = (decode(&text), decode_form(&text), Query::new(&text).value("a"));
    }
}

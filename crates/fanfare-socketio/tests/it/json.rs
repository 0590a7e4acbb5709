//! JSON as text.

use fanfare_socketio::json::{Json, JsonError};
use fanfare_socketio::limits::JSON_DEPTH_MAX;
use proptest::prelude::*;
use serde::de::IgnoredAny;

fn check(text: &str, expected: Result<&str, JsonError>) {
    let found = Json::parse(text);
    assert_eq!(
        found.as_ref().map(Json::as_str).map_err(|e| *e),
        expected,
        "{text}"
    );
}

#[test]
fn text_stays_as_it_is() {
    for text in [
        "null",
        " [ 1 , 2.50 , -0 , 1E400 , 0.1e-7 ] ",
        r#"{"b":1,"a":2,"b":3}"#,
        r#""\u0041\"\\\/\b\f\n\r\t""#,
        "[[],{},[{}],\"\u{20ac}\"]",
        r#"["\ud83d\ude00","\\ud83d"]"#,
    ] {
        check(text, Ok(text));
    }
}

#[test]
fn half_characters_become_replacement_characters() {
    check(r#"["\ud800"]"#, Ok(r#"["\ufffd"]"#));
    check(
        r#"["\uDC00x","\ud83d\ud83d\ude00"]"#,
        Ok(r#"["\ufffdx","\ufffd\ud83d\ude00"]"#),
    );
    check(r#"["\ud83d\n"]"#, Ok(r#"["\ufffd\n"]"#));
    check(r#"["\\\ud83d"]"#, Ok(r#"["\\\ufffd"]"#));
}

#[test]
fn what_is_no_json_is_told() {
    check("", Err(JsonError::Incomplete));
    check("[", Err(JsonError::Incomplete));
    check("{\"a\"", Err(JsonError::Incomplete));
    check("[1,]", Err(JsonError::Syntax(3)));
    check("{,}", Err(JsonError::Syntax(1)));
    check("{\"a\":1,}", Err(JsonError::Syntax(7)));
    check("[1 2]", Err(JsonError::Syntax(3)));
    check("[1}", Err(JsonError::Syntax(2)));
    check("{1:2}", Err(JsonError::Syntax(1)));
    check("01", Err(JsonError::Syntax(1)));
    check("1.", Err(JsonError::Incomplete));
    check("-", Err(JsonError::Incomplete));
    check("+1", Err(JsonError::Syntax(0)));
    check("NaN", Err(JsonError::Syntax(0)));
    check("nul", Err(JsonError::Incomplete));
    check("nulL", Err(JsonError::Syntax(3)));
    check("\"\u{1}\"", Err(JsonError::Syntax(1)));
    check("\"\n\"", Err(JsonError::Syntax(1)));
    check(r#""\x""#, Err(JsonError::Syntax(2)));
    check(r#""\u12g4""#, Err(JsonError::Syntax(5)));
    check("[] []", Err(JsonError::Syntax(3)));
    check("]", Err(JsonError::Syntax(0)));
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(Json::parse(&nested(JSON_DEPTH_MAX)).is_ok());
    assert_eq!(
        Json::parse(&nested(JSON_DEPTH_MAX + 1)),
        Err(JsonError::Depth)
    );
    assert_eq!(Json::parse(&"[".repeat(1_000_000)), Err(JsonError::Depth));
    // Brackets of both kinds are told apart at every level.
    let mixed = "{\"a\":[".repeat(64) + &"]}".repeat(64);
    assert!(Json::parse(&mixed).is_ok());
}

#[test]
fn elements_are_parts_of_the_text() {
    let check = |text: &str, expected: Option<&[&str]>| {
        let json = Json::parse(text).unwrap();
        let found = json.elements();
        let found: Option<Vec<_>> = found
            .as_ref()
            .map(|it| it.iter().map(Json::as_str).collect());
        assert_eq!(found.as_deref(), expected, "{text}");
    };
    check(
        r#" [ "a" , {"b":[1, 2]} ,[ ],1.0,true, null ] "#,
        Some(&["\"a\"", r#"{"b":[1, 2]}"#, "[ ]", "1.0", "true", "null"]),
    );
    check("[]", Some(&[]));
    check("{}", None);
    check("1", None);
}

#[test]
fn values_are_written_and_read() {
    let json = Json::write(&("a", 1, [true])).unwrap();
    assert_eq!(json.as_str(), r#"["a",1,[true]]"#);
    assert_eq!(
        json.read::<(String, u8, [bool; 1])>().unwrap(),
        ("a".to_owned(), 1, [true])
    );
}

proptest! {
    /// The same verdict as `serde_json`'s, which skips values by the grammar alone.
    #[test]
    fn it_is_json_exactly_if_others_say_so(
        text in r#"(\[|\]|\{|\}|,|:|"a"|"\\u00e9"|"\\ud800"|1|-0|2\.5|1e9|0|true|null|false| |\.|e|\\|")*"#,
    ) {
        let other = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        prop_assert_eq!(Json::parse(&text).is_ok(), other, "{}", text);
    }

    #[test]
    fn any_text_is_json_or_refused(text in any::<String>()) {
        let _ = Json::parse(&text);
    }

    /// Whatever is accepted can be read into values.
    #[test]
    fn what_is_accepted_can_be_read(units in prop::collection::vec(any::<u16>(), 0..6)) {
        let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
        let text = format!("\"{escapes}\"");
        let json = Json::parse(&text).unwrap();
        let read: String = json.read().unwrap();
        prop_assert_eq!(read, String::from_utf16_lossy(&units));
    }
}

//! The codec of frames.

use fanfare_socketio::museum::Frame;
use fanfare_socketio::museum::frame::{Malformed, decode};
use proptest::prelude::*;

use Frame::{Heartbeat, Json, Text};

#[track_caller]
fn check(frames: &[Frame<'_>], text: &str) {
    let mut encoded = String::new();
    for frame in frames {
        frame.encode(&mut encoded);
    }
    assert_eq!(encoded, text);
    let decoded: Vec<_> = decode(text).collect();
    let expected: Vec<_> = frames.iter().map(|&frame| Ok(frame)).collect();
    assert_eq!(decoded, expected);
}

#[track_caller]
fn check_malformed(text: &str, before: &[Frame<'_>]) {
    let expected: Vec<_> = before
        .iter()
        .map(|&frame| Ok(frame))
        .chain([Err(Malformed)])
        .collect();
    assert_eq!(decode(text).collect::<Vec<_>>(), expected, "{text:?}");
}

#[test]
fn frames_follow_each_other() {
    check(&[], "");
    check(&[Text("")], "~m~0~m~");
    check(
        &[Text("hello"), Json(r#"{"a":1}"#)],
        r#"~m~5~m~hello~m~10~m~~j~{"a":1}"#,
    );
    check(&[Heartbeat("1")], "~m~4~m~~h~1");
    check(&[Text("~m~1~m~a")], "~m~8~m~~m~1~m~a");
}

#[test]
fn lengths_are_those_of_javascript() {
    check(&[Text("\u{20ac}")], "~m~1~m~\u{20ac}");
    check(&[Text("\u{1f600}a")], "~m~3~m~\u{1f600}a");
    check(&[Json("\"\u{1f600}\"")], "~m~7~m~~j~\"\u{1f600}\"");
    check_malformed("~m~1~m~\u{1f600}", &[]);
    check_malformed("~m~1~m~a~m~1~m~\u{1f600}", &[Text("a")]);
}

#[test]
fn nothing_is_read_behind_a_malformed_frame() {
    for text in [
        "a",
        "~m~",
        "~m~1",
        "~m~~m~a",
        "~m~2~m~a",
        "~m~-1~m~a",
        "~m~+1~m~a",
        "~m~ 1~m~a",
        "~m~1x~m~a",
        "~m~\u{661}~m~a",
        "~m~99999999999999999999~m~a",
        "~m~00000000001~m~a",
        "~j~1~m~a~m~1~m~a",
    ] {
        check_malformed(text, &[]);
    }
    check_malformed("~m~1~m~ab~m~1~m~c", &[Text("a")]);
    check_malformed("~m~1~m~a\n~m~1~m~c", &[Text("a")]);
}

/// Text that likes to look like frames.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[~mjh0-9a\u{1f600}\u{20ac}]{0,20}",
        "(~m~[0-9]{0,12}~m~.{0,9}){0,3}",
    ]
}

proptest! {
    #[test]
    fn what_was_encoded_is_decoded(texts in prop::collection::vec(any_text(), 0..8)) {
        let mut encoded = String::new();
        for text in &texts {
            Text(text).encode(&mut encoded);
        }
        let decoded: Result<Vec<_>, _> = decode(&encoded).collect();
        let data: Vec<_> = decoded
            .unwrap()
            .into_iter()
            .map(|frame| match frame {
                Text(text) => text.to_owned(),
                Json(json) => format!("~j~{json}"),
                Heartbeat(number) => format!("~h~{number}"),
            })
            .collect();
        prop_assert_eq!(data, texts);
    }

    /// However a text is cut, its beginning holds the frames that were whole, and no others.
    #[test]
    fn a_cut_text_holds_fewer_frames(
        texts in prop::collection::vec(any_text(), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut encoded = String::new();
        for text in &texts {
            Text(text).encode(&mut encoded);
        }
        let cut = encoded.floor_char_boundary(cut.index(encoded.len() + 1));
        let all: Vec<_> = decode(&encoded).collect();
        let some: Vec<_> = decode(&encoded[..cut]).collect();
        let whole = some.iter().take_while(|frame| frame.is_ok()).count();
        prop_assert_eq!(&some[..whole], &all[..whole]);
        prop_assert!(some.len() <= whole + 1);
    }

    #[test]
    fn no_text_is_too_hostile(text in any_text()) {
        let frames: Vec<_> = decode(&text).collect();
        let malformed = frames.iter().filter(|frame| frame.is_err()).count();
        prop_assert!(malformed == 0 || (malformed == 1 && frames.last() == Some(&Err(Malformed))));
    }
}

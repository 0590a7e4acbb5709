//! Texts made to look like fields: whatever a publisher sends, it arrives as one event or is
//! refused.

use fanfare_sse::{Event, InvalidField, cursor_block, write_fields};

use crate::{event, read_every_way};

const NAMES: [&str; 4] = [
    "x\ndata: pwned",
    "x\rdata: pwned",
    "x\r\n\r\ndata: pwned",
    "x\0",
];
const IDS: [&str; 4] = [
    "1\n\ndata: pwned",
    "1\r\rdata: pwned",
    "1\r\nevent: x",
    "1\0",
];
const PAYLOADS: [&str; 4] = [
    "a\r\n\r\nevent: x",
    "\n\ndata: pwned\n\n",
    "a\r\rid: 9\r\r",
    "\u{feff}retry: 1\n\n: x",
];

#[test]
fn a_name_that_holds_a_field_is_refused() {
    for name in NAMES {
        let expected = InvalidField::Control {
            field: "event name",
        };
        assert_eq!(Event::data("x").event(name), Err(expected), "{name:?}");
        check_refused("1", Some(name), expected);
    }
}

#[test]
fn an_id_that_holds_a_field_is_refused() {
    for id in IDS {
        let expected = InvalidField::Control { field: "id" };
        assert_eq!(Event::data("x").id(id), Err(expected), "{id:?}");
        assert_eq!(cursor_block(id), Err(expected), "{id:?}");
        check_refused(id, None, expected);
    }
}

#[test]
fn a_payload_that_holds_fields_is_one_event() {
    for payload in PAYLOADS {
        let text = payload.replace("\r\n", "\n").replace('\r', "\n");

        let mut shared = Vec::new();
        write_fields(&mut shared, "1:0", Some("chat"), payload.as_bytes()).unwrap();
        let seen = read_every_way(&shared);
        assert_eq!(seen.events, [event("chat", &text, "1:0")]);
        assert_eq!((seen.last_event_id.as_str(), seen.retry), ("1:0", None));

        let seen = read_every_way(&Event::data(payload).encode());
        assert_eq!(seen.events, [event("message", &text, "")]);
    }
}

#[test]
fn a_comment_that_holds_fields_is_no_event() {
    for payload in PAYLOADS {
        let seen = read_every_way(&Event::new().comment(payload).encode());
        assert_eq!(seen, crate::Seen::default(), "{payload:?}");
    }
}

/// Nothing may be written of what is refused, or the stream would be broken for the next event.
fn check_refused(id: &str, name: Option<&str>, expected: InvalidField) {
    let mut out = Vec::new();
    assert_eq!(write_fields(&mut out, id, name, b"x"), Err(expected));
    assert!(out.is_empty());
}

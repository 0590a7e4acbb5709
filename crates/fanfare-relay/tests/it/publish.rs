//! Guards what becomes of a publisher's headers and query.

use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::Draft;
use fanfare_relay::percent::DecodeError;
use fanfare_relay::{Query, RelayError, read_draft};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use crate::{any_header_value, headers};

fn read(fields: &[(&'static str, &str)], query: &str) -> Result<Draft, RelayError> {
    read_draft(
        &headers(fields),
        Query::new(query),
        Bytes::from_static(b"m"),
    )
}

/// Content type, event, idempotency key.
fn texts(fields: &[(&'static str, &str)], query: &str) -> [Option<String>; 3] {
    let draft = read(fields, query).unwrap();
    [draft.content_type, draft.event, draft.idempotency_key].map(|text| text.map(String::from))
}

fn refused(fields: &[(&'static str, &str)], query: &str, code: &str, field: &str) {
    let error = read(fields, query).unwrap_err();
    assert_eq!(
        (error.code(), error.field()),
        (code, field),
        "{fields:?} ?{query}"
    );
    assert_eq!(error.status(), 400);
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_body_alone_is_a_message() {
    let draft = read(&[], "").unwrap();
    assert_eq!(draft.payload, "m");
    assert_eq!(texts(&[], ""), [None, None, None]);
    assert_eq!((draft.ttl, draft.history), (None, None));
}

#[test]
fn options_come_from_headers() {
    let fields = [
        ("content-type", "text/html; charset=utf-8"),
        ("x-eventsource-event", "räume"),
        ("idempotency-key", "k-1"),
        ("fanfare-ttl", "30s"),
    ];
    let expected = [some("text/html; charset=utf-8"), some("räume"), some("k-1")];
    assert_eq!(texts(&fields, ""), expected);
    let ttl = read(&fields, "").unwrap().ttl;
    assert_eq!(ttl, Some(Duration::from_secs(30)));
}

#[test]
fn options_come_from_the_query() {
    let query = "_=17&event=my+ev%C3%A9nt&id=k-1&ttl=2h&event=other&x=%zz";
    assert_eq!(texts(&[], query), [None, some("my evént"), some("k-1")]);
    let ttl = read(&[], query).unwrap().ttl;
    assert_eq!(ttl, Some(Duration::from_secs(7200)));
}

#[test]
fn the_header_wins_and_empty_options_are_not_given() {
    let header = ("x-eventsource-event", "a");
    assert_eq!(texts(&[header], "event=b")[1], some("a"));
    let empty = ("x-eventsource-event", " ");
    assert_eq!(texts(&[empty], "event=b")[1], some("b"));
    let nothing = [("content-type", ""), ("idempotency-key", "")];
    assert_eq!(texts(&nothing, "event=&id=&ttl"), [None, None, None]);
    assert_eq!(read(&[], "ttl=").unwrap().ttl, None);
}

#[test]
fn fields_that_no_wire_could_carry_are_refused_by_name() {
    let long = "x".repeat(257);
    refused(
        &[("content-type", &long)],
        "",
        "unfit_field",
        "content_type",
    );
    refused(
        &[("content-type", "a\tb")],
        "",
        "unfit_field",
        "content_type",
    );
    refused(
        &[("x-eventsource-event", &long)],
        "",
        "unfit_field",
        "event",
    );
    refused(
        &[("idempotency-key", &"x".repeat(129))],
        "",
        "unfit_field",
        "id",
    );
    refused(&[], &format!("event={long}"), "unfit_field", "event");
    refused(&[], "event=a%0Aid:+9", "bad_encoding", "event");
    refused(&[], "event=%00", "bad_encoding", "event");
    refused(&[], "id=%FF", "bad_encoding", "id");
    refused(&[], "ttl=%", "bad_encoding", "ttl");
}

#[test]
fn a_header_that_is_not_utf_8_is_refused() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "x-eventsource-event",
        HeaderValue::from_bytes(b"\xff").unwrap(),
    );
    let error = read_draft(&headers, Query::default(), Bytes::new()).unwrap_err();
    let expected = RelayError::Encoding {
        field: "event",
        source: DecodeError::NotUtf8,
    };
    assert_eq!(error, expected);
}

#[test]
fn a_lifetime_has_a_unit() {
    for ttl in ["30", "s", "-1s", "1.5h", "30S", "30ms"] {
        refused(&[("fanfare-ttl", ttl)], "", "bad_ttl", "ttl");
        refused(&[], &format!("ttl={ttl}"), "bad_ttl", "ttl");
    }
    assert_eq!(
        RelayError::Ttl.to_string(),
        "`ttl` is a whole number with a unit, like 30s (s, m, h or d)"
    );
}

proptest! {
    #[test]
    fn whatever_is_read_can_be_published(
        event in any_header_value(),
        content_type in any_header_value(),
        query in "\\PC{0,40}|(event|id|ttl)=[a-z0-9%+=&]{0,20}",
    ) {
        let headers: HeaderMap = [
            (fanfare_relay::headers::X_EVENTSOURCE_EVENT, event),
            (http::header::CONTENT_TYPE, content_type),
        ]
        .into_iter()
        .collect();
        if let Ok(draft) = read_draft(&headers, Query::new(&query), Bytes::new()) {
            prop_assert!(draft.check().is_ok());
        }
    }
}

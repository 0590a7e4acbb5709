//! Which requests are served, and what the others are told.

use fanfare_socketio::engine::{
    BinaryForm, Known, Query, Refusal, Request, Revision, Served, Transport, Verdict, judge,
};
use http::Method;
use proptest::prelude::*;

const BOTH: Served<'_> = Served {
    transports: &[Transport::Polling, Transport::WebSocket],
    revisions: &[Revision::V4],
};

/// What a request is: `METHOD query`, with `upgrade` behind it if it asks for one.
fn judged(request: &str, served: &Served<'_>, known: Option<Known>) -> Result<Verdict, Refusal> {
    let mut words = request.split(' ');
    let method: Method = words.next().unwrap().parse().unwrap();
    let query = Query::parse(words.next().unwrap_or_default());
    let request = Request {
        method: &method,
        is_upgrade: words.next() == Some("upgrade"),
        origin: None,
        query: &query,
    };
    judge(&request, served, known)
}

fn check(request: &str, known: Option<Known>, expected: &Result<Verdict, Refusal>) {
    assert_eq!(&judged(request, &BOTH, known), expected, "{request}");
}

/// The status and the body of a refused handshake, whichever step refuses it.
fn check_refused(request: &str, status: u16, body: &str) {
    let refusal = match judged(request, &BOTH, None) {
        Ok(Verdict::Handshake(candidate)) => candidate.agreed(&BOTH).unwrap_err(),
        Ok(verdict) => panic!("{request}: {verdict:?}"),
        Err(refusal) => refusal,
    };
    let answer = refusal.answer();
    assert_eq!(answer.status.as_u16(), status, "{request}");
    assert_eq!(answer.body, body, "{request}");
    assert_eq!(answer.content_type, Some("application/json"));
}

fn known(transport: Transport) -> Option<Known> {
    Some(Known {
        revision: Revision::V4,
        transport,
    })
}

#[test]
fn every_error_has_the_reference_s_body() {
    check_refused(
        "GET EIO=4",
        400,
        r#"{"code":0,"message":"Transport unknown"}"#,
    );
    check_refused(
        "GET EIO=4&transport=tobi",
        400,
        r#"{"code":0,"message":"Transport unknown"}"#,
    );
    check_refused(
        "GET EIO=4&transport=webtransport",
        400,
        r#"{"code":0,"message":"Transport unknown"}"#,
    );
    check_refused(
        "GET EIO=4&transport=polling&sid=nosuch",
        400,
        r#"{"code":1,"message":"Session ID unknown"}"#,
    );
    for method in ["POST", "HEAD", "OPTIONS", "PUT"] {
        check_refused(
            &format!("{method} EIO=4&transport=polling"),
            400,
            r#"{"code":2,"message":"Bad handshake method"}"#,
        );
    }
    check_refused(
        "GET EIO=4&transport=websocket",
        400,
        r#"{"code":3,"message":"Bad request"}"#,
    );
    for revision in ["EIO=5&", "EIO=3&", ""] {
        check_refused(
            &format!("GET {revision}transport=polling"),
            400,
            r#"{"code":5,"message":"Unsupported protocol version"}"#,
        );
    }
}

#[test]
fn an_application_says_why_it_refuses() {
    let check = |refusal: Refusal, expected: &str| {
        let answer = refusal.answer();
        assert_eq!(
            (answer.status.as_u16(), &answer.body[..]),
            (403, expected.as_bytes())
        );
    };
    check(
        Refusal::Forbidden(None),
        r#"{"code":4,"message":"Forbidden"}"#,
    );
    check(
        Refusal::Forbidden(Some("denied by contract".into())),
        r#"{"code":4,"message":"denied by contract"}"#,
    );
}

#[test]
fn a_handshake_tells_what_the_client_is() {
    let served = Served {
        revisions: &[Revision::V3, Revision::V4],
        ..BOTH
    };
    let check = |request: &str, revision, transport, binary| {
        let Ok(Verdict::Handshake(candidate)) = judged(request, &served, None) else {
            panic!("{request} is no handshake");
        };
        let found = candidate.agreed(&served).unwrap();
        assert_eq!(
            (found.revision, found.transport, found.binary),
            (revision, transport, binary)
        );
    };
    let raw = BinaryForm::Raw;
    check(
        "GET EIO=4&transport=polling&t=x",
        Revision::V4,
        Transport::Polling,
        raw,
    );
    check(
        "GET transport=websocket&EIO=4 upgrade",
        Revision::V4,
        Transport::WebSocket,
        raw,
    );
    check(
        "GET transport=polling",
        Revision::V3,
        Transport::Polling,
        raw,
    );
    check(
        "GET EIO=3&transport=polling&b64=1",
        Revision::V3,
        Transport::Polling,
        BinaryForm::Base64,
    );
    check(
        "GET EIO=3&transport=polling&b64=&sid=",
        Revision::V3,
        Transport::Polling,
        raw,
    );
}

#[test]
fn a_session_s_requests_fit_what_it_lives_on() {
    let polling = known(Transport::Polling);
    let socket = known(Transport::WebSocket);
    let bad = Err(Refusal::BadRequest);
    check(
        "GET EIO=4&transport=polling&sid=a",
        polling,
        &Ok(Verdict::Poll),
    );
    check(
        "POST EIO=4&transport=polling&sid=a",
        polling,
        &Ok(Verdict::Post),
    );
    check(
        "PUT EIO=4&transport=polling&sid=a",
        polling,
        &Ok(Verdict::Unsupported),
    );
    check(
        "DELETE EIO=4&transport=polling&sid=a",
        polling,
        &Ok(Verdict::Unsupported),
    );
    check(
        "GET EIO=4&transport=websocket&sid=a upgrade",
        polling,
        &Ok(Verdict::Upgrade),
    );
    check(
        "GET EIO=4&transport=websocket&sid=a upgrade",
        socket,
        &Ok(Verdict::Upgrade),
    );
    check("GET EIO=4&transport=websocket&sid=a", polling, &bad);
    check("GET EIO=4&transport=websocket&sid=a", socket, &bad);
    check("GET EIO=4&transport=polling&sid=a", socket, &bad);
    check("POST EIO=4&transport=polling&sid=a", socket, &bad);
    check("GET EIO=3&transport=polling&sid=a", polling, &bad);
    check("GET transport=polling&sid=a", polling, &bad);
    check("GET EIO=4&transport=polling&sid=a upgrade", polling, &bad);
    check("GET EIO=4&transport=polling upgrade", None, &bad);
}

#[test]
fn a_transport_that_is_off_is_unknown() {
    let served = Served {
        transports: &[Transport::WebSocket],
        ..BOTH
    };
    let found = judged("GET EIO=4&transport=polling", &served, None);
    assert_eq!(found, Err(Refusal::TransportUnknown));
}

#[test]
fn an_origin_that_is_no_field_is_refused() {
    let check = |origin: &[u8], is_refused: bool| {
        let query = Query::parse("EIO=4&transport=polling");
        let request = Request {
            method: &Method::GET,
            is_upgrade: false,
            origin: Some(origin),
            query: &query,
        };
        let found = judge(&request, &BOTH, None);
        assert_eq!(found == Err(Refusal::BadRequest), is_refused, "{origin:?}");
    };
    check(b"https://example.org", false);
    check(b"https://ex\xe4mple.org", false);
    check(b"a\x00b", true);
    check(b"a\nb", true);
    check(b"a\x7f", true);
}

#[test]
fn only_the_digits_of_an_index_count() {
    let check = |query: &str, expected| assert_eq!(Query::parse(query).jsonp, expected, "{query}");
    check("j=12", Some(12));
    check("j=1);alert(1", Some(11));
    check("j=alert", Some(0));
    check("j=99999999999999999999999", Some(0));
    check("", None);
}

#[test]
fn the_first_of_equal_arguments_counts() {
    let query = Query::parse("sid=a&sid=b&transport=polling&transport=websocket");
    assert_eq!(query.sid.as_deref(), Some("a"));
    assert_eq!(query.transport, Some(Transport::Polling));
}

proptest! {
    #[test]
    fn any_query_is_read(query in any::<String>()) {
        Query::parse(&query);
    }
}

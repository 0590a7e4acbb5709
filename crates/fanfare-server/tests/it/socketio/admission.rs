//! Who may connect, subscribe and publish.

use std::net::TcpListener;

use fanfare_testkit::server::{Launch, Server};
use serde_json::{Value, json};

use super::peer::{Peer, SOCKET, poll, sid};
use crate::support::frame::HANDSHAKE;
use crate::support::{Answer, BINARY, Raw, launch, server};

/// A handshake of a WebSocket that is not agreed to.
fn socket(server: &Server, headers: &[&str]) -> Answer {
    Raw::connect(server).ask(&format!("GET {SOCKET}"), &[&HANDSHAKE, headers].concat())
}

/// The protocol's own refusal, in its words.
#[track_caller]
fn check_refused(answer: &Answer, code: u8, message: &str) {
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let status = if code == 4 { 403 } else { 400 };
    assert_eq!(
        (answer.status, body),
        (status, json!({"code": code, "message": message}))
    );
    answer.with("content-type", "application/json");
}

#[test]
fn where_nobody_may_subscribe_nobody_connects() {
    let server = launch().set("subscribe.allow=nobody").start();
    let why = "nobody may subscribe here (subscribe.allow)";
    check_refused(&poll(&server, &[]), 4, why);
    // A handshake is refused as every WebSocket's is: clients look only at whether it is a 101.
    let refused = socket(&server, &[]);
    assert_eq!(
        (refused.status, refused.header("fanfare-error")),
        (403, "subscribing_not_allowed")
    );
}

#[test]
fn where_only_existing_channels_may_be_chosen_nobody_connects() {
    let server = launch()
        .set("subscribe.existing_channels_only=true")
        .start();
    let why = "only existing channels may be chosen (subscribe.existing_channels_only)";
    check_refused(&poll(&server, &[]), 4, why);
    check_refused(&socket(&server, &[]), 4, why);
}

#[test]
fn the_protocols_own_refusals_come_in_its_words() {
    let server = server();
    let ask = |line: &str| Raw::connect(&server).ask(line, &[]);
    let check = |line: &str, code, message| check_refused(&ask(line), code, message);
    check(
        "GET /socket.io/?EIO=4&transport=carrier",
        0,
        "Transport unknown",
    );
    check("GET /socket.io/", 0, "Transport unknown");
    check(
        "GET /socket.io/?EIO=4&transport=polling&sid=no",
        1,
        "Session ID unknown",
    );
    check(
        "POST /socket.io/?EIO=4&transport=polling",
        2,
        "Bad handshake method",
    );
    check(
        "GET /socket.io/?EIO=4&transport=websocket",
        3,
        "Bad request",
    );
}

#[test]
fn it_can_be_switched_off() {
    let server = launch().set("socketio.enabled=false").start();
    for answer in [poll(&server, &[]), socket(&server, &[])] {
        assert_eq!(
            (answer.status, answer.header("fanfare-error")),
            (404, "not_found")
        );
    }
}

#[test]
fn pages_from_elsewhere_are_refused() {
    let server = server();
    for (header, code) in [
        ("Host: evil.example", "foreign_host"),
        ("Origin: http://evil.example", "foreign_origin"),
        ("Origin: null", "foreign_origin"),
        ("Sec-Fetch-Site: cross-site", "cross_site"),
    ] {
        for answer in [poll(&server, &[header]), socket(&server, &[header])] {
            assert_eq!(
                (answer.status, answer.header("fanfare-error")),
                (403, code),
                "{header}: {answer:?}"
            );
            answer.without("access-control-allow-origin");
        }
    }
    // Also once there is a session.
    let sid = sid(&poll(&server, &[]));
    let line = format!("POST /socket.io/?EIO=4&transport=polling&sid={sid}");
    let answer = Raw::connect(&server).tell(&line, &["Origin: http://evil.example"], "40");
    assert_eq!(
        (answer.status, answer.header("fanfare-error")),
        (403, "foreign_origin")
    );
    Raw::connect(&server)
        .tell(&line, &[], "40")
        .check(200, "ok");
}

#[test]
fn pages_of_this_machine_may_read_the_answers() {
    let server = server();
    let origin = "Origin: http://localhost:3000";
    let opened = poll(&server, &[origin]);
    opened
        .with("access-control-allow-origin", "http://localhost:3000")
        .with("access-control-allow-credentials", "true");
    assert!(
        opened.list("vary").contains(&"origin".to_owned()),
        "{opened:?}"
    );
    let line = format!(
        "POST /socket.io/?EIO=4&transport=polling&sid={}",
        sid(&opened)
    );
    let answer = Raw::connect(&server).tell(&line, &[origin], "40");
    answer
        .check(200, "ok")
        .with("access-control-allow-origin", "http://localhost:3000");
    // Refusals of the protocol can be read as well.
    let line = "GET /socket.io/?EIO=4&transport=polling&sid=gone";
    let answer = Raw::connect(&server).ask(line, &[origin]);
    assert_eq!(answer.status, 400);
    answer.with("access-control-allow-origin", "http://localhost:3000");
}

#[test]
fn pages_may_ask_what_they_may_send() {
    let server = launch()
        .set("subscribe.cors_origins=https://app.example")
        .start();
    let preflight = |origin: &str| {
        let headers = [
            &*format!("Origin: {origin}"),
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: content-type",
        ];
        Raw::connect(&server).ask("OPTIONS /socket.io/?EIO=4&transport=polling", &headers)
    };
    let answer = preflight("https://app.example");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.with("access-control-allow-origin", "https://app.example");
    assert!(
        answer
            .list("access-control-allow-methods")
            .contains(&"post".to_owned())
    );
    assert!(
        answer
            .list("access-control-allow-headers")
            .contains(&"content-type".to_owned())
    );
    assert_eq!(preflight("https://evil.example").status, 403);
    poll(&server, &["Origin: https://app.example"])
        .with("access-control-allow-origin", "https://app.example");
}

#[test]
fn publishing_takes_a_key_where_there_are_some() {
    let server = launch()
        .set("publish.keys=a-key-of-sufficient-length-here")
        .start();
    let event = json!(["publish", "c", "m"]);
    for headers in [
        &[][..],
        &["Authorization: Bearer another-key-of-some-length"],
    ] {
        let mut peer = Peer::connect_with(&server, headers, &Value::Null);
        let refused = peer.ask(&event);
        assert_eq!(
            (&refused["code"], &refused["setting"]),
            (&json!("key_required"), &json!("publish.keys"))
        );
        peer.subscribe("c");
    }
    let key = "Authorization: Bearer a-key-of-sufficient-length-here";
    let mut peer = Peer::connect_with(&server, &[key], &Value::Null);
    assert_eq!(peer.ask(&event)["op"], "published");

    // Over polls it is the request that opens the session which has to have it.
    let publish = |sid: &str, headers: &[&str]| {
        let line = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
        let post = |body: &str| {
            let answer = Raw::connect(&server).tell(&format!("POST {line}"), headers, body);
            answer.check(200, "ok");
        };
        let get = || {
            Raw::connect(&server)
                .ask(&format!("GET {line}"), headers)
                .text()
        };
        post("40");
        assert!(get().starts_with("40{"));
        post(&format!("420{event}"));
        get()
    };
    let answer = publish(&sid(&poll(&server, &[key])), &[]);
    assert!(answer.starts_with("430[{\"op\":\"published\""), "{answer}");
    let answer = publish(&sid(&poll(&server, &[])), &[key]);
    assert!(answer.contains("\"code\":\"key_required\""), "{answer}");
}

#[test]
fn a_page_publishes_if_its_origin_may() {
    let server = launch()
        .set("subscribe.cors_origins=https://reader.example,https://writer.example")
        .set("publish.cors_origins=https://writer.example")
        .start();
    for (origin, op) in [
        ("https://writer.example", "published"),
        ("http://localhost:3000", "published"),
        ("https://reader.example", "error"),
    ] {
        let headers = [&*format!("Origin: {origin}")];
        let mut peer = Peer::connect_with(&server, &headers, &Value::Null);
        assert_eq!(
            peer.ask(&json!(["publish", "c", "m"]))["op"],
            op,
            "{origin}"
        );
        peer.subscribe("c");
    }
}

// Beyond this machine it takes decisions, and then those hold here too.
#[test]
fn on_another_address_the_decisions_hold() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let server = Launch::bare(BINARY)
        .arg("--listen")
        .arg(format!("0.0.0.0:{port}"))
        .set("subscribe.allow=everyone")
        .set("publish.keys=a-key-of-sufficient-length-here")
        .start();
    let host = "Host: push.example";
    let raw = || Raw::connect_to(([127, 0, 0, 1], port).into());
    let mut peer = Peer::on(raw(), &[host], &Value::Null);
    peer.subscribe("c");
    assert_eq!(
        peer.ask(&json!(["publish", "c", "m"]))["code"],
        "key_required"
    );
    let answer = raw().ask(
        "GET /socket.io/?EIO=4&transport=polling",
        &[host, "Origin: https://elsewhere.example"],
    );
    assert_eq!(
        (answer.status, answer.header("fanfare-error")),
        (403, "foreign_origin")
    );
    drop(server);
}

#[test]
fn only_the_main_namespace_is_there() {
    let server = server();
    let mut peer = Peer::connect(&server);
    peer.say("40/admin,");
    assert_eq!(peer.text(), "44/admin,{\"message\":\"Invalid namespace\"}");
    peer.hears_nothing();
}

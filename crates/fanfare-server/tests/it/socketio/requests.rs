//! What clients ask for, and what they are told.

use serde_json::{Value, json};

use super::peer::Peer;
use crate::support::{Publisher, Raw, frame, launch, server, until_held};

#[test]
fn a_session_begins_with_what_is_allowed() {
    let server = server();
    let peer = Peer::connect(&server);
    assert_eq!(
        (&peer.opened["pingInterval"], &peer.opened["pingTimeout"]),
        (&json!(25_000), &json!(20_000))
    );
    assert_eq!(peer.opened["upgrades"], json!([]));
    // A message of the greatest length, and what is said around it.
    assert_eq!(peer.opened["maxPayload"], json!((2 << 20) + 8192));
    assert!(peer.entered["pid"].is_string(), "{}", peer.entered);
}

#[test]
fn requests_are_answered() {
    let server = server();
    let mut peer = Peer::connect(&server);
    for options in [
        json!([]),
        json!([null]),
        json!([{}]),
        json!([{"since": "now"}]),
        json!([{"since": ""}]),
    ] {
        let words = [json!(["subscribe", "c"]), options.clone()];
        let event: Vec<&Value> = words
            .iter()
            .flat_map(|list| list.as_array().unwrap())
            .collect();
        let subscribed = json!({"op": "subscribed", "channel": "c"});
        assert_eq!(peer.ask(&json!(event)), subscribed, "{options}");
        peer.unsubscribe("c");
    }
    let published = peer.ask(&json!(["publish", "c", "hello"]));
    let id = published["message_id"].clone();
    assert!(id.is_string(), "{published}");
    assert_eq!(
        published,
        json!({"op": "published", "channel": "c", "message_id": id, "subscribers": 0, "repeated": false})
    );
    // Nobody has to wait for an answer.
    peer.emit(&json!(["subscribe", "c"]));
    peer.hears("message", &json!(["hello", id]));
    until_held(&server, "c", 1);
    peer.emit(&json!(["publish", "c", "again"]));
    assert_eq!(peer.next().arguments[0], "again");
    peer.emit(&json!(["unsubscribe", "c"]));
    until_held(&server, "c", 0);
}

#[test]
fn a_client_that_publishes_hears_itself() {
    let server = server();
    let mut peer = Peer::connect(&server);
    peer.subscribe("c");
    let published = peer.ask(&json!(["publish", "c", {"a": [1, 2]}, {"event": "greeting"}]));
    assert_eq!(published["subscribers"], 1);
    peer.hears("greeting", &json!([{"a": [1, 2]}, published["message_id"]]));
}

#[test]
fn what_is_published_is_what_others_hear() {
    let server = server();
    let mut peer = Peer::connect(&server);
    let check = |peer: &mut Peer, event: Value, body: &[u8], content_type: &str| {
        let published = peer.ask(&event);
        assert_eq!(published["op"], "published", "{published}");
        let cursor = published["message_id"].as_str().unwrap();
        let (seconds, tag) = cursor.split_once(':').unwrap();
        let poll = Raw::connect(&server).ask("GET /sub/c?since=-1", &[]);
        assert_eq!(poll.body, body, "{event}");
        poll.with("etag", tag).with("content-type", content_type);
        assert!(!seconds.is_empty());
    };
    let text = "text/plain; charset=utf-8";
    check(&mut peer, json!(["publish", "c", "hello"]), b"hello", text);
    check(&mut peer, json!(["publish", "c", ""]), b"", text);
    check(
        &mut peer,
        json!(["publish", "c", {"a": 1.5}]),
        b"{\"a\":1.5}",
        "application/json",
    );
    check(
        &mut peer,
        json!(["publish", "c", null]),
        b"null",
        "application/json",
    );
    check(
        &mut peer,
        json!(["publish", "c", "<a/>", {"content_type": "text/xml"}]),
        b"<a/>",
        "text/xml",
    );
    let bytes = json!(["publish", "c", {"_placeholder": true, "num": 0}]);
    let published = peer.ask_with(&bytes, &[0xff, 0, 1]);
    assert_eq!(published["op"], "published", "{published}");
    let poll = Raw::connect(&server).ask("GET /sub/c?since=-1", &[]);
    poll.with("content-type", "application/octet-stream");
    assert_eq!(poll.body, [0xff, 0, 1]);
}

#[test]
fn a_message_published_twice_under_one_key_is_one() {
    let server = server();
    let mut peer = Peer::connect(&server);
    let event = json!(["publish", "c", "once", {"key": "k", "ttl": "30s"}]);
    let [first, second] = [(), ()].map(|()| peer.ask(&event));
    assert_eq!(
        (&first["repeated"], &second["repeated"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(first["message_id"], second["message_id"]);
}

/// Every refusal that one client can have without settings: the event, and the code.
fn wrong() -> Vec<(Value, &'static str)> {
    let long = "x".repeat(256);
    vec![
        (json!(["subscribe"]), "bad_request"),
        (json!(["subscribe", 1]), "bad_request"),
        (json!(["subscribe", null]), "bad_request"),
        (json!(["subscribe", "c", "all"]), "bad_request"),
        (json!(["subscribe", "c", {"sicne": "all"}]), "bad_request"),
        (
            json!(["subscribe", "c", {long.repeat(16): 1}]),
            "bad_request",
        ),
        (json!(["subscribe", "c", {"since": 5}]), "bad_request"),
        (json!(["subscribe", "c", {"since": "x"}]), "bad_since"),
        (json!(["subscribe", ""]), "empty_channel_name"),
        (json!(["subscribe", "a\u{0}"]), "bad_channel_name"),
        (json!(["subscribe", long]), "channel_name_too_long"),
        (json!(["unsubscribe"]), "bad_request"),
        (json!(["unsubscribe", ""]), "empty_channel_name"),
        (json!(["unsubscribe", "c"]), "not_subscribed"),
        (json!(["publish"]), "bad_request"),
        (json!(["publish", "c"]), "bad_request"),
        (json!(["publish", 1, "data"]), "bad_request"),
        (json!(["publish", "c", "data", 5]), "bad_request"),
        (
            json!(["publish", "c", "data", {"evnet": "e"}]),
            "bad_request",
        ),
        (
            json!(["publish", "c", "data", {long.repeat(16): 1}]),
            "bad_request",
        ),
        (json!(["publish", "c", "data", {"ttl": "soon"}]), "bad_ttl"),
        (json!(["publish", "", "data"]), "empty_channel_name"),
        (json!(["publish", "a\n", "data"]), "bad_channel_name"),
        (json!(["publish", long, "data"]), "channel_name_too_long"),
        (
            json!(["publish", "c", "data", {"event": "e\n"}]),
            "unfit_field",
        ),
        (
            json!(["publish", "c", "data", {"event": long.repeat(2)}]),
            "unfit_field",
        ),
        (
            json!(["publish", "c", "data", {"content_type": "a\r\nb"}]),
            "unfit_field",
        ),
        (
            json!(["publish", "c", "data", {"key": long}]),
            "unfit_field",
        ),
    ]
}

#[test]
fn a_wrong_request_harms_nothing() {
    let server = server();
    let mut peer = Peer::connect(&server);
    for (event, code) in wrong() {
        let answer = peer.ask(&event);
        assert_eq!(
            (&answer["op"], &answer["code"]),
            (&json!("error"), &json!(code)),
            "{event}: {answer}"
        );
        assert!(
            answer["message"].as_str().is_some_and(|it| it.len() < 512),
            "{answer}"
        );
        // Who does not wait for an answer is told in an event.
        peer.emit(&event);
        peer.hears("error", &json!([answer]));
    }
    // Arguments beyond the options are nobody's.
    let more = peer.ask(&json!(["subscribe", "c", {}, 1]));
    assert_eq!(more["op"], "subscribed");
    peer.hears_nothing();
}

#[test]
fn bytes_inside_of_json_are_refused() {
    let server = server();
    let mut peer = Peer::connect(&server);
    let nested = json!(["publish", "c", [{"_placeholder": true, "num": 0}]]);
    assert_eq!(peer.ask_with(&nested, b"bytes")["code"], "bad_request");
    let name = json!(["subscribe", {"_placeholder": true, "num": 0}]);
    assert_eq!(peer.ask_with(&name, b"c")["code"], "bad_request");
    let options = json!(["publish", "c", "data", {"_placeholder": true, "num": 0}]);
    assert_eq!(peer.ask_with(&options, b"{}")["code"], "bad_request");
}

#[test]
fn an_event_that_nobody_knows_is_ignored() {
    let server = server();
    let mut peer = Peer::connect(&server);
    peer.emit(&json!(["dance", 1]));
    peer.say("427[\"dance\"]");
    peer.hears_nothing();
}

#[test]
fn a_message_has_a_length() {
    let server = launch().set("limits.message_bytes_max=1KiB").start();
    let mut peer = Peer::connect(&server);
    let just = "x".repeat(1024);
    assert_eq!(peer.ask(&json!(["publish", "c", just]))["op"], "published");
    let refused = peer.ask(&json!(["publish", "c", format!("{just}x")]));
    assert_eq!(
        (&refused["code"], &refused["setting"]),
        (
            &json!("message_too_large"),
            &json!("limits.message_bytes_max")
        )
    );
    // What is far too long is not even read.
    peer.emit(&json!(["publish", "c", just.repeat(12)]));
    assert_eq!(frame::read_close(peer.raw()).0, 1009);
}

#[test]
fn a_connection_has_so_many_channels() {
    let server = launch().set("limits.channels_per_connection_max=2").start();
    let mut peer = Peer::connect(&server);
    peer.subscribe("a");
    peer.subscribe("b");
    let refused = peer.ask(&json!(["subscribe", "c"]));
    assert_eq!(
        (&refused["code"], &refused["setting"]),
        (
            &json!("too_many_channels"),
            &json!("limits.channels_per_connection_max")
        )
    );
    peer.unsubscribe("a");
    peer.subscribe("c");
}

#[test]
fn a_channel_has_so_many_subscribers() {
    let server = launch().set("limits.subscribers_per_channel_max=1").start();
    let mut first = Peer::connect(&server);
    first.subscribe("c");
    let mut second = Peer::connect(&server);
    let refused = second.ask(&json!(["subscribe", "c"]));
    assert_eq!(
        (&refused["code"], &refused["setting"]),
        (
            &json!("too_many_subscribers"),
            &json!("limits.subscribers_per_channel_max")
        )
    );
    first.unsubscribe("c");
    second.subscribe("c");
}

#[test]
fn a_node_has_so_many_channels() {
    let server = launch()
        .set("clock.enabled=false")
        .set("limits.channels_max=1")
        .start();
    Publisher::connect(&server).publish("a", "there");
    let mut peer = Peer::connect(&server);
    let refused = peer.ask(&json!(["publish", "b", "one too many"]));
    assert_eq!(
        (&refused["code"], &refused["setting"]),
        (&json!("too_many_channels"), &json!("limits.channels_max"))
    );
}

#[test]
fn a_channel_for_one_is_taken_over_or_refused() {
    let server = launch().set("subscribe.concurrency=first").start();
    let mut first = Peer::connect(&server);
    first.subscribe("c");
    let mut second = Peer::connect(&server);
    assert_eq!(second.ask(&json!(["subscribe", "c"]))["code"], "conflict");

    let server = launch().set("subscribe.concurrency=last").start();
    let mut first = Peer::connect(&server);
    first.subscribe("c");
    let mut second = Peer::connect(&server);
    second.subscribe("c");
    first.hears("end", &json!([{"channel": "c", "reason": "conflict"}, ""]));
    Publisher::connect(&server).publish("c", "m");
    assert_eq!(second.next().arguments[0], "m");
    first.hears_nothing();
}

#[test]
fn subscribers_are_counted() {
    let server = server();
    let mut peers: Vec<Peer> = (0..3).map(|_| Peer::connect(&server)).collect();
    for peer in &mut peers {
        peer.subscribe("c");
    }
    let mut publisher = Publisher::connect(&server);
    assert_eq!(publisher.subscribers("c"), 3);
    peers[0].unsubscribe("c");
    assert_eq!(publisher.subscribers("c"), 2);
    // One says goodbye to the namespace, one breaks off.
    peers[1].say("41");
    until_held(&server, "c", 1);
    peers.pop().unwrap().reset();
    until_held(&server, "c", 0);
}

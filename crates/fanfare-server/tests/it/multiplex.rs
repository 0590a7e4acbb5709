//! The JSON protocol of `/ws`.

use serde_json::json;

use crate::support::frame::{self, BINARY};
use crate::support::multiplex::Multiplex;
use crate::support::{Publisher, Raw, launch, server, until_held};

#[test]
fn requests_are_answered_with_their_ids() {
    let server = server();
    let mut socket = Multiplex::connect(&server);
    assert_eq!(
        socket.ask(&json!({"op": "ping", "id": 1})),
        json!({"op": "pong", "id": 1})
    );
    assert_eq!(socket.ask(&json!({"op": "ping"})), json!({"op": "pong"}));
    assert_eq!(
        socket.ask(&json!({"op": "subscribe", "id": "one", "channel": "c"})),
        json!({"op": "subscribed", "id": "one", "channel": "c"})
    );
    assert_eq!(
        socket.ask(&json!({"op": "unsubscribe", "id": 2, "channel": "c"})),
        json!({"op": "unsubscribed", "id": 2, "channel": "c"})
    );
}

#[test]
fn messages_name_their_channel() {
    let server = server();
    let mut socket = Multiplex::connect(&server);
    for channel in ["a", "b"] {
        socket.ask(&json!({"op": "subscribe", "channel": channel}));
    }
    let mut publisher = Publisher::connect(&server);
    for channel in ["a", "b", "a"] {
        let id = publisher.publish(channel, "text").to_string();
        assert_eq!(
            socket.next(),
            json!({"op": "message", "channel": channel, "message_id": id,
                   "content_type": "text/plain", "data": "text"})
        );
    }
    // One channel ends, the other goes on.
    publisher.delete("a");
    assert_eq!(
        socket.next(),
        json!({"op": "end", "channel": "a", "reason": "deleted"})
    );
    publisher.publish("b", "still here");
    assert_eq!(socket.next()["data"], "still here");
}

#[test]
fn a_client_may_publish_and_hears_itself() {
    let server = server();
    let mut socket = Multiplex::connect(&server);
    socket.ask(&json!({"op": "subscribe", "channel": "c"}));
    socket.send(&json!({"op": "publish", "id": 7, "channel": "c", "event": "e", "base64": "/wA="}));
    let mut frames = [socket.next(), socket.next()];
    frames.sort_by_key(|frame| frame["op"].to_string());
    let [message, published] = frames;
    let id = &published["message_id"];
    assert_eq!(
        published,
        json!({"op": "published", "id": 7, "channel": "c", "message_id": id,
               "subscribers": 1, "repeated": false})
    );
    assert_eq!(
        message,
        json!({"op": "message", "channel": "c", "message_id": id, "event": "e", "base64": "/wA="})
    );
    let poll = Raw::connect(&server).ask("GET /sub/c", &[]);
    assert_eq!(poll.body, [0xff, 0]);
}

#[test]
fn a_message_published_twice_under_one_key_is_one() {
    let server = server();
    let mut socket = Multiplex::connect(&server);
    let request = json!({"op": "publish", "channel": "c", "data": "once", "key": "k"});
    let first = socket.ask(&request);
    let second = socket.ask(&request);
    assert_eq!(
        (&first["repeated"], &second["repeated"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(first["message_id"], second["message_id"]);
}

#[test]
fn a_subscription_begins_at_its_cursor() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let first = publisher.publish("c", "first");
    publisher.publish("c", "second");
    let mut socket = Multiplex::connect(&server);
    let since = first.to_string();
    socket.ask(&json!({"op": "subscribe", "channel": "c", "since": since}));
    assert_eq!(socket.next()["data"], "second");
}

#[test]
fn an_empty_since_counts_as_none() {
    let server = server();
    Publisher::connect(&server).publish("c", "stored");
    let mut socket = Multiplex::connect(&server);
    socket.ask(&json!({"op": "subscribe", "channel": "c", "since": ""}));
    assert_eq!(socket.next()["data"], "stored");
}

#[test]
fn a_gap_is_told() {
    let server = server();
    let mut publisher = Publisher::connect(&server);
    let first = publisher.publish("c", "first").to_string();
    publisher.count("c", 0..150);
    let mut socket = Multiplex::connect(&server);
    socket.ask(&json!({"op": "subscribe", "channel": "c", "since": first}));
    let gap = socket.next();
    assert_eq!((&gap["op"], &gap["after"]), (&json!("gap"), &json!(first)));
    assert_eq!(socket.next()["data"], "50");
}

#[test]
fn a_wrong_request_harms_nothing() {
    let server = server();
    let deep_object = format!(
        "{{\"op\":\"ping\",\"x\":{}1{}}}",
        "[".repeat(200),
        "]".repeat(200)
    );
    let mut socket = Multiplex::connect(&server);
    for (text, code) in [
        ("{", "bad_json"),
        ("{}{}", "bad_json"),
        ("{\"op\":\"dance\"} x", "bad_json"),
        ("{\"op\":\"ping\"}{\"op\":\"ping\"}", "bad_json"),
        (&"[".repeat(200), "bad_json"),
        (&["[".repeat(200), "]".repeat(200)].concat(), "bad_json"),
        (&deep_object, "bad_json"),
        ("{}", "bad_request"),
        ("[]", "bad_request"),
        ("{\"op\":\"dance\"}", "unknown_op"),
        ("{\"op\":\"subscribe\"}", "bad_request"),
        (
            "{\"op\":\"subscribe\",\"channel\":\"c\",\"sicne\":\"all\"}",
            "bad_request",
        ),
        (
            "{\"op\":\"subscribe\",\"channel\":\"\"}",
            "empty_channel_name",
        ),
        (
            "{\"op\":\"subscribe\",\"channel\":\"a\\u0000\"}",
            "bad_channel_name",
        ),
        (
            "{\"op\":\"subscribe\",\"channel\":\"c\",\"since\":\"x\"}",
            "bad_since",
        ),
        (
            "{\"op\":\"unsubscribe\",\"channel\":\"c\"}",
            "not_subscribed",
        ),
        ("{\"op\":\"publish\",\"channel\":\"c\"}", "bad_request"),
        (
            "{\"op\":\"publish\",\"channel\":\"c\",\"base64\":\"?\"}",
            "bad_base64",
        ),
    ] {
        socket.send_text(text);
        let error = socket.next();
        assert_eq!(
            (&error["op"], &error["code"]),
            (&json!("error"), &json!(code)),
            "{text}"
        );
    }
    socket.raw().send(frame::masked(BINARY, b"{}"));
    assert_eq!(socket.next()["code"], "binary_frame");
    socket.ask(&json!({"op": "subscribe", "channel": "c"}));
    let again = socket.ask(&json!({"op": "subscribe", "channel": "c"}));
    assert_eq!(again["code"], "already_subscribed");
}

#[test]
fn a_connection_has_so_many_channels() {
    let server = launch().set("limits.channels_per_connection_max=3").start();
    let mut socket = Multiplex::connect(&server);
    for number in 0..3 {
        let answer = socket.ask(&json!({"op": "subscribe", "channel": format!("c{number}")}));
        assert_eq!(answer["op"], "subscribed");
    }
    let refused = socket.ask(&json!({"op": "subscribe", "channel": "c3"}));
    assert_eq!(refused["code"], "too_many_channels");
    assert_eq!(refused["setting"], "limits.channels_per_connection_max");
    socket.ask(&json!({"op": "unsubscribe", "channel": "c0"}));
    let answer = socket.ask(&json!({"op": "subscribe", "channel": "c3"}));
    assert_eq!(answer["op"], "subscribed");
}

#[test]
fn a_connection_that_has_gone_has_left_its_channels() {
    let server = server();
    let mut socket = Multiplex::connect(&server);
    socket.ask(&json!({"op": "subscribe", "channel": "c"}));
    until_held(&server, "c", 1);
    drop(socket);
    until_held(&server, "c", 0);
}

//! Requests and frames of `/ws`, as `docs/protocol-ws.md` has them.

use fanfare_relay::Arrivals;
use fanfare_websocket::{Decoder, Event, MessageKind, Opcode, Role, Settings, frame};
use proptest::prelude::*;

use super::websocket::{after_head, closed, masked};
use super::*;

const BYTES_MAX: usize = 1000;

fn settings(may_publish: bool) -> MultiplexSettings {
    MultiplexSettings {
        socket: SocketSettings {
            message_bytes_max: BYTES_MAX,
            deflate: None,
            ping: Duration::from_secs(25),
        },
        may_publish,
        history: HistoryLimits::default(),
        first: Start::Oldest,
        arrivals: Arrivals::new(4 * BYTES_MAX),
    }
}

fn connect(stage: &mut Stage) -> Peer {
    connect_with(stage, settings(true))
}

fn connect_with(stage: &mut Stage, settings: MultiplexSettings) -> Peer {
    after_head(stage.hold(Multiplex::new(settings), Asks::upgrade(&[])))
}

/// Sends one request and returns the frames that come back, one per line.
fn ask(stage: &mut Stage, peer: &Peer, request: &str) -> String {
    stage.say(peer, &masked(Opcode::Text, request.as_bytes()));
    heard(peer)
}

/// The text frames that have come, one per line.
fn heard(peer: &Peer) -> String {
    let mut bytes = peer.bytes();
    let mut input = &mut bytes[..];
    let mut decoder = Decoder::new(Settings {
        role: Role::Client,
        message_bytes_max: 1 << 20,
        deflate: false,
    });
    let mut lines = String::new();
    while let Some(event) = decoder.decode(&mut input).unwrap() {
        match event {
            Event::Text(text) => lines.extend([&*text, "\n"]),
            other => lines.push_str(&format!("{other:?}\n")),
        }
    }
    lines
}

fn check(request: &str, expected: &str) {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    assert_eq!(
        ask(&mut stage, &peer, request),
        format!("{expected}\n"),
        "{request}"
    );
    assert!(peer.is_open());
}

/// Compares an error up to its sentence.
fn check_error(request: &str, id: &str, code: &str) {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    let answer = ask(&mut stage, &peer, request);
    let beginning = format!(r#"{{"op":"error",{id}"code":"{code}","message":""#);
    assert!(answer.starts_with(&beginning), "{request}\n{answer}");
    assert_eq!(answer.lines().count(), 1);
    assert!(peer.is_open());
}

#[test]
fn messages_follow_the_answer_to_a_subscription() {
    let mut stage = Stage::new();
    stage.publish("news", typed("m0", "text/plain"));
    let peer = connect(&mut stage);
    assert_eq!(
        ask(
            &mut stage,
            &peer,
            r#"{"op":"subscribe","id":1,"channel":"news"}"#
        ),
        "{\"op\":\"subscribed\",\"id\":1,\"channel\":\"news\"}\n\
         {\"op\":\"message\",\"channel\":\"news\",\"message_id\":\"1763680000:0\",\
         \"content_type\":\"text/plain\",\"data\":\"m0\"}\n"
    );
    stage.publish("news", named(&b"\xff\x00"[..], "e"));
    assert_eq!(
        heard(&peer),
        "{\"op\":\"message\",\"channel\":\"news\",\"message_id\":\"1763680000:1\",\
         \"event\":\"e\",\"base64\":\"/wA=\"}\n"
    );
}

#[test]
fn a_subscription_begins_where_since_says() {
    let after = |since: &str| {
        let mut stage = Stage::new();
        for payload in ["m0", "m1", "m2"] {
            stage.publish("c", draft(payload));
            stage.wait(60);
        }
        let peer = connect(&mut stage);
        let request = format!(r#"{{"op":"subscribe","channel":"c","since":"{since}"}}"#);
        let frames = ask(&mut stage, &peer, &request);
        frames
            .lines()
            .skip(1)
            .map(|line| {
                let (_, data) = line.split_once("\"data\":\"").unwrap_or(("", line));
                data.trim_end_matches("\"}").to_owned()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(after("all"), ["m0", "m1", "m2"]);
    assert_eq!(after("now"), [""; 0]);
    assert_eq!(after("1763680000:0"), ["m1", "m2"]);
    assert_eq!(after("-1"), ["m2"]);
    assert_eq!(after("90s"), ["m2"]);
    assert_eq!(after("2m"), ["m1", "m2"]);
    assert_eq!(after(""), ["m0", "m1", "m2"]);
}

#[test]
fn a_gap_names_its_channel() {
    check(
        r#"{"op":"subscribe","channel":"c","since":"5:7"}"#,
        "{\"op\":\"subscribed\",\"channel\":\"c\"}\n\
         {\"op\":\"gap\",\"channel\":\"c\",\"after\":\"5:7\",\"resumed\":\"1763679000:4294967295\"}",
    );
}

#[test]
fn a_publish_is_answered_with_its_id() {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    let other = connect(&mut stage);
    ask(&mut stage, &other, r#"{"op":"subscribe","channel":"c"}"#);
    let request = r#"{"op":"publish","id":"p-1","channel":"c","data":"a\u0000b","event":"e","content_type":"x/y","ttl":"30s","key":"k"}"#;
    assert_eq!(
        ask(&mut stage, &peer, request),
        "{\"op\":\"published\",\"id\":\"p-1\",\"channel\":\"c\",\"message_id\":\"1763680000:0\",\
         \"subscribers\":1,\"repeated\":false}\n"
    );
    assert_eq!(
        heard(&other),
        "{\"op\":\"message\",\"channel\":\"c\",\"message_id\":\"1763680000:0\",\
         \"event\":\"e\",\"content_type\":\"x/y\",\"data\":\"a\\u0000b\"}\n"
    );
    assert_eq!(
        ask(&mut stage, &peer, request),
        "{\"op\":\"published\",\"id\":\"p-1\",\"channel\":\"c\",\"message_id\":\"1763680000:0\",\
         \"subscribers\":0,\"repeated\":true}\n"
    );
    stage.wait(31);
    let late = connect(&mut stage);
    assert_eq!(
        ask(&mut stage, &late, r#"{"op":"subscribe","channel":"c"}"#),
        "{\"op\":\"subscribed\",\"channel\":\"c\"}\n"
    );
}

#[test]
fn bytes_are_published_as_base64() {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    ask(
        &mut stage,
        &peer,
        r#"{"op":"publish","channel":"c","base64":"/wA="}"#,
    );
    let frames = ask(&mut stage, &peer, r#"{"op":"subscribe","channel":"c"}"#);
    assert!(frames.ends_with("\"base64\":\"/wA=\"}\n"), "{frames}");
}

#[test]
fn a_publisher_hears_its_own_message_after_the_answer() {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    ask(&mut stage, &peer, r#"{"op":"subscribe","channel":"c"}"#);
    let frames = ask(
        &mut stage,
        &peer,
        r#"{"op":"publish","channel":"c","data":"m"}"#,
    );
    let operations: Vec<&str> = frames.lines().map(|line| &line[..14]).collect();
    assert_eq!(operations, ["{\"op\":\"publish", "{\"op\":\"message"]);
}

#[test]
fn an_unsubscribed_channel_is_silent() {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    ask(&mut stage, &peer, r#"{"op":"subscribe","channel":"a"}"#);
    ask(&mut stage, &peer, r#"{"op":"subscribe","channel":"b"}"#);
    assert_eq!(
        ask(
            &mut stage,
            &peer,
            r#"{"op":"unsubscribe","id":7,"channel":"a"}"#
        ),
        "{\"op\":\"unsubscribed\",\"id\":7,\"channel\":\"a\"}\n"
    );
    stage.publish("a", draft("unheard"));
    stage.publish("b", draft("heard"));
    assert_eq!(heard(&peer).lines().count(), 1);
}

#[test]
fn a_deleted_channel_ends_and_the_others_go_on() {
    let mut stage = Stage::new();
    stage.publish("a", draft("m"));
    let peer = connect(&mut stage);
    ask(&mut stage, &peer, r#"{"op":"subscribe","channel":"a"}"#);
    ask(&mut stage, &peer, r#"{"op":"subscribe","channel":"b"}"#);
    stage.delete("a");
    assert_eq!(
        heard(&peer),
        "{\"op\":\"end\",\"channel\":\"a\",\"reason\":\"deleted\"}\n"
    );
    stage.take_over("b");
    assert_eq!(
        heard(&peer),
        "{\"op\":\"end\",\"channel\":\"b\",\"reason\":\"conflict\"}\n"
    );
    assert_eq!(
        ask(&mut stage, &peer, r#"{"op":"subscribe","channel":"a"}"#),
        "{\"op\":\"subscribed\",\"channel\":\"a\"}\n"
    );
}

#[test]
fn ids_come_back_as_they_came() {
    check(r#"{"op":"ping","id":0}"#, r#"{"op":"pong","id":0}"#);
    check(
        r#"{"op":"ping","id":9007199254740991}"#,
        r#"{"op":"pong","id":9007199254740991}"#,
    );
    check(r#"{"id":"ä\n","op":"ping"}"#, r#"{"op":"pong","id":"ä\n"}"#);
    check(r#"{"op":"ping","id":""}"#, r#"{"op":"pong","id":""}"#);
    check(r#"{"op":"ping"}"#, r#"{"op":"pong"}"#);
    check(r#"{"op":"ping","id":null}"#, r#"{"op":"pong"}"#);
}

#[test]
fn other_ids_are_refused() {
    let long = format!(r#"{{"op":"ping","id":"{}"}}"#, "x".repeat(65));
    for request in [
        r#"{"op":"ping","id":9007199254740992}"#,
        r#"{"op":"ping","id":-1}"#,
        r#"{"op":"ping","id":1.0}"#,
        r#"{"op":"ping","id":true}"#,
        r#"{"op":"ping","id":[]}"#,
        r#"{"op":"ping","id":{}}"#,
        &long,
    ] {
        check_error(request, "", "bad_request");
    }
    check(
        r#"{"op":"ping","id":-1}"#,
        r#"{"op":"error","code":"bad_request","message":"invalid type: integer `-1`, expected an id: a whole number up to 9007199254740991, or a text of up to 64 bytes"}"#,
    );
}

#[test]
fn errors_say_what_is_wrong_and_which_request() {
    check(
        r#"{"op":"subscribe","id":3}"#,
        r#"{"op":"error","id":3,"code":"bad_request","message":"missing field `channel`"}"#,
    );
    check(
        r#"{"op":"subscribe","id":3,"chanel":"c"}"#,
        r#"{"op":"error","id":3,"code":"bad_request","message":"unknown field `chanel`, expected one of `id`, `channel`, `since`"}"#,
    );
    check(
        r#"{"op":"shout","id":"x"}"#,
        r#"{"op":"error","id":"x","code":"unknown_op","message":"`op` is one of ping, publish, subscribe, unsubscribe"}"#,
    );
    check(
        r#"{"op":"unsubscribe","id":3,"channel":"c"}"#,
        r#"{"op":"error","id":3,"code":"not_subscribed","message":"this connection has not subscribed to that channel"}"#,
    );
}

#[test]
fn what_is_no_request_is_answered_with_an_error() {
    for request in [
        "",
        "{",
        "nonsense",
        "{\"op\":\"ping\"} {}",
        &"[".repeat(500),
    ] {
        check_error(request, "", "bad_json");
    }
    for request in [
        "[]",
        "[\"ping\"]",
        "1",
        "null",
        "\"ping\"",
        "{}",
        r#"{"op":1}"#,
        r#"{"op":null}"#,
    ] {
        check(
            request,
            r#"{"op":"error","code":"bad_request","message":"a request is a JSON object with a text `op`"}"#,
        );
    }
    check_error(r#"{"id":5}"#, r#""id":5,"#, "bad_request");
    check_error(r#"{"op":"ping","id":5,"id":6}"#, "", "bad_request");
    check_error(
        r#"{"op":"ping","id":5,"channel":"c"}"#,
        r#""id":5,"#,
        "bad_request",
    );
    check_error(
        r#"{"op":"subscribe","id":5,"channel":["c"]}"#,
        r#""id":5,"#,
        "bad_request",
    );
}

#[test]
fn what_cannot_be_done_is_answered_with_an_error() {
    let with_id = r#""id":5,"#;
    let long_name = "x".repeat(256);
    let long_name = format!(r#"{{"op":"subscribe","id":5,"channel":"{long_name}"}}"#);
    for (request, code) in [
        (
            r#"{"op":"subscribe","id":5,"channel":""}"#,
            "empty_channel_name",
        ),
        (
            r#"{"op":"subscribe","id":5,"channel":"a\n"}"#,
            "bad_channel_name",
        ),
        (&*long_name, "channel_name_too_long"),
        (
            r#"{"op":"subscribe","id":5,"channel":"c","since":"yesterday"}"#,
            "bad_since",
        ),
        (
            r#"{"op":"subscribe","id":5,"channel":"c","since":"1:0&x"}"#,
            "bad_since",
        ),
        (r#"{"op":"publish","id":5,"channel":"c"}"#, "bad_request"),
        (
            r#"{"op":"publish","id":5,"channel":"c","data":"","base64":""}"#,
            "bad_request",
        ),
        (
            r#"{"op":"publish","id":5,"channel":"c","base64":"/w"}"#,
            "bad_base64",
        ),
        (
            r#"{"op":"publish","id":5,"channel":"c","data":"","ttl":"soon"}"#,
            "bad_ttl",
        ),
        (
            r#"{"op":"publish","id":5,"channel":"c","data":"","event":"a\n"}"#,
            "unfit_field",
        ),
        (
            r#"{"op":"unsubscribe","id":5,"channel":"c"}"#,
            "not_subscribed",
        ),
    ] {
        check_error(request, with_id, code);
    }
}

#[test]
fn limits_name_the_setting_that_decides() {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    for name in ["a", "b", "c"] {
        ask(
            &mut stage,
            &peer,
            &format!(r#"{{"op":"subscribe","channel":"{name}"}}"#),
        );
    }
    assert_eq!(
        ask(
            &mut stage,
            &peer,
            r#"{"op":"subscribe","id":1,"channel":"d"}"#
        ),
        "{\"op\":\"error\",\"id\":1,\"code\":\"too_many_channels\",\
         \"message\":\"this connection has 3 channels, which is the limit\",\
         \"setting\":\"limits.channels_per_connection_max\"}\n"
    );
    assert_eq!(
        ask(
            &mut stage,
            &peer,
            r#"{"op":"subscribe","id":1,"channel":"a"}"#
        ),
        "{\"op\":\"error\",\"id\":1,\"code\":\"already_subscribed\",\
         \"message\":\"this connection has subscribed to that channel already\"}\n"
    );
    let publish = |bytes| {
        format!(
            r#"{{"op":"publish","channel":"z","data":"{}"}}"#,
            "x".repeat(bytes)
        )
    };
    assert!(ask(&mut stage, &peer, &publish(BYTES_MAX)).starts_with("{\"op\":\"published\""));
    assert_eq!(
        ask(&mut stage, &peer, &publish(BYTES_MAX + 1)),
        "{\"op\":\"error\",\"code\":\"message_too_large\",\
         \"message\":\"the message is longer than 1000 bytes, which is the limit\",\
         \"setting\":\"limits.message_bytes_max\"}\n"
    );
}

#[test]
fn a_frame_that_no_request_needs_closes_the_socket() {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    stage.say(&peer, &masked(Opcode::Text, &[b' '; 2 * BYTES_MAX + 8193]));
    assert_eq!(
        peer.bytes(),
        closed(1009, "a message is larger than 10192 bytes")
    );
    assert!(peer.is_finished());
    let peer = connect_with(&mut stage, settings(false));
    stage.say(&peer, &masked(Opcode::Text, &[b' '; 8193]));
    assert_eq!(
        peer.bytes(),
        closed(1009, "a message is larger than 8192 bytes")
    );
}

#[test]
fn publishing_takes_a_key() {
    let mut stage = Stage::new();
    let peer = connect_with(&mut stage, settings(false));
    assert_eq!(
        ask(
            &mut stage,
            &peer,
            r#"{"op":"publish","id":2,"channel":"c","data":"m"}"#
        ),
        "{\"op\":\"error\",\"id\":2,\"code\":\"key_required\",\"message\":\"publishing takes a key, \
         and the handshake had none of this server's: send it there as `Authorization: Bearer KEY`\",\"setting\":\"publish.keys\"}\n"
    );
    assert!(
        ask(&mut stage, &peer, r#"{"op":"subscribe","channel":"c"}"#)
            .starts_with("{\"op\":\"subscribed\"")
    );
}

#[test]
fn a_binary_frame_is_answered_with_an_error() {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    stage.say(&peer, &masked(Opcode::Binary, b"{\"op\":\"ping\"}"));
    assert_eq!(
        heard(&peer),
        "{\"op\":\"error\",\"code\":\"binary_frame\",\
         \"message\":\"a request is JSON in a text frame; send bytes as `base64`\"}\n"
    );
    assert!(peer.is_open());
}

/// A client may send as fast as it likes: what one read brings is answered in order.
#[test]
fn pipelined_requests_are_answered_in_order() {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    let requests: Vec<u8> = (0..1000)
        .flat_map(|n| {
            let request = format!(r#"{{"op":"publish","id":{n},"channel":"c","data":""}}"#);
            masked(Opcode::Text, request.as_bytes())
        })
        .collect();
    stage.say(&peer, &requests);
    let answers = heard(&peer);
    assert_eq!(answers.lines().count(), 1000);
    for (n, line) in answers.lines().enumerate() {
        assert!(
            line.starts_with(&format!("{{\"op\":\"published\",\"id\":{n},")),
            "{line}"
        );
    }
}

#[test]
fn all_readers_share_the_bytes_of_a_frame() {
    let mut stage = Stage::new();
    let peers = [(); 2].map(|()| connect(&mut stage));
    for peer in &peers {
        ask(&mut stage, peer, r#"{"op":"subscribe","channel":"c"}"#);
    }
    stage.publish("c", draft("m"));
    let [one, other] = peers.map(|peer| peer.pieces());
    assert_eq!((one.len(), other.len()), (1, 1));
    assert_eq!(one[0].as_ptr(), other[0].as_ptr());
    assert_eq!(
        one[0],
        frame::encode(
            MessageKind::Text,
            br#"{"op":"message","channel":"c","message_id":"1763680000:0","data":"m"}"#
        )
    );
}

#[test]
fn farewells_say_whether_to_come_back() {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    stage.shut_down();
    assert_eq!(peer.bytes(), closed(1001, "going away"));
    assert!(peer.is_finished());
}

#[test]
fn a_silent_peer_is_asked_and_then_given_up() {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    stage.wait(25);
    assert_eq!(peer.bytes(), b"\x89\x00");
    stage.wait(25);
    assert!(peer.is_reset());
}

proptest! {
    #[test]
    fn every_text_is_answered_once(text in r#"[\PC{}\[\]":,]{0,60}|\{"op":"[a-z]{0,12}"(,"[a-z0-9]{0,8}":("[\PC]{0,9}"|[0-9]{1,20}|null)){0,4}\}"#) {
        let mut stage = Stage::new();
        let peer = connect(&mut stage);
        let answer = ask(&mut stage, &peer, &text);
        prop_assert_eq!(answer.lines().count(), 1, "{}", answer);
        prop_assert!(peer.is_open());
    }

    #[test]
    fn what_is_published_is_heard(payload: String, event in "\\PC{0,20}") {
        let mut stage = Stage::new();
        let peer = connect(&mut stage);
        ask(&mut stage, &peer, r#"{"op":"subscribe","channel":"c"}"#);
        let request = serde_json::json!({"op": "publish", "channel": "c", "data": payload, "event": event});
        let frames = ask(&mut stage, &peer, &request.to_string());
        let message: serde_json::Value = serde_json::from_str(frames.lines().nth(1).unwrap()).unwrap();
        prop_assert_eq!(message["data"].as_str(), Some(&*payload));
        prop_assert_eq!(message["event"].as_str().unwrap_or_default(), event);
    }
}

/// The beginning of a masked text frame that announces `length` bytes and has `begun` of them.
fn beginning(length: u16, begun: usize) -> Vec<u8> {
    let mut frame = vec![0x81, 0xfe];
    frame.extend(length.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(vec![b' '; begun]);
    frame
}

#[test]
fn a_message_has_a_minute_to_become_whole() {
    let mut stage = Stage::new();
    let peer = connect(&mut stage);
    stage.say(&peer, &beginning(1000, 10));
    for _ in 0..2 {
        stage.wait(24);
        // It is there, and so is its ping; but the message is not.
        stage.say(&peer, b" ");
    }
    stage.wait(11);
    assert!(peer.is_open());
    stage.wait(1);
    let goodbye = closed(1008, "the message did not arrive in time");
    assert!(peer.bytes().ends_with(&goodbye));
}

#[test]
fn unfinished_messages_are_bounded_together() {
    let mut stage = Stage::new();
    let settings = settings(true);
    let peers: Vec<_> = (0..10)
        .map(|_| connect_with(&mut stage, settings.clone()))
        .collect();
    for peer in &peers {
        stage.say(peer, &beginning(1000, 999));
    }
    let (open, closed_ones): (Vec<_>, Vec<_>) = peers.iter().partition(|peer| peer.is_open());
    assert!((1..=4).contains(&open.len()), "{} are open", open.len());
    let reason = "too many messages are arriving at this moment; try again";
    for peer in closed_ones {
        assert_eq!(peer.bytes(), closed(1013, reason));
    }
    // The room is given back with messages that were too much, and with one that is whole.
    stage.say(open[0], b" ");
    let another = connect_with(&mut stage, settings.clone());
    stage.say(&another, &beginning(1000, 999));
    assert!(another.is_open());
    assert!(settings.arrivals.bytes() <= 4 * BYTES_MAX);
}

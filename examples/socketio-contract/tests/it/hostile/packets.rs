//! Packets that are none.

use std::net::SocketAddr;

use super::{V4, all_is_well, enter, is_heard};
use crate::site::start;
use crate::websocket::WebSocket;

enum Said {
    Text(String),
    Bytes(Vec<u8>),
}

fn text(text: impl Into<String>) -> Said {
    Said::Text(text.into())
}

fn say(socket: &mut WebSocket, said: &[Said]) {
    for one in said {
        match one {
            Said::Text(text) => socket.text(text),
            Said::Bytes(bytes) => socket.binary(bytes),
        }
    }
}

/// Somebody who has entered says this, and is cut off without a word.
#[track_caller]
fn ends(address: SocketAddr, said: &[Said]) {
    let mut socket = enter(address);
    say(&mut socket, said);
    let outcome = is_heard(&mut socket);
    assert_eq!(outcome, None, "{}", brief(said));
}

/// Somebody who has entered says this, and is answered with that.
#[track_caller]
fn goes_on(address: SocketAddr, said: &[Said], expected: &[&str]) {
    let mut socket = enter(address);
    say(&mut socket, said);
    // What is echoed comes before what is acknowledged after it.
    let outcome = is_heard(&mut socket);
    let expected = expected.iter().map(|&it| it.to_owned()).collect();
    assert_eq!(outcome, Some(expected), "{}", brief(said));
}

fn brief(said: &[Said]) -> String {
    let one = |it: &Said| match it {
        Said::Text(text) => text.chars().take(80).collect(),
        Said::Bytes(bytes) => format!("{} bytes", bytes.len()),
    };
    said.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn what_is_no_packet_ends_the_session() {
    let server = start();
    let deep = format!(r#"42["x",{}{}]"#, "[".repeat(128), "]".repeat(128));
    let long_namespace = format!("40/{},", "n".repeat(5_000));
    let long_name = format!(r#"42["{}"]"#, "e".repeat(1_025));
    for packet in [
        "",
        "4",
        "4abc",
        "47",
        "4-1",
        "x",
        "7",
        "b!",
        "9probe",
        // Payloads of the wrong type, or of none.
        "42{}",
        "42[]",
        "42[null]",
        "42[{}]",
        "42[[\"x\"]]",
        "42\"x\"",
        "42[\"x\"",
        "42[\"x\"]]",
        "42abc[\"x\"]",
        "42-1[\"x\"]",
        "4299999999999999999999[\"x\"]",
        "43{}",
        "43",
        "41{}",
        "41\"x\"",
        "40",
        "40{}",
        "40/custom,[]",
        "40/custom,null",
        "40/custom,\"x\"",
        "44{}",
        "44{\"message\":\"x\"}",
        // The names of call-backs.
        "42[\"connect\"]",
        "42[\"connect_error\"]",
        "42[\"disconnect\"]",
        "42[\"disconnecting\"]",
        "42[\"newListener\"]",
        "42[\"removeListener\"]",
        "420[\"disconnect\"]",
        // Namespaces of others.
        "42/custom,[\"message\",1]",
        "43/custom,0[]",
        "41/custom,",
        "42/nobody,[\"message\"]",
        // Counts of attachments.
        "45[\"x\"]",
        "45-[\"x\"]",
        "450-[\"x\"]",
        "45x-[\"x\"]",
        "4511-[\"x\"]",
        "45-1-[\"x\"]",
        "4599999999999999999999-[\"x\"]",
        "46[\"x\"]",
        // Separators of polling have no meaning here, and none inside of JSON.
        "42[\"message\",\"a\u{1e}b\"]",
        "42[\"message\",1]\u{1e}42[\"message\",2]",
        "42[\"message\",\"\u{0}\"]",
        // The other revision's ping.
        "2",
        &deep,
        &long_namespace,
        &long_name,
    ] {
        if packet == "43" {
            // Tolerated, as in the reference.
            goes_on(server.address(), &[text(packet)], &[]);
            continue;
        }
        ends(server.address(), &[text(packet)]);
    }
    all_is_well(server.address());
}

#[test]
fn what_has_no_meaning_has_no_effect() {
    let server = start();
    let deep = format!("{}{}", "[".repeat(127), "]".repeat(127));
    let deep_back = format!(r#"42["message-back",{deep}]"#);
    for (packet, answer) in [
        ("42", None),
        ("421", None),
        ("431", None),
        ("4399[1]", None),
        ("42[\"nobody handles this\",{\"a\":[]}]", None),
        ("429[\"nobody handles this\"]", None),
        ("3", None),
        ("6", None),
        ("0{}", None),
        // Numbers are names in the reference.
        ("42[5,\"x\"]", None),
        (
            "42[\"message\",\"\\u001e\",\"a\\u001e4b\"]",
            Some("42[\"message-back\",\"\\u001e\",\"a\\u001e4b\"]"),
        ),
        ("42[ \"message\" , 1 ]", Some("42[\"message-back\",1]")),
        ("42/,[\"message\",2]", Some("42[\"message-back\",2]")),
        (
            "42[\"message\",{\"_placeholder\":true,\"num\":0}]",
            Some("42[\"message-back\",{\"_placeholder\":true,\"num\":0}]"),
        ),
        (&format!(r#"42["message",{deep}]"#), Some(&*deep_back)),
    ] {
        let expected: Vec<_> = answer.into_iter().collect();
        goes_on(server.address(), &[text(packet)], &expected);
    }
    all_is_well(server.address());
}

#[test]
fn half_of_a_character_is_no_reason_to_end() {
    let server = start();
    let mut socket = enter(server.address());
    socket.text(r#"42["message","\ud800","\udc00x"]"#);
    let said = is_heard(&mut socket).expect("the session goes on");
    let [said] = &said[..] else {
        panic!("{said:?}")
    };
    assert!(said.starts_with("42[\"message-back\","), "{said}");
}

#[test]
fn a_first_packet_other_than_connect_ends_the_session() {
    let server = start();
    for packet in [
        "42[\"message\",1]",
        "41",
        "430[]",
        "40[]",
        "40null",
        "40\"x\"",
        "40/custom,\"x\"",
    ] {
        let mut socket = WebSocket::open(server.address(), V4);
        socket.hear();
        socket.text(packet);
        assert_eq!(socket.hear_end(), [""; 0], "{packet}");
    }
    all_is_well(server.address());
}

#[test]
fn attachments_come_as_announced_or_the_session_ends() {
    let server = start();
    let one = |number: &str| format!(r#"451-["message",{{"_placeholder":true,"num":{number}}}]"#);
    let bytes = || Said::Bytes(vec![1, 2]);
    // Something else in between, or without being announced.
    ends(
        server.address(),
        &[text(one("0")), text("42[\"message\",1]")],
    );
    ends(server.address(), &[text(one("0")), text("41")]);
    ends(server.address(), &[text(one("0")), text(one("0"))]);
    ends(server.address(), &[bytes()]);
    ends(server.address(), &[text(one("0")), bytes(), bytes()]);
    // Numbers of attachments that there are not.
    for number in [
        "1",
        "-1",
        "0.5",
        "\"0\"",
        "null",
        "1e9",
        "18446744073709551616",
        "[0]",
    ] {
        ends(server.address(), &[text(one(number)), bytes()]);
    }
    ends(
        server.address(),
        &[text(r#"451-["message",{"_placeholder":true}]"#), bytes()],
    );
    ends(
        server.address(),
        &[
            text(r#"451-["message",{"_placeholder":true,"num":{"_placeholder":true,"num":0}}]"#),
            bytes(),
        ],
    );
    all_is_well(server.address());
}

#[test]
fn an_attachment_may_be_named_often_or_never() {
    let server = start();
    let placeholder = r#"{"_placeholder":true,"num":0}"#;
    let mut socket = enter(server.address());
    for arguments in [
        String::new(),
        format!(",{placeholder},{placeholder}"),
        format!(",[[{placeholder}]]"),
    ] {
        socket.text(&format!(r#"451-["message"{arguments}]"#));
        socket.binary(&[1, 2]);
        let back = is_heard(&mut socket).expect("the session goes on");
        assert!(
            back[0].ends_with(&format!("[\"message-back\"{arguments}]")),
            "{back:?}"
        );
    }
}

#[test]
fn attachments_have_a_sum() {
    let server = start();
    let placeholders = (0..10).map(|it| format!(r#",{{"_placeholder":true,"num":{it}}}"#));
    let packet = format!(r#"4510-["x"{}]"#, placeholders.collect::<String>());
    let mut said = vec![text(packet)];
    said.extend((0..10).map(|_| Said::Bytes(vec![0; 900_000])));
    ends(server.address(), &said);
    all_is_well(server.address());
}

#[test]
fn a_message_has_a_size() {
    let server = start();
    let filler = |length: usize| format!(r#"42["m","{}"]"#, "x".repeat(length - 10));
    goes_on(server.address(), &[text(filler(1_000_000))], &[]);
    ends(server.address(), &[text(filler(1_000_001))]);
    ends(
        server.address(),
        &[text(r#"451-["m"]"#), Said::Bytes(vec![0; 1_000_001])],
    );
    all_is_well(server.address());
}

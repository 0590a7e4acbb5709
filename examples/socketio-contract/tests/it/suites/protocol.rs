//! Socket.IO.

use std::net::SocketAddr;

use crate::names::Names;
use crate::site::start;
use crate::websocket::{Frame, WebSocket};

/// A session on a WebSocket.
fn open(address: SocketAddr) -> WebSocket {
    let mut socket = WebSocket::open(address, "/socket.io/?EIO=4&transport=websocket");
    assert!(socket.hear().starts_with("0{"));
    socket
}

/// One that has entered the main namespace.
fn enter(address: SocketAddr) -> WebSocket {
    let mut socket = open(address);
    socket.text("40");
    assert!(socket.hear().starts_with("40{"));
    assert_eq!(socket.hear(), r#"42["auth",{}]"#);
    socket
}

#[test]
fn namespaces_can_be_entered() {
    let server = start();
    for (said, welcome, auth) in [
        ("40", r#"40{"sid":"<id>"}"#, r#"42["auth",{}]"#),
        (
            r#"40{"token":"123"}"#,
            r#"40{"sid":"<id>"}"#,
            r#"42["auth",{"token":"123"}]"#,
        ),
        (
            "40/custom,",
            r#"40/custom,{"sid":"<id>"}"#,
            r#"42/custom,["auth",{}]"#,
        ),
        (
            r#"40/custom,{"token":"abc"}"#,
            r#"40/custom,{"sid":"<id>"}"#,
            r#"42/custom,["auth",{"token":"abc"}]"#,
        ),
    ] {
        let mut socket = open(server.address());
        socket.text(said);
        Names::default().check(welcome, &socket.hear());
        assert_eq!(socket.hear(), auth);
    }
}

#[test]
fn an_unknown_namespace_is_refused() {
    let server = start();
    let mut socket = open(server.address());
    socket.text("40/random");
    assert_eq!(
        socket.hear(),
        r#"44/random,{"message":"Invalid namespace"}"#
    );
}

#[test]
fn a_handshake_that_is_none_ends_the_session() {
    let server = start();
    let mut socket = open(server.address());
    socket.text("4abc");
    assert_eq!(socket.next(), Frame::End);
}

#[test]
fn who_enters_nothing_is_sent_away() {
    let server = start();
    let mut socket = open(server.address());
    // Pings are answered.
    assert_eq!(socket.next(), Frame::End);
}

#[test]
fn the_main_namespace_can_be_left() {
    let server = start();
    let mut socket = enter(server.address());
    socket.text("41");
    // The session goes on.
    assert_eq!(socket.frame(), Frame::Text("2".to_owned()));
}

#[test]
fn a_namespace_can_be_entered_and_left() {
    let server = start();
    let mut socket = enter(server.address());
    socket.text("40/custom");
    assert!(socket.hear().starts_with("40/custom,{"));
    assert_eq!(socket.hear(), r#"42/custom,["auth",{}]"#);
    socket.text("41/custom");
    socket.text(r#"42["message","message to main namespace"]"#);
    let back = r#"42["message-back","message to main namespace"]"#;
    assert_eq!(socket.hear(), back);
}

#[test]
fn messages() {
    let server = start();
    let mut socket = enter(server.address());
    for (said, heard) in [
        (
            r#"42["message",1,"2",{"3":[true]}]"#,
            r#"42["message-back",1,"2",{"3":[true]}]"#,
        ),
        (
            r#"42456["message-with-ack",1,"2",{"3":[false]}]"#,
            r#"43456[1,"2",{"3":[false]}]"#,
        ),
    ] {
        socket.text(said);
        assert_eq!(socket.hear(), heard);
    }
}

#[test]
fn messages_with_attachments() {
    let server = start();
    let mut socket = enter(server.address());
    let both = r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#;
    for (said, heard) in [
        (
            format!(r#"452-["message",{both}]"#),
            format!(r#"452-["message-back",{both}]"#),
        ),
        (
            format!(r#"452-789["message-with-ack",{both}]"#),
            format!("462-789[{both}]"),
        ),
    ] {
        socket.text(&said);
        socket.binary(&[1, 2, 3]);
        socket.binary(&[4, 5, 6]);
        assert_eq!(socket.hear(), heard);
        assert_eq!(socket.next(), Frame::Binary(vec![1, 2, 3]));
        assert_eq!(socket.next(), Frame::Binary(vec![4, 5, 6]));
    }
}

#[test]
fn what_is_no_packet_ends_the_session() {
    let server = start();
    for packet in [
        "4abc",
        "42{}",
        r#"42abc["message-with-ack",1,"2",{"3":[false]}]"#,
    ] {
        let mut socket = enter(server.address());
        socket.text(packet);
        assert_eq!(socket.next(), Frame::End, "{packet}");
    }
}

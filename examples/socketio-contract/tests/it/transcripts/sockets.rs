//! WebSockets: 12.2, 12.4, 12.6, 12.7, 12.10.

use std::net::SocketAddr;

use crate::names::Names;
use crate::site::start;
use crate::websocket::{Frame, WebSocket};

/// One line of a transcript.
enum Line {
    Say(&'static str),
    SayBytes(&'static [u8]),
    Hear(&'static str),
    HearBytes(&'static [u8]),
}

use Line::{Hear, HearBytes, Say, SayBytes};

/// Opens a WebSocket and holds a conversation there; both sides close.
fn check(names: &mut Names, address: SocketAddr, target: &str, lines: &[Line]) {
    let mut socket = WebSocket::open(address, target);
    talk(names, &mut socket, lines);
    socket.close();
    assert_eq!(socket.next(), Frame::End);
}

fn talk(names: &mut Names, socket: &mut WebSocket, lines: &[Line]) {
    for line in lines {
        match line {
            Say(text) => socket.text(&names.fill(text)),
            SayBytes(bytes) => socket.binary(bytes),
            Hear(text) => names.check(text, &socket.hear()),
            HearBytes(bytes) => assert_eq!(socket.next(), Frame::Binary(bytes.to_vec())),
        }
    }
}

const V4: &str = "/sio/?EIO=4&transport=websocket";

const OPEN: Line = Hear(
    r#"0{"sid":"<sid>","upgrades":[],"pingInterval":1000,"pingTimeout":2000,"maxPayload":1000000}"#,
);

#[test]
fn connect_with_auth_event_acknowledgement_leave() {
    let server = start();
    let lines = [
        OPEN,
        Say(r#"40{"token":"123"}"#),
        Hear(r#"40{"sid":"<id>"}"#),
        Hear(r#"42["auth",{"token":"123"}]"#),
        Say(r#"42["message",1,"2",{"3":[true]}]"#),
        Hear(r#"42["message-back",1,"2",{"3":[true]}]"#),
        Say(r#"420["message-with-ack","héllo €"]"#),
        Hear(r#"430["héllo €"]"#),
        Say("41"),
    ];
    check(&mut Names::default(), server.address(), V4, &lines);
}

#[test]
fn binary_event_and_acknowledgement() {
    let server = start();
    let lines = [
        OPEN,
        Say("40"),
        Hear(r#"40{"sid":"<id>"}"#),
        Hear(r#"42["auth",{}]"#),
        Say(
            r#"452-["message",{"file":{"_placeholder":true,"num":0},"name":"a.bin"},{"_placeholder":true,"num":1}]"#,
        ),
        SayBytes(&[1, 2, 3, 4]),
        SayBytes(&[0xff, 0xfe]),
        Hear(
            r#"452-["message-back",{"file":{"_placeholder":true,"num":0},"name":"a.bin"},{"_placeholder":true,"num":1}]"#,
        ),
        HearBytes(&[1, 2, 3, 4]),
        HearBytes(&[0xff, 0xfe]),
        Say(r#"451-0["message-with-ack",{"_placeholder":true,"num":0}]"#),
        SayBytes(&[5, 6]),
        Hear(r#"461-0[{"_placeholder":true,"num":0}]"#),
        HearBytes(&[5, 6]),
        Say("41"),
    ];
    check(&mut Names::default(), server.address(), V4, &lines);
}

#[test]
fn refused_and_accepted_auth_and_an_unknown_namespace() {
    let server = start();
    let refused = [
        OPEN,
        Say(r#"40/admin,{"token":"wrong"}"#),
        Hear(r#"44/admin,{"message":"not authorized","data":{"code":4001,"hint":"bad token"}}"#),
    ];
    check(&mut Names::default(), server.address(), V4, &refused);
    let accepted = [
        OPEN,
        Say(r#"40/admin,{"token":"secret"}"#),
        Hear(r#"40/admin,{"sid":"<id>"}"#),
        Hear(r#"42/admin,["auth",{"token":"secret"}]"#),
        Say("40/unknown,"),
        Hear(r#"44/unknown,{"message":"Invalid namespace"}"#),
        Say("41/admin,"),
    ];
    check(&mut Names::default(), server.address(), V4, &accepted);
}

#[test]
fn recovery() {
    let server = start();
    let target = "/sio-csr/?EIO=4&transport=websocket";
    let open = || {
        Hear(
            r#"0{"sid":"<sid>","upgrades":[],"pingInterval":5000,"pingTimeout":5000,"maxPayload":1000000}"#,
        )
    };
    // Somebody who tells when all has been said.
    let mut witness = WebSocket::open(server.address(), target);
    let there = [open(), Say("40"), Hear(r#"40{"sid":"<a>","pid":"<b>"}"#)];
    let mut witnessed = Names::default();
    talk(&mut witnessed, &mut witness, &there);
    talk(
        &mut witnessed,
        &mut witness,
        &[Hear(r#"42["auth",{},"<c>"]"#)],
    );

    let mut names = Names::default();
    let before = [
        open(),
        Say("40"),
        Hear(r#"40{"sid":"<id>","pid":"<pid>"}"#),
        Hear(r#"42["auth",{},"<place>"]"#),
        Say(r#"42["in-later",50,null,"n",0]"#),
        Say(r#"42["in-later",100,null,"n",1]"#),
    ];
    check(&mut names, server.address(), target, &before);

    let both = [Hear(r#"42["n",0,"<d>"]"#), Hear(r#"42["n",1,"<e>"]"#)];
    talk(&mut witnessed, &mut witness, &both);
    let after = [
        Hear(
            r#"0{"sid":"<sid2>","upgrades":[],"pingInterval":5000,"pingTimeout":5000,"maxPayload":1000000}"#,
        ),
        Say(r#"40{"pid":"<pid>","offset":"<place>"}"#),
        Hear(r#"42["n",0,"<place2>"]"#),
        Hear(r#"42["n",1,"<place3>"]"#),
        Hear(r#"40{"sid":"<id>","pid":"<pid>"}"#),
        Hear(r#"42["auth",{"pid":"<pid>","offset":"<place>"},"<place4>"]"#),
    ];
    check(&mut names, server.address(), target, &after);
}

#[test]
fn clients_2_with_namespaces_and_their_heartbeat() {
    let server = start();
    let lines = [
        OPEN,
        Hear("40"),
        Hear(r#"42["auth",{}]"#),
        Say(r#"451-["message","h€llo",{"_placeholder":true,"num":0}]"#),
        SayBytes(&[4, 1, 2, 3, 4]),
        Hear(r#"451-["message-back","h€llo",{"_placeholder":true,"num":0}]"#),
        HearBytes(&[4, 1, 2, 3, 4]),
        Say("40/custom?token=abc,"),
        Hear("40/custom,"),
        Hear(r#"42/custom,["auth",{"token":"abc"}]"#),
        Say(r#"42/custom,0["message-with-ack",{"a":1}]"#),
        Hear(r#"43/custom,0[{"a":1}]"#),
        Say("40/admin,"),
        Hear(r#"44/admin,{"code":4001,"hint":"bad token"}"#),
        Say("2"),
        Hear("3"),
        Say("41/custom,"),
        Say("41"),
    ];
    let target = "/sio/?a=b&EIO=3&transport=websocket";
    check(&mut Names::default(), server.address(), target, &lines);
}

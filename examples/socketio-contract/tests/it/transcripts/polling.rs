//! Polling and the way from there to a WebSocket, revision 4: 12.1, 12.3, 12.5.

use fanfare_testkit::server::Server;

use crate::http::get;
use crate::names::Names;
use crate::poller::Poller;
use crate::site::start;
use crate::websocket::{Frame, WebSocket};

const OPEN: &str = r#"0{"sid":"<sid>","upgrades":["websocket"],"pingInterval":1000,"pingTimeout":2000,"maxPayload":1000000}"#;

/// Opens a session and enters the main namespace.
fn enter(server: &Server, connect: &str, auth: &str) -> (Names, Poller) {
    let mut names = Names::default();
    let target = "/sio/?EIO=4&transport=polling";
    let reply = get(server.address(), target);
    let is = |name| reply.field(name).unwrap_or_default();
    assert_eq!(
        (reply.status, is("content-type"), is("cache-control")),
        (200, "text/plain; charset=UTF-8", "no-store")
    );
    names.check(OPEN, reply.text());

    let mut poller = Poller::open(server.address(), "/sio/");
    poller.say(connect);
    names.check(r#"40{"sid":"<id>"}"#, &poller.hear());
    names.check(auth, &poller.hear());
    (names, poller)
}

/// The client says goodbye; the poll that waits meanwhile ends.
fn leave(poller: &Poller) {
    let mut waiting = poller.begin();
    poller.say("41");
    poller.say("1");
    let answer = waiting.reply();
    assert!(matches!(answer.text(), "6" | "2\u{1e}6"), "{answer:?}");
    assert_eq!(poller.get().status, 400);
}

#[test]
fn connect_with_auth_event_acknowledgement_leave() {
    let server = start();
    let (_, mut poller) = enter(
        &server,
        r#"40{"token":"123"}"#,
        r#"42["auth",{"token":"123"}]"#,
    );
    poller.say(r#"42["message",1,"2",{"3":[true]}]"#);
    assert_eq!(poller.hear(), r#"42["message-back",1,"2",{"3":[true]}]"#);
    poller.say(r#"420["message-with-ack","héllo €"]"#);
    assert_eq!(poller.hear(), r#"430["héllo €"]"#);
    leave(&poller);
}

#[test]
fn binary_event_and_acknowledgement() {
    let server = start();
    let (_, mut poller) = enter(&server, "40", r#"42["auth",{}]"#);
    let said = |name| {
        format!(
            r#"452-["{name}",{{"file":{{"_placeholder":true,"num":0}},"name":"a.bin"}},{{"_placeholder":true,"num":1}}]"#
        )
    };
    poller.say(&said("message"));
    poller.say("bAQIDBA==\u{1e}b//4=");
    assert_eq!(poller.hear(), said("message-back"));
    assert_eq!([poller.hear(), poller.hear()], ["bAQIDBA==", "b//4="]);
    poller.say(r#"451-0["message-with-ack",{"_placeholder":true,"num":0}]"#);
    poller.say("bBQY=");
    assert_eq!(poller.hear(), r#"461-0[{"_placeholder":true,"num":0}]"#);
    assert_eq!(poller.hear(), "bBQY=");
    leave(&poller);
}

#[test]
fn upgrade() {
    let server = start();
    let mut poller = Poller::open(server.address(), "/sio/");
    let posted = poller.begin_post("40");
    let target = poller.target.replace("polling", "websocket");
    let mut socket = WebSocket::open(server.address(), &target);
    let mut waiting = poller.begin();
    let mut posted = posted;
    assert_eq!(posted.reply().text(), "ok");
    poller.take(&waiting.reply());
    Names::default().check(r#"40{"sid":"<id>"}"#, &poller.hear());
    assert_eq!(poller.hear(), r#"42["auth",{}]"#);
    socket.text("2probe");
    assert_eq!(socket.frame(), Frame::Text("3probe".to_owned()));
    socket.text("5");
    socket.text(r#"420["message-with-ack","after upgrade"]"#);
    assert_eq!(socket.hear(), r#"430["after upgrade"]"#);
    socket.text("41");
    socket.close();
    assert_eq!(socket.next(), Frame::End);
}

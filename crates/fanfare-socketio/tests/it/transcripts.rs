//! Recorded conversations of official clients with the reference server, byte for byte: the
//! application is played by the test, the session and the packets are ours.

use fanfare_socketio::engine::session::{Output, PostBody, Received};
use fanfare_socketio::engine::{Answer, Body, Encoded, RequestId, Revision, SocketId};
use fanfare_socketio::{
    ConnectPayload, Data, Decoder, DecoderSettings, Json, NamespaceName, Packet, PacketBody, Value,
};

use crate::conversation::{Conversation, settings};
use crate::decoder::json;

/// A mount whose application greets with `auth`, echoes `message` and answers `message-with-ack`.
struct Mount {
    it: Conversation,
    decoder: Decoder,
    revision: Revision,
    answers: Vec<(u64, Answer)>,
    sent: Vec<Encoded>,
}

impl Mount {
    fn open(query: &str) -> Self {
        let settings = fanfare_socketio::engine::Settings {
            payload_bytes_max: 1_000_000,
            buffer_bytes_max: 1_000_000,
            ..settings()
        };
        let revision = if query.contains("EIO=4") {
            Revision::V4
        } else {
            Revision::V3
        };
        let mut mount = Self {
            it: Conversation::opening(query, settings),
            decoder: Decoder::default(),
            revision,
            answers: Vec::new(),
            sent: Vec::new(),
        };
        if query.contains("polling") {
            mount.get(0);
        }
        mount.drive();
        mount.answers.clear();
        mount.sent.clear();
        mount
    }

    fn get(&mut self, request: u64) {
        self.it.session.get(RequestId(request), None, self.it.now());
        self.drive();
    }

    fn post(&mut self, request: u64, body: PostBody<'_>) {
        let now = self.it.now();
        assert!(self.it.session.post_begins(RequestId(request)));
        self.it.session.post(RequestId(request), body, now);
        self.drive();
        self.answered(request, "ok");
    }

    fn post_text(&mut self, request: u64, body: &str) {
        self.post(request, PostBody::Text(body.as_bytes()));
    }

    fn frame(&mut self, body: Body<'_>) {
        let now = self.it.now();
        self.it.session.socket_message(SocketId(0), body, now);
        self.drive();
    }

    fn answered(&mut self, request: u64, body: &str) {
        self.answered_bytes(request, body.as_bytes());
    }

    fn answered_bytes(&mut self, request: u64, body: &[u8]) {
        let at = self
            .answers
            .iter()
            .position(|(it, _)| *it == request)
            .unwrap();
        let (_, answer) = self.answers.remove(at);
        assert_eq!(
            answer.body,
            body,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
    }

    fn sent(&mut self, expected: &[Encoded]) {
        assert_eq!(std::mem::take(&mut self.sent), expected);
    }

    fn drive(&mut self) {
        while let Some(output) = self.it.session.next_output() {
            match output {
                Output::Answer { request, answer } => self.answers.push((request.0, answer)),
                Output::Message(message) => self.message(message),
                Output::Send { message, .. } => self.sent.push(message),
                _ => {}
            }
        }
    }

    fn message(&mut self, message: Received) {
        let settings = DecoderSettings::new(self.revision);
        if let Some(packet) = self.decoder.decode(message, &settings).unwrap() {
            for reply in application(packet) {
                for message in reply.encode() {
                    self.it.session.send(message);
                }
            }
        }
    }
}

/// What the application of the recordings says to a packet.
fn application(packet: Packet) -> Vec<Packet> {
    let Packet { namespace, body } = packet;
    match body {
        PacketBody::Connect(auth) => {
            let (reply, auth) = match auth {
                ConnectPayload::Query(_) => (ConnectPayload::Absent, json("{\"token\":\"abc\"}")),
                ConnectPayload::Object(auth) => {
                    (ConnectPayload::Object(json("{\"sid\":\"S\"}")), auth)
                }
                ConnectPayload::Absent => {
                    (ConnectPayload::Object(json("{\"sid\":\"S\"}")), json("{}"))
                }
            };
            let connect = PacketBody::Connect(reply);
            vec![
                Packet {
                    namespace: namespace.clone(),
                    body: connect,
                },
                Packet::event(namespace, "auth", &[Value::Json(auth)], None),
            ]
        }
        PacketBody::Event {
            ack: Some(ack),
            data,
            ..
        } => {
            vec![Packet::ack(namespace, ack, &arguments(&data))]
        }
        PacketBody::Event {
            ack: None, data, ..
        } => {
            vec![Packet::event(
                namespace,
                "message-back",
                &arguments(&data),
                None,
            )]
        }
        _ => Vec::new(),
    }
}

fn arguments(data: &Data) -> Vec<Value<'_>> {
    data.values().unwrap().split_off(1)
}

fn text(text: &str) -> Encoded {
    crate::text(text)
}

#[test]
fn polling_in_revision_4() {
    let mut it = Mount::open("EIO=4&transport=polling&t=kru5iyna");
    it.post_text(2, r#"40{"token":"123"}"#);
    it.get(3);
    it.answered(3, "40{\"sid\":\"S\"}\x1e42[\"auth\",{\"token\":\"123\"}]");
    it.get(4);
    it.post_text(5, r#"42["message",1,"2",{"3":[true]}]"#);
    it.answered(4, r#"42["message-back",1,"2",{"3":[true]}]"#);
    it.get(6);
    it.post_text(7, "420[\"message-with-ack\",\"h\u{e9}llo \u{20ac}\"]");
    it.answered(6, "430[\"h\u{e9}llo \u{20ac}\"]");
    it.get(8);
    it.post_text(9, "41");
    it.post_text(10, "1");
    it.answered(8, "6");
}

#[test]
fn a_websocket_in_revision_4() {
    let mut it = Mount::open("EIO=4&transport=websocket");
    it.frame(Body::Text(r#"40{"token":"123"}"#));
    it.sent(&[
        text(r#"40{"sid":"S"}"#),
        text(r#"42["auth",{"token":"123"}]"#),
    ]);
    it.frame(Body::Text(r#"42["message",1,"2",{"3":[true]}]"#));
    it.sent(&[text(r#"42["message-back",1,"2",{"3":[true]}]"#)]);
    it.frame(Body::Text(
        "420[\"message-with-ack\",\"h\u{e9}llo \u{20ac}\"]",
    ));
    it.sent(&[text("430[\"h\u{e9}llo \u{20ac}\"]")]);
}

#[test]
fn binary_over_a_websocket_in_revision_4() {
    let mut it = Mount::open("EIO=4&transport=websocket");
    it.frame(Body::Text(r#"452-["message",{"file":{"_placeholder":true,"num":0},"name":"a.bin"},{"_placeholder":true,"num":1}]"#));
    it.frame(Body::Binary(&[1, 2, 3, 4]));
    it.sent(&[]);
    it.frame(Body::Binary(&[0xff, 0xfe]));
    it.sent(&[
        text(r#"452-["message-back",{"file":{"_placeholder":true,"num":0},"name":"a.bin"},{"_placeholder":true,"num":1}]"#),
        crate::binary(&[1, 2, 3, 4]),
        crate::binary(&[0xff, 0xfe]),
    ]);
    it.frame(Body::Text(
        r#"451-0["message-with-ack",{"_placeholder":true,"num":0}]"#,
    ));
    it.frame(Body::Binary(&[5, 6]));
    it.sent(&[
        text(r#"461-0[{"_placeholder":true,"num":0}]"#),
        crate::binary(&[5, 6]),
    ]);
}

#[test]
fn binary_over_polling_in_revision_4() {
    let mut it = Mount::open("EIO=4&transport=polling");
    let arguments =
        r#"{"file":{"_placeholder":true,"num":0},"name":"a.bin"},{"_placeholder":true,"num":1}]"#;
    it.post_text(5, &format!("452-[\"message\",{arguments}"));
    it.post_text(6, "bAQIDBA==\x1eb//4=");
    it.get(4);
    it.answered(
        4,
        &format!("452-[\"message-back\",{arguments}\x1ebAQIDBA==\x1eb//4="),
    );
    it.get(8);
    it.post_text(
        9,
        r#"451-0["message-with-ack",{"_placeholder":true,"num":0}]"#,
    );
    it.post_text(10, "bBQY=");
    it.answered(8, "461-0[{\"_placeholder\":true,\"num\":0}]\x1ebBQY=");
}

#[test]
fn binary_over_polling_in_revision_3_as_base64() {
    let mut it = Mount::open("EIO=3&transport=polling&t=Q7xAVzU&b64=1");
    it.get(2);
    it.post_text(
        3,
        "53:451-[\"message\",\"h\u{20ac}llo\",{\"_placeholder\":true,\"num\":0}]",
    );
    it.post_text(5, "10:b4AQIDBA==");
    let back = "58:451-[\"message-back\",\"h\u{20ac}llo\",{\"_placeholder\":true,\"num\":0}]";
    it.answered(2, &format!("{back}10:b4AQIDBA=="));
    it.get(6);
    it.post_text(7, "31:420[\"message-with-ack\",{\"a\":1}]");
    it.answered(6, "12:430[{\"a\":1}]");
    it.get(9);
    it.post_text(10, "2:41");
    it.post_text(11, "1:1");
    it.answered(9, "1:6");
}

#[test]
fn binary_over_polling_in_revision_3_as_bytes() {
    let mut it = Mount::open("EIO=3&transport=polling");
    it.post(1, PostBody::Binary(b"\x00\x05\x05\xff451-[\"message\",\"h\xe2\x82\xacllo\",{\"_placeholder\":true,\"num\":0}]\x01\x05\xff\x04\x01\x02\x03\x04"));
    it.get(2);
    it.answered_bytes(2, b"\x00\x06\x00\xff451-[\"message-back\",\"h\xe2\x82\xacllo\",{\"_placeholder\":true,\"num\":0}]\x01\x05\xff\x04\x01\x02\x03\x04");
    it.get(4);
    it.post_text(3, "31:420[\"message-with-ack\",{\"a\":1}]1:2");
    it.answered(4, "1:312:430[{\"a\":1}]");
}

#[test]
fn a_websocket_in_revision_3() {
    let mut it = Mount::open("a=b&EIO=3&transport=websocket");
    it.frame(Body::Text(
        "451-[\"message\",\"h\u{20ac}llo\",{\"_placeholder\":true,\"num\":0}]",
    ));
    it.frame(Body::Binary(&[4, 1, 2, 3, 4]));
    it.sent(&[
        text("451-[\"message-back\",\"h\u{20ac}llo\",{\"_placeholder\":true,\"num\":0}]"),
        crate::binary(&[4, 1, 2, 3, 4]),
    ]);
    it.frame(Body::Text("40/custom?token=abc,"));
    it.sent(&[
        text("40/custom,"),
        text(r#"42/custom,["auth",{"token":"abc"}]"#),
    ]);
    it.frame(Body::Text(r#"42/custom,0["message-with-ack",{"a":1}]"#));
    it.sent(&[text(r#"43/custom,0[{"a":1}]"#)]);
    it.frame(Body::Text("2"));
    it.sent(&[text("3")]);
    it.frame(Body::Text("41/custom,"));
    it.sent(&[]);
}

#[test]
fn a_script_in_revision_3() {
    let mut it = Mount::open("EIO=3&transport=polling&j=0&b64=1");
    it.post(
        1,
        PostBody::Form(b"d=24%3A42%5B%22message%22%2C%22a%5C%5Cnb%22%2C%22%E2%82%AC%22%5D"),
    );
    let now = it.it.now();
    it.it.session.get(RequestId(2), Some(1), now);
    it.drive();
    it.answered(
        2,
        "___eio[1](\"29:42[\\\"message-back\\\",\\\"a\\\\nb\\\",\\\"\u{20ac}\\\"]\");",
    );
    it.post(3, PostBody::Form(b"d=1%3A1"));
}

#[test]
fn refusals_of_a_namespace() {
    let check = |namespace: &str, refusal: &str, expected: &str| {
        let packet = Packet {
            namespace: NamespaceName::parse(namespace).unwrap(),
            body: PacketBody::ConnectError(Json::parse(refusal).unwrap().into_owned()),
        };
        assert_eq!(packet.encode(), [text(expected)]);
    };
    let refusal = r#"{"message":"not authorized","data":{"code":4001,"hint":"bad token"}}"#;
    check("/admin", refusal, &format!("44/admin,{refusal}"));
    let refusal = r#"{"message":"Invalid namespace"}"#;
    check("/unknown", refusal, &format!("44/unknown,{refusal}"));
    check(
        "/nope",
        "\"Invalid namespace\"",
        "44/nope,\"Invalid namespace\"",
    );
}

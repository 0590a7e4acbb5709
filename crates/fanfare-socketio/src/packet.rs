//! Socket.IO packets and how they are written.
//!
//! Source: Socket.IO protocol 5, "Packet encoding"; protocol 4 (clients 1.x and 2.x) has the same
//! grammar. Protocol 1 has another, for the same things.

use bytes::Bytes;

use crate::data::Data;
use crate::engine::{Encoded, Revision};
use crate::json::Json;
use crate::name::NamespaceName;
use crate::protocol1;
use crate::value::Value;

/// Events that no packet may name: they are call-backs of the API, and a client could pretend that
/// they happened.
///
/// Source: the reference's parser.
pub const RESERVED_EVENTS: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

/// A packet of one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Which.
    pub namespace: NamespaceName,
    /// What it says.
    pub body: PacketBody,
}

/// What a packet says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PacketBody {
    /// Enter the namespace, or: you have entered it.
    Connect(ConnectPayload),
    /// Leave the namespace, or: you have to.
    Disconnect,
    /// Something happened.
    Event {
        /// The number under which an acknowledgement is wanted.
        ack: Option<u64>,
        /// Its name. A number stands for itself.
        name: Box<str>,
        /// Name and arguments.
        data: Data,
    },
    /// Answers an event.
    Ack {
        /// The event's number.
        ack: u64,
        /// The arguments of the answer.
        data: Data,
    },
    /// You may not enter. In protocol 5 an object, in protocol 4 any value.
    ConnectError(Json<'static>),
}

/// What comes with a connect packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectPayload {
    /// Nothing.
    Absent,
    /// An object: credentials to the server; `sid` and `pid` to the client. Protocol 5.
    Object(Json<'static>),
    /// The query that protocol 4 has behind the name of a namespace, without question mark.
    Query(Box<str>),
}

impl Packet {
    /// An event. Its name should not be one of [`RESERVED_EVENTS`]: the receiver ends the session.
    pub fn event(
        namespace: NamespaceName,
        name: &str,
        arguments: &[Value<'_>],
        ack: Option<u64>,
    ) -> Self {
        let written = Json::assembled(serde_json::Value::from(name).to_string());
        let values: Vec<_> = std::iter::once(Value::Json(written))
            .chain(arguments.iter().cloned())
            .collect();
        let body = PacketBody::Event {
            ack,
            name: name.into(),
            data: Data::of(&values),
        };
        Self { namespace, body }
    }

    /// The answer to the event with this number.
    pub fn ack(namespace: NamespaceName, ack: u64, arguments: &[Value<'_>]) -> Self {
        let data = Data::of(arguments);
        Self {
            namespace,
            body: PacketBody::Ack { ack, data },
        }
    }

    /// Makes the Engine.IO messages that carry it: the text, then each attachment.
    ///
    /// They belong together. Nothing of the same session may come between them.
    pub fn encode(&self) -> Vec<Encoded> {
        let (digit, ack, json, attachments) = self.parts();
        let mut text = String::from("4");
        text.push(digit);
        if !attachments.is_empty() {
            text.push_str(&attachments.len().to_string());
            text.push('-');
        }
        let query = match &self.body {
            PacketBody::Connect(ConnectPayload::Query(query)) => Some(query),
            _ => None,
        };
        if !self.namespace.is_main() || query.is_some() {
            text.push_str(self.namespace.as_str());
            if let Some(query) = query {
                text.push('?');
                text.push_str(query);
            }
            text.push(',');
        }
        if let Some(ack) = ack {
            text.push_str(&ack.to_string());
        }
        text.push_str(json);
        let mut messages = vec![Encoded::Text(text.into())];
        messages.extend(attachments.iter().cloned().map(Encoded::Binary));
        messages
    }

    /// The same in the words of a revision. Those of [`Revision::V1`] know no attachments: the
    /// bytes are in the text, as base64.
    pub fn encode_for(&self, revision: Revision) -> Vec<Encoded> {
        match revision {
            Revision::V1 => vec![Encoded::text_message(&protocol1::write(self))],
            Revision::V3 | Revision::V4 => self.encode(),
        }
    }

    fn parts(&self) -> (char, Option<u64>, &str, &[Bytes]) {
        match &self.body {
            PacketBody::Connect(ConnectPayload::Object(json)) => ('0', None, json.as_str(), &[]),
            PacketBody::Connect(ConnectPayload::Absent | ConnectPayload::Query(_)) => {
                ('0', None, "", &[])
            }
            PacketBody::Disconnect => ('1', None, "", &[]),
            PacketBody::Event { ack, data, .. } => {
                let digit = if data.attachments().is_empty() {
                    '2'
                } else {
                    '5'
                };
                (digit, *ack, data.json().as_str(), data.attachments())
            }
            PacketBody::Ack { ack, data } => {
                let digit = if data.attachments().is_empty() {
                    '3'
                } else {
                    '6'
                };
                (digit, Some(*ack), data.json().as_str(), data.attachments())
            }
            PacketBody::ConnectError(json) => ('4', None, json.as_str(), &[]),
        }
    }
}

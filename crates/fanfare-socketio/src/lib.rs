//! Socket.IO for all clients since 2017, without I/O.
//!
//! Two layers, as in the protocol. [`engine`] makes a pipe of messages out of polling requests and
//! WebSockets: its noun is the [`Session`](engine::Session). What runs in the pipe are
//! [`Packet`]s of namespaces, which a [`Decoder`] reads together with their attachments.
//!
//! ```text
//! request ─ Query, judge ─▶ Session ─ Output::Message ─▶ Decoder ─▶ Packet ─▶ application
//! response, frames ◀─ Output ─ Session ◀─ send ─ Encoded ◀─ encode ─ Packet ◀─┘
//! ```
//!
//! Payloads stay the JSON text that they came as ([`json`], [`Data`]): what is sent on to others
//! is neither parsed into values nor changed. Time is an argument, sockets are the driver's.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Instant;
//!
//! use fanfare_socketio::engine::session::{Output, PostBody, RequestId};
//! use fanfare_socketio::engine::{Query, Revision, Served, Session, Transport, Verdict, judge};
//! use fanfare_socketio::engine::{Request, Settings};
//! use fanfare_socketio::{Decoder, DecoderSettings, PacketBody};
//!
//! let served = Served {
//!     transports: &[Transport::Polling],
//!     revisions: &[Revision::V4],
//! };
//! let query = Query::parse("EIO=4&transport=polling");
//! let request = Request { method: &http::Method::GET, is_upgrade: false, origin: None, query: &query };
//! let Ok(Verdict::Handshake(candidate)) = judge(&request, &served, None) else { panic!() };
//! let handshake = candidate.agreed(&served).unwrap();
//!
//! let now = Instant::now();
//! let mut session = Session::polling(Arc::new(Settings::default()), handshake, "Zm9v", now);
//! session.get(RequestId(1), None);
//! let Some(Output::Answer { answer, .. }) = session.next_output() else { panic!() };
//! assert!(answer.body.starts_with(br#"0{"sid":"Zm9v","upgrades":["websocket"]"#));
//!
//! assert!(session.post_begins(RequestId(2)));
//! session.post(RequestId(2), PostBody::Text(br#"42["hello",1]"#), now);
//! let Some(Output::Message(message)) = session.next_output() else { panic!() };
//! let packet = Decoder::default().decode(message, &DecoderSettings::new(Revision::V4)).unwrap();
//! let PacketBody::Event { name, data, .. } = packet.unwrap().body else { panic!() };
//! assert_eq!((&*name, data.json().as_str()), ("hello", r#"["hello",1]"#));
//! ```
//!
//! Not here yet: everything that knows more than one session or touches a socket. That is
//! connections to namespaces and their middlewares, rooms and broadcasts on the hub, recovery,
//! acknowledgements that are awaited, the msgpack parser, the 0.6 dialect, and the service that
//! puts it all into an application.

pub mod data;
pub mod decoder;
pub mod engine;
mod form;
pub mod json;
pub mod limits;
pub mod namespace;
pub mod packet;
pub mod placeholder;
pub mod value;

pub use data::Data;
pub use decoder::{DecodeError, Decoder, DecoderSettings};
pub use json::Json;
pub use namespace::Namespace;
pub use packet::{Auth, Packet, PacketBody};
pub use value::Value;

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

mod ack;
#[cfg(feature = "bundles")]
pub mod bundle;
pub mod context;
pub mod data;
pub mod decoder;
pub mod emitter;
pub mod engine;
mod form;
mod forms;
pub mod handler;
pub mod handlers;
pub mod handshake;
pub mod io;
pub mod json;
pub mod limits;
mod lock;
mod log;
#[cfg(feature = "msgpack")]
pub mod msgpack;
#[cfg(feature = "museum")]
pub mod museum;
pub mod name;
mod namespace;
pub mod packet;
mod parser;
mod peer;
pub mod placeholder;
mod reason;
mod record;
mod rooms;
mod run;
mod secret;
pub mod socket;
mod typed;
pub mod value;

pub use ack::{Ack, AckError};
pub use context::{Args, Auth, Event, FromContext, SocketError, State};
pub use data::Data;
pub use decoder::{DecodeError, Decoder, DecoderSettings};
pub use emitter::{EmitError, Emitter, IntoArguments, IntoRooms};
pub use forms::Announcement;
pub use handler::Handler;
pub use handlers::{Handlers, Refused};
pub use handshake::Handshake;
pub use io::{Builder, SocketIo};
pub use json::Json;
pub use log::Recovery;
pub use name::NamespaceName;
pub use namespace::Namespace;
pub use packet::{ConnectPayload, Packet, PacketBody};
pub use parser::Parser;
pub use reason::Reason;
pub use socket::Socket;
pub use value::Value;

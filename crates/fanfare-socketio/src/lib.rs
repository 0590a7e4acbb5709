//! Socket.IO for applications in axum, tower or hyper: events, acknowledgements, rooms and recovery,
//! for the official clients of every generation: those of today at once, older ones if the
//! [`Builder`] allows them ([`Builder::allow_eio3`], [`Builder::allow_protocol1`]).
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use fanfare_socketio::{Ack, Args, Handlers, Reason, Socket, SocketIo};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let chat = Handlers::new()
//!         .on_connect(async |socket: Socket| {
//!             // Fails if the client has gone meanwhile, which is no error of ours.
//!             let _ = socket.emit("welcome", socket.id());
//!         })
//!         .on("join", async |socket: Socket, Args(room): Args<String>, ack: Ack| {
//!             let has_joined = socket.join(&room).is_ok();
//!             let _ = ack.send(&has_joined);
//!         })
//!         .on("say", async |socket: Socket, Args((room, text)): Args<(String, String)>| {
//!             let _ = socket.to(&room).emit("said", &(socket.id(), text));
//!         })
//!         .on_disconnect(async |socket: Socket, reason: Reason| {
//!             println!("{} has gone: {reason}", socket.id());
//!         });
//!
//!     let (layer, io) = SocketIo::new();
//!     io.of("/", chat)?;
//!     let app = Router::new()
//!         .route("/", get(|| async { "and the rest of the application" }))
//!         .layer(layer);
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     Ok(axum::serve(listener, app).await?)
//! }
//! ```
//!
//! In the browser: `io().emit("say", "lobby", "hello")`. With hyper alone,
//! [`SocketIo::service`] is the service.
//!
//! # Where to look
//!
//! - [`SocketIo`] is the server, [`Builder`] its settings; [`limits`] has every bound.
//! - A [`Namespace`] does what its [`Handlers`] say: async functions that ask for what they need
//!   ([`Socket`], [`Args`], [`Ack`], [`Auth`], [`State`], …; see [`Handler`]).
//! - [`Socket`] is one client; an [`Emitter`] speaks to many, and encodes once for all of them.
//!   Arguments are whatever serde can write, [`bytes::Bytes`] in any depth included, or [`Data`] as
//!   it came.
//! - [`Recovery`] gives clients what they missed while their connection was broken, also over a
//!   restart if the hub under it has an engine that writes to a disk.
//!
//! # Features
//!
//! None is on by default.
//!
//! - `bundles`: the official browser client at `/socket.io/socket.io.js` and its variants.
//! - `msgpack`: the packet codec of clients with `socket.io-msgpack-parser`.
//! - `museum`: the dialect of 2010, Socket.IO 0.6, as a module of its own. (Clients 0.7 to 0.9 need no
//!   feature.)
//!
//! # Below
//!
//! Two layers, as in the protocol. [`engine`] makes a pipe of messages out of polling requests and
//! WebSockets; it is of use without the rest. What runs in the pipe are [`Packet`]s of namespaces,
//! which a [`Decoder`] reads together with their attachments. Clients 0.7 to 0.9 had one layer for
//! both; here the session takes what is its own of it, and the rest are packets in other words.
//!
//! ```text
//! request ─ Query, judge ─▶ Session ─ Output::Message ─▶ Decoder ─▶ Packet ─▶ Handlers
//! response, frames ◀─ Output ─ Session ◀─ send ─ Parcel ◀─ encode ─ Packet ◀─ Socket, Emitter
//! ```
//!
//! [`Session`](engine::Session) and [`Decoder`] do no I/O: time is an argument, bytes go in and
//! come out. Payloads stay the JSON text that they came as ([`json`], [`Data`]): what is sent on to
//! others is neither parsed into values nor changed.

mod ack;
#[cfg(feature = "bundles")]
pub mod bundle;
mod clock;
pub mod context;
pub mod data;
pub mod decoder;
pub mod emitter;
pub mod engine;
mod few;
mod form;
mod forms;
pub mod handler;
pub mod handlers;
pub mod handshake;
mod index;
pub mod io;
pub mod json;
pub mod limits;
mod lock;
mod log;
mod logs;
#[cfg(feature = "msgpack")]
pub mod msgpack;
#[cfg(feature = "museum")]
pub mod museum;
pub mod name;
mod namespace;
mod newcomer;
pub mod over;
pub mod packet;
mod parser;
mod peer;
pub mod placeholder;
mod protocol1;
mod reason;
mod record;
mod rooms;
mod run;
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
pub use newcomer::Newcomer;
pub use over::{Over, OverBody};
pub use packet::{ConnectPayload, Packet, PacketBody};
pub use parser::Parser;
pub use reason::Reason;
pub use socket::Socket;
pub use value::Value;

/// The code of the pages for users has to compile.
#[cfg(all(doctest, feature = "bundles", feature = "msgpack", feature = "museum"))]
mod pages {
    #[doc = include_str!("../../../README.md")]
    pub struct Readme;
    #[doc = include_str!("../../../docs/socketio.md")]
    pub struct Guide;
    #[doc = include_str!("../../../docs/coming-from-socketio.md")]
    pub struct FromElsewhere;
}

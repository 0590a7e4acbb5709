//! Engine.IO: one ordered, bidirectional pipe of messages made of HTTP long-polling, a WebSocket,
//! or first the one and then the other.
//!
//! Two halves. **Without I/O**: a request is judged ([`query`], [`mod@judge`], [`refusal`]), opens
//! or finds a [`session`], and carries [`packet`]s: one per WebSocket message, several in a polling
//! [`payload`]. The [`revision`]s differ in who pings, in the form of binary, and in the payload;
//! the oldest has URLs and a handshake of its own, and comes to WebSockets without a probe.
//!
//! **Live**: an [`EngineIo`] is a place in the URL space with its sessions. It is served as a tower
//! service, or [`EngineIo::accept`] hands WebSockets to whoever moves bytes by other means. What
//! the sessions are for is an [`Application`]: it holds a [`Client`] for each, through which it
//! sends [`Parcel`]s, and gives each a [`Conversation`], which hears what comes.
//!
//! ```text
//! request ─ EngineService ─┬─ polling ──────────┐              ┌─▶ Conversation
//!                          │                    ▼              │
//!                          └─ WebSocketCarrier ─ Session ──────┤   one lock for each session,
//! reactor ─ EngineIo::accept ─ WebSocketCarrier ─┘ ▲           │   nobody is called under it
//!                                  Client ─ Parcel ┘◀──────────┘
//! ```
//!
//! Source: the Engine.IO protocol, revisions 3 and 4, and what its reference server does where
//! they are silent; the server and the client of Socket.IO 0.9 for what was before.

mod alarms;
pub mod answer;
pub mod application;
pub mod body;
pub mod carrier;
pub mod client;
pub(crate) mod clock;
pub mod cookie;
pub mod cors;
mod flush;
pub mod handshake;
pub mod judge;
pub mod layer;
pub mod line;
mod live;
mod mind;
pub(crate) mod moment;
pub mod mount;
pub mod packet;
pub mod parcel;
pub mod payload;
mod protocol1;
pub mod query;
mod queue;
mod reception;
pub mod refusal;
mod registry;
mod response;
pub mod revision;
pub mod service;
pub mod session;
pub(crate) mod sid;
mod stream;
mod task;
mod transfer;

pub use answer::Answer;
pub use application::{Application, Conversation};
pub use body::EngineBody;
pub use carrier::{Flow, WebSocketCarrier};
pub use client::{Client, SessionOver};
pub use cookie::Cookie;
pub use cors::{Cors, Origins};
pub use handshake::Open;
pub use judge::{Candidate, Handshake, Known, Request, Served, Verdict, judge};
pub use layer::EngineLayer;
pub use mount::{EngineIo, Files, MountSettings, Socket};
pub use packet::{BinaryForm, Encoded, Message, Packet, PacketError};
pub use parcel::Parcel;
pub use payload::{Body, PayloadError};
pub use query::{Query, Transport};
pub use refusal::Refusal;
#[cfg(feature = "bundles")]
pub(crate) use response::accepts_gzip;
pub use revision::Revision;
pub use service::EngineService;
pub use session::{
    CloseReason, Output, PostBody, Received, RequestId, Session, Settings, SocketId,
};

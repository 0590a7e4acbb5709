//! Engine.IO: one ordered, bidirectional pipe of messages made of HTTP long-polling, a WebSocket,
//! or first the one and then the other.
//!
//! A request is judged ([`query`], [`mod@judge`], [`refusal`]), opens or finds a [`session`], and
//! carries [`packet`]s: one per WebSocket message, several in a polling [`payload`]. The two
//! [`revision`]s differ in who pings, in the form of binary, and in the payload.
//!
//! Source: the Engine.IO protocol, revisions 3 and 4, and what its reference server does where
//! they are silent.

pub mod answer;
pub mod handshake;
pub mod judge;
pub mod packet;
pub mod payload;
pub mod query;
pub mod refusal;
pub mod revision;
pub mod session;

pub use answer::Answer;
pub use handshake::Open;
pub use judge::{Candidate, Handshake, Known, Request, Served, Verdict, judge};
pub use packet::{BinaryForm, Encoded, Message, Packet, PacketError};
pub use payload::{Body, PayloadError};
pub use query::{Query, Transport};
pub use refusal::Refusal;
pub use revision::Revision;
pub use session::{
    CloseReason, Output, PostBody, Received, RequestId, Session, Settings, SocketId,
};

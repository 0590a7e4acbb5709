//! Sockets, time and writes, once for all protocols.
//!
//! A [`Protocol`] is a wire protocol as a value without I/O; a [`Front`] decides which request gets
//! which; a [`Shard`] is one thread's connections, a state machine that is told what happened; the
//! reactor tells it, from a private `epoll` instance nested in a tokio runtime.
//!
//! ```text
//! bytes ─▶ Shard ─▶ head ─▶ Front ─▶ Hold { protocol, places } ─▶ parked
//! hub ─▶ Inbox ─▶ Shard ─▶ Protocol ─▶ Outbox ─▶ send
//! anybody ─▶ Waker ─▶ Shard ─▶ Protocol::woken ─▶ Outbox ─▶ send
//! anything else than a GET of ours ─▶ exchange: one request in hyper, then back to the shard
//! ```
//!
//! Reading order: [`protocol`], [`outbox`], [`front`], [`shard`], [`serve`](mod@serve), [`exchange`].
//!
//! This crate knows HTTP/1 heads because every push protocol begins with one. It knows no push
//! protocol by name.

mod backlog;
pub mod clock;
mod connection;
pub mod exchange;
mod extent;
pub mod front;
mod head;
pub mod limits;
mod local;
pub mod metrics;
pub mod outbox;
mod pipe;
pub mod protocol;
mod reactor;
mod reply;
pub mod serve;
pub mod shard;
pub mod socket;
pub mod stream;
mod wake;
mod wheel;

pub use clock::{Clock, Now, SystemClock, Tick};
pub use exchange::{BodyError, Fallback, RequestBody, discard};
pub use front::{Framing, Front, Hold, Laggard, Refuse, Verdict, Via};
pub use head::Refusal;
#[doc(hidden)]
pub use head::examine_for_tests;
pub use limits::LinkLimits;
pub use metrics::{Counter, ShardMetrics};
pub use outbox::Outbox;
pub use protocol::{Answer, At, Close, Farewell, Kind, Loss, Protocol, Reads, SubscribeError};
pub use reply::{LAST_CHUNK, chunk, shared_head};
pub use serve::{Node, Settings, serve};
pub use shard::{Completion, Deferred, Handover, Key, Output, Shard};
pub use socket::Socket;
pub use stream::ByteStream;

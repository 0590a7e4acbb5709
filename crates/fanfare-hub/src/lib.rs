//! The heart of Fanfare: channels, ids, history, subscriptions and presence.
//!
//! A publisher hands the [`Hub`] a [`Draft`]; the [`Engine`] behind it gives it a [`MessageId`],
//! keeps it, and lets the hub tell everybody who listens. A subscriber is a [`Place`]: the name of
//! a channel and the cursor reached in it. There is no queue per subscriber: whoever falls behind
//! reads on from its cursor, and learns of a [`Gap`] when what it should have had is gone.
//!
//! How they meet:
//!
//! ```text
//! publisher ── Draft ──▶ Hub ──▶ Engine ── Message ──▶ Sink (Audience) ──▶ Inbox of each driver
//! subscriber ◀── Place::judge (live) / Place::follow (Page read from the engine after the cursor)
//! ```
//!
//! Reading order: [`id`], [`message`], [`place`], [`cursor`], [`engine`], [`memory`], [`audience`], [`hub`],
//! [`listener`].
//!
//! This crate does no I/O, starts no thread, reads no clock (every call takes `now`), and knows
//! neither sockets nor HTTP nor any wire format.

pub mod audience;
pub mod cursor;
pub mod engine;
pub mod history;
pub mod hub;
pub mod id;
pub mod inbox;
pub mod limits;
pub mod listener;
pub mod memory;
pub mod message;
pub mod name;
pub mod pending;
pub mod place;
pub mod time;
pub mod told;

pub use audience::{Admission, JoinError, Seat, Ticket};
pub use engine::{Deleted, Engine, EngineError, Page, PageLimit, PublishError, Sink, Stored};
pub use history::HistoryLimits;
pub use hub::{ChannelInfo, Deletion, Hub, Published, Receipt};
pub use id::{IdError, MessageId};
pub use inbox::{EndReason, Inbox, Item, Wake};
pub use listener::{Heard, Listener};
pub use memory::{MemoryEngine, MemoryLimits};
pub use message::{Draft, Message, WireFormat};
pub use name::{ChannelName, NameError};
pub use pending::Pending;
pub use place::{Gap, Place, Standing, Start, Step};
pub use time::Timestamp;
pub use told::{Telling, Told};

//! A whole network of readers and publishers around the shards, from one seed, in virtual time.
//!
//! Nothing here waits, and nothing happens by chance: [`run`] with the same seed does the same. A
//! run has a stormy part, in which connections are slow, cut, moved to another shard or transport,
//! and shards are replaced; and a calm part, in which everybody must recover. What must hold is
//! checked all the time: see [`ledger`] for what readers may and may not see, and [`world`] for
//! the bounds and for the end.
//!
//! ```text
//! Publisher ─▶ Hub ─▶ Engine (late, failing) ─▶ Recorder ─▶ Inbox (small) ─▶ Shard
//! Reader ◀─▶ Line (bounded, slow, cut anywhere) ◀─▶ SimSocket ◀─▶ Shard
//! ```

pub mod clock;
pub mod engine;
pub mod exchange;
pub mod front;
pub mod host;
pub mod ledger;
pub mod network;
pub mod plan;
pub mod protocols;
pub mod reader;
pub mod responses;
pub mod story;
pub mod visitor;
pub mod world;

pub use plan::Plan;
pub use world::{Report, run};

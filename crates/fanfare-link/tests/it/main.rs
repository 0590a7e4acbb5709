//! The shard at its border: bytes in, bytes out, time as an argument.

#![allow(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach the functions that tests call"
)]

mod agreement;
mod any_stream;
mod catching_up;
mod deferred;
mod draining;
mod fan_out;
mod gated;
mod heads;
mod letterbox;
mod losing;
mod node;
mod panics;
mod protocols;
mod requests;
mod responses;
mod rig;
mod routes;
mod slow_readers;
mod timeouts;
mod waking;
mod waking_threads;
mod wire;

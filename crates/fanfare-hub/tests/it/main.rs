//! The hub as its users see it: through its public face, with time as an argument.

#![allow(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach the functions that tests call"
)]

mod audience;
mod concurrency;
mod eviction;
mod history;
mod inbox;
mod listener;
mod model;
mod place;
mod rig;

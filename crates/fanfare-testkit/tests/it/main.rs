//! Tests that need the whole kit.

#![allow(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach the functions that tests call"
)]

mod conformance;
mod simulation;
mod slow_engine;

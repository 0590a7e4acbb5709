//! What Fanfare's tests share: a simulated network, child processes, a proxy that cuts. Not published.

pub mod browser;
pub mod conformance;
pub mod dice;
pub mod lines;
pub mod proxy;
pub mod script;
pub mod server;
pub mod simulation;
pub mod slow_engine;
pub mod tools;

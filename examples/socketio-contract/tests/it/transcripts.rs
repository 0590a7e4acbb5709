//! The conversations of the specification, byte for byte; ids and offsets have names there.
//!
//! Two things are not in them because they are nobody's promise: which packets share an answer to
//! a poll, and when a ping falls due.

mod errors;
mod heartbeat;
mod museum;
mod polling;
mod polling3;
mod protocol1;
mod sockets;

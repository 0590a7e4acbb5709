//! Sessions over real sockets: the service below hyper, a client that writes bytes.
//!
//! What the protocol says about a single session is in `tests/it`; here is what it takes to serve
//! it, and what only shows with connections, threads and time.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod applications;
mod carrier;
mod client;
mod conversation;
mod crowd;
mod fields;
mod handshakes;
mod heartbeats;
mod hostile;
mod polling;
mod protocol1;
mod site;
mod sockets;
mod upgrade;
mod websocket;

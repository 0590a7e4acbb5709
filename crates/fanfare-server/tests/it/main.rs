//! The server from outside: the binary as a process, real clients and hostile ones.
//!
//! Everything here waits for what must happen and never for time to pass; each wait has a bound.
//! What a test needs and cannot get is a failure that says so.

#![allow(
    clippy::print_stdout,
    reason = "what has been measured is shown with the test"
)]
#![allow(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach the functions that tests call"
)]

mod behind_nginx;
mod browser;
mod cli;
mod cors;
mod curl;
mod first_run;
mod hopping;
mod hostile;
mod http2;
mod js_client;
mod memory;
mod multiplex;
mod nchan_client;
mod nchan_itself;
mod playground;
mod relay;
mod requests;
mod rust_clients;
mod shutdown;
mod socketio;
mod streams;
mod support;
mod websocket;

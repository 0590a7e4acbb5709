//! The contract, kept by real clients of every generation and by raw bytes.

mod clients;
mod hostile;
mod http;
mod names;
mod poller;
mod site;
mod transcripts;
mod websocket;

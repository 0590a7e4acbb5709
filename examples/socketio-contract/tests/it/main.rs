//! The contract, kept by real clients of every generation and by raw bytes.

mod clients;
mod http;
mod names;
mod poller;
mod site;
mod transcripts;
mod websocket;

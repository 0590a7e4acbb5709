//! The contract, kept by real clients of every generation and by raw bytes.

mod browser;
mod bundles;
mod clients;
mod hostile;
mod http;
mod museum;
mod museum_node;
mod names;
mod poller;
mod protocol1;
mod site;
mod suites;
mod transcripts;
mod websocket;

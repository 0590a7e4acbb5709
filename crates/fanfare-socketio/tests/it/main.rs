//! The protocol at the border of the crate.

#![allow(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach the functions that tests call"
)]

mod app_acks;
mod app_endings;
mod app_guards;
mod app_handlers;
mod app_recovery;
mod app_site;
#[path = "../driver/client.rs"]
#[expect(dead_code, reason = "not everything is needed on this side")]
mod client;
mod conversation;
mod decoder;
mod heartbeats;
mod hostile;
mod json;
#[cfg(feature = "msgpack")]
mod msgpack;
#[cfg(feature = "museum")]
mod museum;
mod open;
mod packets;
mod pages;
mod payloads;
mod polling;
mod protocol1;
mod requests;
mod session;
mod transcripts;
mod typed;
mod upgrade;
mod values;
#[path = "../driver/websocket.rs"]
mod websocket;

use bytes::Bytes;
use fanfare_socketio::engine::{Encoded, Packet};

/// A packet on its way out, from its wire text.
fn text(text: &str) -> Encoded {
    Encoded::Text(Bytes::copy_from_slice(text.as_bytes()))
}

/// A binary message on its way out.
fn binary(data: &[u8]) -> Encoded {
    Encoded::Binary(Bytes::copy_from_slice(data))
}

/// The wire form of a packet that was read.
fn encoded(packet: &Packet<'_>) -> Encoded {
    packet.encode()
}

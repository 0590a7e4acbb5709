//! The open packet, with which a session begins.

use std::time::Duration;

use serde::Serialize;

use super::Encoded;
use super::packet::Packet;
use super::query::Transport;

/// What a client is told about its session.
///
/// Source: Engine.IO protocol 4, "Handshake". Revision 3 gets the same, `maxPayload` included.
#[derive(Clone, Copy, Debug)]
pub struct Open<'a> {
    /// The session's id: unguessable, at least 120 bits of it random, safe in a URL.
    pub sid: &'a str,
    /// Where the client may move to.
    pub upgrades: &'a [Transport],
    /// See [`PING_INTERVAL`](crate::limits::PING_INTERVAL).
    pub ping_interval: Duration,
    /// See [`PING_TIMEOUT`](crate::limits::PING_TIMEOUT).
    pub ping_timeout: Duration,
    /// Bytes of the largest body or message that is accepted.
    pub payload_bytes_max: usize,
}

/// The JSON, with keys in the order in which the reference writes them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    sid: &'a str,
    upgrades: Vec<&'static str>,
    ping_interval: u128,
    ping_timeout: u128,
    max_payload: usize,
}

impl Open<'_> {
    /// The packet.
    pub fn encode(&self) -> Encoded {
        let json = Json {
            sid: self.sid,
            upgrades: self.upgrades.iter().map(|it| it.name()).collect(),
            ping_interval: self.ping_interval.as_millis(),
            ping_timeout: self.ping_timeout.as_millis(),
            max_payload: self.payload_bytes_max,
        };
        let json = serde_json::to_string(&json).expect("strings and numbers can be written");
        Packet::Open(&json).encode()
    }
}

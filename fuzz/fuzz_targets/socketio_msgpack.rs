//! Any bytes as a packet of msgpack: a packet or a refusal, and what was read comes back from what
//! is written.

#![no_main]

use bytes::Bytes;
use fanfare_socketio::engine::{Encoded, Received, Revision};
use fanfare_socketio::{DecoderSettings, Packet, msgpack};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let data = Bytes::copy_from_slice(data);
    let Some(packet) = decode(data) else {
        return;
    };
    match msgpack::encode(&packet) {
        Encoded::Binary(bytes) => assert_eq!(decode(bytes), Some(packet)),
        Encoded::Text(_) => panic!("msgpack is no text"),
    }
});

fn decode(message: Bytes) -> Option<Packet> {
    let settings = DecoderSettings::new(Revision::V4);
    msgpack::decode(Received::Binary(message), &settings).ok()?
}

//! Any bytes as a packet of msgpack: a packet or a refusal, and what was written once comes back.

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
    // The first time numbers may get a shorter form: to JavaScript 1.0 is 1.
    let written = rewrite(&packet);
    assert_eq!((&written.namespace, rewrite(&written)), (&packet.namespace, written.clone()));
});

fn rewrite(packet: &Packet) -> Packet {
    match msgpack::encode(packet) {
        Encoded::Binary(bytes) => decode(bytes).expect("it was written here"),
        Encoded::Text(_) => panic!("msgpack is no text"),
    }
}

fn decode(message: Bytes) -> Option<Packet> {
    let settings = DecoderSettings::new(Revision::V4);
    msgpack::decode(Received::Binary(message), &settings).ok()?
}

//! Any body of a polling request, of every revision: packets or a refusal, and what was read comes
//! back from what is written.

#![no_main]

use fanfare_socketio::engine::payload::{self, Payload, jsonp};
use fanfare_socketio::engine::{BinaryForm, Body, Encoded, Revision};
use fanfare_socketio::limits::PAYLOAD_PACKETS_MAX;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&options, data)) = data.split_first() else {
        return;
    };
    let revision = match options & 5 {
        0 => Revision::V4,
        1 => Revision::V3,
        _ => Revision::V1,
    };
    let form = if options & 2 == 0 { BinaryForm::Base64 } else { BinaryForm::Raw };
    check(Body::Binary(data), revision, form);
    if let Ok(text) = std::str::from_utf8(data) {
        check(Body::Text(text), revision, form);
    }
    if let Ok(text) = jsonp::decode(data) {
        check(Body::Text(&text), revision, form);
    }
});

fn check(body: Body<'_>, revision: Revision, form: BinaryForm) {
    let Some(packets) = read(body, revision).filter(|packets| !packets.is_empty()) else {
        return;
    };
    let written = payload::encode(&packets, revision, form);
    let body = match &written {
        Payload::Binary(bytes) => Body::Binary(bytes),
        Payload::Text(bytes) => Body::Text(std::str::from_utf8(bytes).expect("text is UTF-8")),
    };
    assert_eq!(read(body, revision), Some(packets));
}

/// The packets, or none if one of them is refused.
fn read(body: Body<'_>, revision: Revision) -> Option<Vec<Encoded>> {
    let mut packets = Vec::new();
    for packet in payload::decode(body, revision) {
        assert!(packets.len() <= PAYLOAD_PACKETS_MAX);
        packets.push(packet.ok()?.encode());
    }
    Some(packets)
}

//! Any messages of a session, text and bytes in any order: packets with their attachments or a
//! refusal, and what was read comes back from what is written.

#![no_main]

use fanfare_socketio::engine::{Encoded, Received, Revision};
use fanfare_socketio::{Decoder, DecoderSettings, Packet, PacketBody};
use libfuzzer_sys::fuzz_target;

/// Stands between two messages: a byte that no text has.
const SEPARATOR: u8 = 0xff;

fuzz_target!(|data: &[u8]| {
    let Some((&options, data)) = data.split_first() else {
        return;
    };
    let revision = if options & 1 == 0 { Revision::V4 } else { Revision::V3 };
    let settings = DecoderSettings {
        packet_bytes_max: 1024,
        ..DecoderSettings::new(revision)
    };
    let mut decoder = Decoder::default();
    for message in data.split(|&byte| byte == SEPARATOR) {
        let message = match std::str::from_utf8(message) {
            Ok(text) if !decoder.is_waiting() || options & 2 != 0 => Received::Text(text.into()),
            _ => Received::Binary(message.to_vec().into()),
        };
        match decoder.decode(message, &settings) {
            Ok(Some(packet)) => check(&packet, revision),
            Ok(None) => {}
            Err(_) => return,
        }
    }
});

fn check(packet: &Packet, revision: Revision) {
    if let PacketBody::Event { data, .. } | PacketBody::Ack { data, .. } = &packet.body {
        // Refused or not: it is no one's own type.
        let _ = data.read::<serde_json::Value>();
        let _ = data.values();
    }
    let settings = DecoderSettings::new(revision);
    let mut decoder = Decoder::default();
    let mut found = None;
    for message in packet.encode() {
        assert_eq!(found, None, "a packet before its last message");
        let message = match message {
            Encoded::Binary(bytes) => Received::Binary(bytes),
            Encoded::Text(bytes) => {
                let text = std::str::from_utf8(&bytes).expect("text is UTF-8");
                Received::Text(text.strip_prefix('4').expect("a message").into())
            }
        };
        found = decoder.decode(message, &settings).expect("what was written");
    }
    assert_eq!(found.as_ref(), Some(packet));
}

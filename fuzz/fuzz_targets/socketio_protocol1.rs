//! Any message of a client before 1.0: a packet or a refusal, and what was read comes back from what is
//! written.

#![no_main]

use fanfare_socketio::engine::{Encoded, Received, Revision};
use fanfare_socketio::{Decoder, DecoderSettings, Packet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some(packet) = read(text) else {
        return;
    };
    // A string may be written otherwise than it came, so it is compared as it is written.
    let written = write(&packet);
    let packet = read(&written).expect("what was written");
    assert_eq!(write(&packet), written);
});

fn read(text: &str) -> Option<Packet> {
    let settings = DecoderSettings::new(Revision::V1);
    let message = Received::Text(text.into());
    Decoder::default().decode(message, &settings).ok().flatten()
}

fn write(packet: &Packet) -> String {
    match &packet.encode_for(Revision::V1)[..] {
        [Encoded::Text(message)] => {
            let text = std::str::from_utf8(message).expect("text is UTF-8");
            text.strip_prefix('4').expect("a message").to_owned()
        }
        other => panic!("{other:?}"),
    }
}

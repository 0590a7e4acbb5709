//! Any bytes, in any pieces: the decoder neither panics nor holds more than its bound, and cuts
//! change nothing.

#![no_main]

use fanfare_websocket::{Decoder, Event, Role, Settings, Violation};
use libfuzzer_sys::fuzz_target;

const MESSAGE_BYTES_MAX: u32 = 64 << 10;

fuzz_target!(|data: &[u8]| {
    let Some((&options, data)) = data.split_first() else {
        return;
    };
    let settings = Settings {
        role: if options & 1 == 0 { Role::Server } else { Role::Client },
        message_bytes_max: MESSAGE_BYTES_MAX,
        deflate: options & 2 != 0,
    };
    let whole = decode(settings, data, data.len().max(1));
    let cut = decode(settings, data, usize::from(options >> 2) + 1);
    assert_eq!(whole, cut, "a cut changed what was heard");
});

fn decode(settings: Settings, data: &[u8], piece: usize) -> (Vec<Event<'static>>, Option<Violation>) {
    let mut decoder = Decoder::new(settings);
    let mut events = Vec::new();
    for piece in data.chunks(piece) {
        let mut bytes = piece.to_vec();
        let mut input = &mut bytes[..];
        loop {
            match decoder.decode(&mut input) {
                Ok(Some(event)) => events.push(event.into_owned()),
                Ok(None) => break,
                Err(violation) => return (events, Some(violation)),
            }
        }
        // A message in two buffers while one grows, and its compressed form.
        assert!(decoder.held_bytes() <= 4 * MESSAGE_BYTES_MAX as usize);
    }
    (events, None)
}

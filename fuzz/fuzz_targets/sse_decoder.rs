//! Any bytes, in any pieces: the decoder neither panics nor holds more than its bound, and cuts
//! change nothing.

#![no_main]

use fanfare_sse::Decoder;
use libfuzzer_sys::fuzz_target;

const EVENT_BYTES_MAX: usize = 4096;

fuzz_target!(|data: &[u8]| {
    let Some((&piece, data)) = data.split_first() else {
        return;
    };
    assert_eq!(decode(data, data.len().max(1)), decode(data, usize::from(piece) + 1));
});

fn decode(data: &[u8], piece: usize) -> (Vec<(String, String, String)>, bool) {
    let mut decoder = Decoder::new(EVENT_BYTES_MAX);
    let mut events = Vec::new();
    for mut input in data.chunks(piece) {
        loop {
            match decoder.decode(&mut input) {
                Ok(Some(event)) => events.push((event.event_type.into_owned(), event.data, event.last_event_id)),
                Ok(None) => break,
                Err(_) => return (events, true),
            }
        }
    }
    (events, false)
}

//! What must be true of a decoder whatever it is fed. The function is plain, so that a fuzzer can
//! call it as well as the properties here.

use fanfare_websocket::{Decoder, Event, Role, Settings, Violation};
use proptest::prelude::*;

/// Decodes `data` and asserts that nothing panics, that what is held is in proportion to what has
/// come, and that it makes no difference in which pieces it comes. The first two bytes choose the
/// settings and the size of the pieces.
pub(crate) fn decoder_never_panics(data: &[u8]) {
    let Some((&[flags, piece], stream)) = data.split_first_chunk() else {
        return;
    };
    let settings = Settings {
        role: if flags & 1 == 0 {
            Role::Server
        } else {
            Role::Client
        },
        deflate: flags & 2 != 0,
        message_bytes_max: 1 << (flags >> 4),
    };
    let whole = decode(settings, stream, stream.len().max(1));
    let pieces = decode(settings, stream, usize::from(piece) + 1);
    assert_eq!(whole, pieces);
}

fn decode(
    settings: Settings,
    stream: &[u8],
    piece_bytes: usize,
) -> (Vec<Event<'static>>, Option<Violation>) {
    let mut decoder = Decoder::new(settings);
    let mut events = Vec::new();
    let mut come = 0;
    for piece in stream.chunks(piece_bytes) {
        come += piece.len();
        let mut bytes = piece.to_vec();
        let mut input = &mut bytes[..];
        loop {
            match decoder.decode(&mut input) {
                Ok(Some(event)) => events.push(event.into_owned()),
                Ok(None) => break,
                Err(violation) => return (events, Some(violation)),
            }
        }
        assert!(input.is_empty());
        assert!(decoder.held_bytes() <= 2 * come + 256);
    }
    (events, None)
}

/// Frames that are right or nearly so, which get further than random bytes.
fn any_frames() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        8 => prop::sample::select(vec![0x01, 0x02, 0x80, 0x00, 0x81, 0x82, 0x89, 0x8a]),
        2 => prop::sample::select(vec![0x41, 0x42, 0xc1, 0xc2, 0x88]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        "[a-zé日\u{1f4a9}]{0,8}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..12),
        Just(b"\xf2\x48\xcd\xc9\xc9\x07\x00".to_vec()),
        Just(vec![b'x'; 300]),
    ];
    let frame = (first, payload, any::<bool>()).prop_map(|(first, payload, is_masked)| {
        let mask = u8::from(is_masked) << 7;
        let mut bytes = vec![first];
        match u8::try_from(payload.len()) {
            Ok(length @ ..=125) => bytes.push(mask | length),
            _ => bytes.extend([mask | 126, 1, 44]),
        }
        // With a key of zeros the payload stays as it is.
        bytes.extend(is_masked.then_some([0; 4]).iter().flatten());
        bytes.extend(payload);
        bytes
    });
    prop::collection::vec(frame, 0..12).prop_map(|frames| frames.concat())
}

proptest! {
    #[test]
    fn any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
        decoder_never_panics(&data);
    }

    #[test]
    fn any_frames_right_or_wrong(flags: u8, piece in 0..20_u8, frames in any_frames()) {
        decoder_never_panics(&[&[flags, piece], &frames[..]].concat());
    }
}

//! Guards permessage-deflate, with the examples of RFC 7692, 7.2.3.

use fanfare_websocket::frame::{self, FrameHeader};
use fanfare_websocket::{Event, Level, MessageKind, Opcode, Settings, Violation};
use flate2::{Compress, Compression, FlushCompress};

use crate::{CLIENT, SERVER, decode, filler, masked};

/// A server's compressed frames are heard as `expected`.
#[track_caller]
fn check(bytes: &[u8], expected: &str) {
    let events = vec![Event::Text(expected.into())];
    assert_eq!(decode(CLIENT, [bytes]), (events.clone(), None));
    assert_eq!(decode(CLIENT, bytes.chunks(1)), (events, None));
}

/// A compressed message with this payload is no message.
#[track_caller]
fn check_refused(payload: &[u8]) {
    for opcode in [Opcode::Text, Opcode::Binary] {
        let header = FrameHeader::new(opcode).compressed();
        let bytes = header.frame(&[payload]);
        assert_eq!(decode(CLIENT, [&bytes[..]]).1, Some(Violation::Deflate));
        assert_eq!(decode(CLIENT, bytes.chunks(1)).1, Some(Violation::Deflate));
    }
}

/// What zlib makes of `message` when told to write out everything in the end.
fn deflate(message: &[u8], level: u32, flush: FlushCompress) -> Vec<u8> {
    let mut payload = Vec::with_capacity(message.len() * 2 + 100);
    Compress::new(Compression::new(level), false)
        .compress_vec(message, &mut payload, flush)
        .unwrap();
    payload
}

#[test]
fn a_message_compressed_as_one_block() {
    check(b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello");
}

#[test]
fn a_compressed_message_in_two_frames() {
    check(b"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00", "Hello");
}

#[test]
fn a_message_stored_without_compression() {
    let bytes = b"\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00";
    check(bytes, "Hello");
}

#[test]
fn a_last_block_before_the_end() {
    check(b"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello");
    // Without the byte that begins the next block, as some libraries leave it.
    check(b"\xc1\x07\xf3\x48\xcd\xc9\xc9\x07\x00", "Hello");
}

#[test]
fn a_message_in_two_blocks() {
    let bytes = b"\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";
    check(bytes, "Hello");
}

#[test]
fn an_empty_message() {
    check(b"\xc1\x01\x00", "");
    // Nothing at all, as it comes from a compressor that is asked to flush twice.
    check(b"\xc1\x00", "");
    check(b"\x41\x00\x80\x00", "");
}

#[test]
fn a_capture_of_another_server() {
    let bytes = b"\xc1\x0b\xca\x48\xcd\xc9\xc9\x57\xc8\xc0\x4e\x02\x00";
    check(bytes, "hello hello hello hello hello");
}

#[test]
fn compressed_and_plain_messages_follow_each_other() {
    let bytes =
        b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x81\x02hi\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    let expected = ["Hello", "hi", "Hello"].map(|text| Event::Text(text.into()));
    assert_eq!(decode(CLIENT, [&bytes[..]]), (expected.to_vec(), None));
}

#[test]
fn a_message_must_not_refer_to_the_one_before_it() {
    // The second "Hello" of RFC 7692, 7.2.3.2, which is a copy of the first one.
    let bytes = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00";
    let (events, violation) = decode(CLIENT, [&bytes[..]]);
    assert_eq!(events, [Event::Text("Hello".into())]);
    assert_eq!(violation, Some(Violation::Deflate));
}

#[test]
fn what_cannot_be_inflated_is_refused() {
    check_refused(b"\xff\xff\xff\xff");
    // A stored block whose two lengths differ, and one that ends before its length.
    check_refused(b"\x00\x05\x00\xfa\xfeHello\x00");
    check_refused(b"\x00\x05\x00\xfa\xffHel");
    // Cut off in the middle of a block.
    let whole = deflate(&filler(1000), 6, FlushCompress::Sync);
    for length in 1..whole.len() - 5 {
        check_refused(&whole[..length]);
    }
}

#[test]
fn inflated_text_has_to_be_text() {
    for (message, expected) in [
        ("κόσμε".as_bytes(), None),
        (b"\xce\xba\xff", Some(Violation::NotUtf8)),
        (b"ends inside \xe1\xbd", Some(Violation::NotUtf8)),
    ] {
        let payload = deflate(message, 0, FlushCompress::Finish);
        let bytes = FrameHeader::new(Opcode::Text)
            .compressed()
            .frame(&[&payload]);
        assert_eq!(decode(CLIENT, [&bytes[..]]).1, expected);
    }
}

#[test]
fn what_we_compress_is_smaller_and_comes_back() {
    for level in (1..=9).map(|level| Level::new(level).unwrap()) {
        for bytes in [100, 1000, 16_384, 16_385, 100_000] {
            let message = filler(bytes);
            let (head, tail) = message.split_at(bytes / 3);
            for parts in [&[&message[..]][..], &[head, b"", tail]] {
                let frame = frame::encode_deflated(MessageKind::Text, parts, level).unwrap();
                assert_eq!(frame[0], 0xc1);
                assert!(frame.len() < bytes);
                let expected = Event::Text(str::from_utf8(&message).unwrap().into());
                assert_eq!(decode(CLIENT, [&frame[..]]), (vec![expected], None));
            }
        }
    }
    assert_eq!((Level::new(0), Level::new(10)), (None, None));
}

#[test]
fn what_does_not_get_smaller_is_not_compressed() {
    for level in (1..=9).map(|level| Level::new(level).unwrap()) {
        for bytes in [0, 1, 5, 64, 1000, 16_384, 70_000] {
            let message = noise(bytes, 0);
            let frame = frame::encode_deflated(MessageKind::Binary, &[&message], level);
            assert!(frame.is_none(), "{bytes} bytes at {level:?}");
        }
    }
}

// A compressor of zlib-rs 0.6.8 that is left with output inside for lack of room panics in a later
// message at its fastest level.
#[test]
fn there_is_room_for_what_grows_most() {
    for bytes in [16, 256, 4096, 16_384, 65_537, 131_072, 300_000] {
        // With the upper half of all bytes, each of which this level makes 9 bits of.
        let message = noise(bytes, 0x90);
        for part_bytes in [bytes, bytes.div_ceil(7)] {
            let parts: Vec<&[u8]> = message.chunks(part_bytes).collect();
            let frame = frame::encode_deflated(MessageKind::Binary, &parts, Level::FASTEST);
            assert!(frame.is_none(), "{bytes} bytes");
        }
    }
}

/// Bytes without a pattern, from a xorshift generator, with certain bits always set.
fn noise(bytes: usize, set: u8) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[4] | set
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

#[test]
fn a_message_of_exactly_the_bound_may_come_however_it_is_compressed() {
    for bytes_max in [1, 10, 1000, 16_384, 70_000] {
        let server = Settings {
            message_bytes_max: bytes_max,
            ..SERVER
        };
        let message = filler(bytes_max as usize + 1);
        let (allowed, _) = message.split_at(bytes_max as usize);
        for level in [0, 1, 6, 9] {
            let header = FrameHeader::new(Opcode::Binary).compressed();
            let bytes = masked(header, &deflate(allowed, level, FlushCompress::Finish));
            let expected = vec![Event::Binary(allowed.into())];
            assert_eq!(decode(server, [&bytes[..]]), (expected, None));
            let bytes = masked(header, &deflate(&message, level, FlushCompress::Finish));
            let too_big = Violation::MessageTooBig { bytes_max };
            assert_eq!(decode(server, bytes.chunks(7)).1, Some(too_big));
        }
    }
}

#[test]
fn a_small_message_that_inflates_to_a_huge_one_is_stopped() {
    // A thousandth of what it becomes.
    let bomb = deflate(&vec![0; 4_000_000], 6, FlushCompress::Finish);
    assert!(bomb.len() < 5_000);
    let bytes = masked(FrameHeader::new(Opcode::Binary).compressed(), &bomb);
    let bytes_max = SERVER.message_bytes_max;
    let too_big = Violation::MessageTooBig { bytes_max };
    assert_eq!(decode(SERVER, [&bytes[..]]), (vec![], Some(too_big)));
    assert_eq!(decode(SERVER, bytes.chunks(999)), (vec![], Some(too_big)));
}

//! WebSocket frames that nobody should send.

use super::check_unharmed;
use crate::support::frame::{self, TEXT, masked};
use crate::support::{Raw, launch, server};

#[test]
fn broken_frames_close_the_socket() {
    let mut server = server();
    let unmasked = [&frame::header(0x80 | TEXT, 0, 2)[..], b"{}"].concat();
    let with_mask =
        |first: u8, length: u64| [frame::header(first, 0x80, length), vec![0; 4]].concat();
    for (bytes, codes) in [
        (unmasked, &[1002][..]),
        (masked(0x40 | TEXT, b"{}"), &[1002]),
        (masked(0x20 | TEXT, b"{}"), &[1002]),
        (masked(0x10 | TEXT, b"{}"), &[1002]),
        (masked(0x3, b""), &[1002]),
        (masked(0xb, b""), &[1002]),
        // A continuation of nothing, a beginning within a message.
        (masked(0x0, b"x"), &[1002]),
        ([with_mask(TEXT, 0), masked(TEXT, b"x")].concat(), &[1002]),
        // Control frames: long, or in pieces.
        (masked(frame::PING, &[0; 126]), &[1002]),
        (with_mask(frame::PING, 0), &[1002]),
        (masked(frame::CLOSE, b"\x03"), &[1002]),
        (masked(frame::CLOSE, &[0x03, 0xec]), &[1002]),
        (masked(frame::CLOSE, b"\x03\xe8\xff"), &[1007]),
        (masked(TEXT, b"\xc3\x28"), &[1007]),
        (masked(TEXT, b"\xed\xa0\x80"), &[1007]),
        // Lengths that nobody has memory for.
        (with_mask(0x80 | TEXT, 1 << 63), &[1002, 1009]),
        (with_mask(0x80 | TEXT, (1 << 63) - 1), &[1009]),
        (with_mask(0x80 | TEXT, 1 << 40), &[1009]),
        (with_mask(TEXT, 1 << 32), &[1009]),
    ] {
        for path in ["/ws", "/sub/c"] {
            let mut raw = Raw::connect(&server);
            frame::upgrade(&mut raw, path, &[]);
            raw.send_in_vain(&bytes);
            let (code, reason) = frame::read_close(&mut raw);
            // A location that takes no message may say that first.
            let is_expected = codes.contains(&code) || (path == "/sub/c" && code == 1008);
            assert!(is_expected, "{path}: {code} {reason:?} for {bytes:02x?}");
            raw.rest();
        }
    }
    check_unharmed(&mut server);
}

#[test]
fn a_message_of_a_million_pieces_is_bounded() {
    let mut server = launch().set("limits.message_bytes_max=64KiB").start();
    let mut raw = Raw::connect(&server);
    frame::upgrade(&mut raw, "/ws", &[]);
    let piece = [frame::header(0, 0x80, 1000), vec![0; 4], vec![b'x'; 1000]].concat();
    let mut first = piece.clone();
    first[0] = TEXT;
    raw.send(first);
    for _ in 0..400 {
        raw.send_in_vain(&piece);
    }
    assert_eq!(frame::read_close(&mut raw).0, 1009);
    drop(raw);
    check_unharmed(&mut server);
}

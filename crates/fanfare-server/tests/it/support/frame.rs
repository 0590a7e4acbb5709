//! WebSocket frames, made and read by hand (RFC 6455, section 5.2).

use super::{Answer, Raw};

pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xa;

/// The headers of a handshake; the key and its answer are those of RFC 6455, section 1.3.
pub(crate) const HANDSHAKE: [&str; 4] = [
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/// Shakes hands at `path` and returns the head of the answer.
#[track_caller]
pub(crate) fn upgrade(raw: &mut Raw, path: &str, headers: &[&str]) -> Answer {
    raw.begin(&format!("GET {path}"), &[&HANDSHAKE, headers].concat());
    let head = raw.head();
    head.check(101, "")
        .with("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    head
}

/// A whole frame as a client sends it, masked.
pub(crate) fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];
    let mut frame = header(0x80 | opcode, 0x80, payload.len() as u64);
    frame.extend(MASK);
    frame.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

/// A frame header with this first byte; `mask` is the mask bit.
pub(crate) fn header(first: u8, mask: u8, length: u64) -> Vec<u8> {
    let mut header = vec![first];
    match length {
        0..126 => header.push(mask | length as u8),
        126..65_536 => {
            header.push(mask | 126);
            header.extend((length as u16).to_be_bytes());
        }
        _ => {
            header.push(mask | 127);
            header.extend(length.to_be_bytes());
        }
    }
    header
}

/// The next frame: its first byte and its payload.
pub(crate) fn read(raw: &mut Raw) -> (u8, Vec<u8>) {
    let head = raw.take(2);
    assert_eq!(head[1] & 0x80, 0, "servers do not mask");
    let length = match head[1] {
        126 => u64::from(u16::from_be_bytes(raw.take(2).try_into().unwrap())),
        127 => u64::from_be_bytes(raw.take(8).try_into().unwrap()),
        short => u64::from(short),
    };
    (head[0], raw.take(length as usize))
}

/// The code and reason of a close frame that comes next.
#[track_caller]
pub(crate) fn read_close(raw: &mut Raw) -> (u16, String) {
    let (first, payload) = read(raw);
    assert_eq!(
        first,
        0x80 | CLOSE,
        "{:?}",
        String::from_utf8_lossy(&payload)
    );
    let (code, reason) = payload.split_at(2);
    (
        u16::from_be_bytes([code[0], code[1]]),
        String::from_utf8(reason.to_vec()).unwrap(),
    )
}

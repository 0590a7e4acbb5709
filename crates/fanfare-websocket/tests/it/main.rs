//! The codec at the border of the crate.

#![allow(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach the functions that tests call"
)]

mod bounds;
mod close;
mod compression;
mod frames;
mod fuzz;
mod handshake;
mod offers;
mod streams;
mod text;
mod violations;

use fanfare_websocket::{Decoder, Event, Opcode, Role, Settings, Violation, frame::FrameHeader};

/// What the tests let a message have, in bytes.
const MESSAGE_BYTES_MAX: u32 = 1 << 20;

/// A server that has agreed to compression.
const SERVER: Settings = Settings {
    role: Role::Server,
    message_bytes_max: MESSAGE_BYTES_MAX,
    deflate: true,
};

/// A client that has agreed to compression.
const CLIENT: Settings = Settings {
    role: Role::Client,
    ..SERVER
};

/// A masking key without two equal bytes or a zero.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Decodes what comes in `pieces`.
fn decode<'p>(
    settings: Settings,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> (Vec<Event<'static>>, Option<Violation>) {
    let mut decoder = Decoder::new(settings);
    let mut events = Vec::new();
    for piece in pieces {
        if let Err(violation) = feed(&mut decoder, piece, &mut events) {
            return (events, Some(violation));
        }
    }
    (events, None)
}

/// Decodes one more piece.
fn feed(
    decoder: &mut Decoder,
    piece: &[u8],
    events: &mut Vec<Event<'static>>,
) -> Result<(), Violation> {
    let mut bytes = piece.to_vec();
    let mut input = &mut bytes[..];
    while let Some(event) = decoder.decode(&mut input)? {
        events.push(event.into_owned());
    }
    assert!(input.is_empty(), "all of the input is used up");
    Ok(())
}

/// A frame as a client sends it.
fn masked(header: FrameHeader, payload: &[u8]) -> Vec<u8> {
    header.masked(KEY).frame(&[payload]).to_vec()
}

/// A whole message or control frame of a client.
fn client(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    masked(FrameHeader::new(opcode), payload)
}

/// A part of a client's message that others follow.
fn part(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    masked(FrameHeader::new(opcode).fragment(), payload)
}

/// Any text and bytes that come to no particular end; good to be compressed.
fn filler(bytes: usize) -> Vec<u8> {
    b"All work and no play makes Jack a dull boy. "
        .iter()
        .copied()
        .cycle()
        .take(bytes)
        .collect()
}

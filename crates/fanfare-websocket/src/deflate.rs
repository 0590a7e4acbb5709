//! permessage-deflate without context takeover (RFC 7692, section 7.2).
//!
//! Each message is compressed by itself. So the state of the compressor (380 KB) and of the
//! decompressor (48 KB, and 16 KB for its output) belongs to the thread and not to the connection,
//! and a compressed frame may be shared.

use std::cell::Cell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::Violation;
use crate::limits::INFLATE_CHUNK_BYTES;

/// How hard to compress, from 1 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Level(u8);

impl Level {
    /// As fast as possible.
    pub const FASTEST: Self = Self(1);
    /// What zlib takes by itself.
    pub const BALANCED: Self = Self(6);
    /// As small as possible.
    pub const SMALLEST: Self = Self(9);

    /// The level with this number, from 1 to 9.
    pub const fn new(level: u8) -> Option<Self> {
        match level {
            1..=9 => Some(Self(level)),
            _ => None,
        }
    }
}

impl Default for Level {
    fn default() -> Self {
        Self::BALANCED
    }
}

/// How the output of a flush ends: an empty block. The sender leaves it out and the receiver puts
/// it back (RFC 7692, sections 7.2.1 and 7.2.2).
const FLUSH_END: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// [`FLUSH_END`], then a last, empty block. The latter is ours: only if a decompressor sees it where
/// it begins was the message complete up to there.
const MESSAGE_END: [u8; 9] = [0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff];

thread_local! {
    static COMPRESSOR: Cell<Option<(Level, Compress)>> = const { Cell::new(None) };
    static INFLATER: Cell<Option<Inflater>> = const { Cell::new(None) };
}

/// Compresses `parts` as the payload of one message; `None` if that does not make it smaller.
pub(crate) fn compress(parts: &[&[u8]], level: Level) -> Option<Vec<u8>> {
    // Taken, not borrowed: whatever happens below, the thread is left in order.
    let mut state = match COMPRESSOR.take() {
        Some((made_for, mut state)) if made_for == level => {
            state.reset();
            state
        }
        _ => Compress::new(Compression::new(level.0.into()), false),
    };
    let payload = compress_with(&mut state, parts)?;
    COMPRESSOR.set(Some((level, state)));
    let plain_bytes = parts.iter().map(|part| part.len()).sum();
    (payload.len() < plain_bytes).then_some(payload)
}

/// Compresses `parts`; `None` if the compressor did not come to an end, which makes it useless.
fn compress_with(state: &mut Compress, parts: &[&[u8]]) -> Option<Vec<u8>> {
    let plain_bytes = parts.iter().map(|part| part.len()).sum();
    let mut payload = Vec::with_capacity(deflated_bytes_bound(plain_bytes));
    for part in parts {
        state
            .compress_vec(part, &mut payload, FlushCompress::None)
            .ok()?;
    }
    state
        .compress_vec(&[], &mut payload, FlushCompress::Sync)
        .ok()?;
    if payload.len() == payload.capacity() || !payload.ends_with(&FLUSH_END) {
        return None;
    }
    payload.truncate(payload.len() - FLUSH_END.len());
    Some(payload)
}

/// Room for whatever a message may become: 9 bits for each byte at the worst, with the codes that
/// the fastest level uses, and what surrounds the blocks. A compressor must never be left with
/// output inside: that of zlib-rs 0.6.8 keeps some of it over a reset and panics in a later message.
fn deflated_bytes_bound(plain_bytes: usize) -> usize {
    plain_bytes + plain_bytes / 8 + plain_bytes / 1024 + 256
}

/// Decompresses the payload of one message and gives it to `sink` piece by piece. An error of the
/// sink ends it.
///
/// # Errors
/// [`Violation::Deflate`] if `payload` is not the whole of a compressed message.
pub(crate) fn inflate(
    payload: &[u8],
    sink: impl FnMut(&[u8]) -> Result<(), Violation>,
) -> Result<(), Violation> {
    // Taken, not borrowed, as above.
    let mut inflater = INFLATER.take().unwrap_or_else(Inflater::new);
    let outcome = inflater.message(payload, sink);
    INFLATER.set(Some(inflater));
    outcome
}

struct Inflater {
    state: Decompress,
    chunk: Box<[u8]>,
}

impl Inflater {
    fn new() -> Self {
        Self {
            // The largest window, as we do not ask clients for a smaller one.
            state: Decompress::new(false),
            chunk: vec![0; INFLATE_CHUNK_BYTES].into_boxed_slice(),
        }
    }

    fn message(
        &mut self,
        payload: &[u8],
        mut sink: impl FnMut(&[u8]) -> Result<(), Violation>,
    ) -> Result<(), Violation> {
        // Some senders have nothing left of an empty message but the bit that says "compressed".
        if payload.is_empty() {
            return Ok(());
        }
        // Forgets the window: no message can look into another connection's.
        self.state.reset(false);
        let is_ended = self.feed(payload, &mut sink)? || self.feed(&MESSAGE_END, &mut sink)?;
        is_ended.then_some(()).ok_or(Violation::Deflate)
    }

    /// Decompresses all of `input`. True if its last byte ended a last block.
    fn feed(
        &mut self,
        mut input: &[u8],
        sink: &mut impl FnMut(&[u8]) -> Result<(), Violation>,
    ) -> Result<bool, Violation> {
        loop {
            let (read_before, written_before) = (self.state.total_in(), self.state.total_out());
            let status = self
                .state
                .decompress(input, &mut self.chunk, FlushDecompress::None)
                .map_err(|_| Violation::Deflate)?;
            let read = count(self.state.total_in() - read_before);
            let written = count(self.state.total_out() - written_before);
            let output = self.chunk.get(..written).ok_or(Violation::Deflate)?;
            input = input.get(read..).ok_or(Violation::Deflate)?;
            sink(output)?;
            match status {
                Status::StreamEnd if input.is_empty() => return Ok(true),
                // A sender may end its data with a last block and go on (section 7.2.3.4).
                Status::StreamEnd => self.state.reset(false),
                _ if input.is_empty() && written < INFLATE_CHUNK_BYTES => return Ok(false),
                _ if read == 0 && written == 0 => return Err(Violation::Deflate),
                _ => {}
            }
        }
    }
}

/// What one call read or wrote, which fitted into memory.
fn count(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

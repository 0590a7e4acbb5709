//! Event streams from a server.

use anyhow::{Context as _, Result};

/// The body of a response with events (HTML standard, 9.2), in chunks (RFC 9112, section 7.1) or
/// as it is.
///
/// Messages of the bench have one line: each `data` field is one.
#[derive(Debug)]
pub(super) struct EventStream {
    is_chunked: bool,
    /// The begin of a line.
    line: Vec<u8>,
}

impl EventStream {
    pub(super) fn new(is_chunked: bool) -> Self {
        Self {
            is_chunked,
            line: Vec::new(),
        }
    }

    /// Uses some bytes and says how many; nothing if more have to come first.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        message: &mut impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<Option<usize>> {
        if !self.is_chunked {
            self.read_lines(bytes, message)?;
            return Ok(Some(bytes.len()));
        }
        let Some((chunk, length)) = chunk(bytes)? else {
            return Ok(None);
        };
        self.read_lines(chunk, message)?;
        Ok(Some(length))
    }

    fn read_lines(
        &mut self,
        bytes: &[u8],
        message: &mut impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            let Some(line) = self.line.strip_suffix(b"\n") else {
                break;
            };
            if let Some(data) = line.strip_prefix(b"data: ") {
                message(data)?;
            }
            self.line.clear();
        }
        Ok(())
    }
}

/// The content of a chunk and the length of the whole; nothing while it is incomplete.
fn chunk(bytes: &[u8]) -> Result<Option<(&[u8], usize)>> {
    let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") else {
        return Ok(None);
    };
    let (size, rest) = bytes.split_at(end);
    let size = std::str::from_utf8(size)
        .ok()
        .and_then(|digits| usize::from_str_radix(digits, 16).ok())
        .context("a chunk without a size")?;
    let length = end + 2 + size + 2;
    let is_whole = bytes.len() >= length;
    Ok(is_whole.then(|| (&rest[2..2 + size], length)))
}

//! The body of a response without a known end.

use super::{Answer, Raw};

/// Reads a body as it comes, without the marks of chunks.
#[derive(Debug)]
pub(crate) struct Body {
    raw: Raw,
    is_chunked: bool,
    received: Vec<u8>,
    is_over: bool,
}

impl Body {
    pub(crate) fn of(head: &Answer, raw: Raw) -> Self {
        let is_chunked = head.find("transfer-encoding") == Some("chunked");
        Self {
            raw,
            is_chunked,
            received: Vec::new(),
            is_over: false,
        }
    }

    /// The next line without its end; `None` at the end of the body.
    pub(crate) fn line(&mut self) -> Option<String> {
        let line = self.read_until(b"\n")?;
        Some(
            String::from_utf8_lossy(&line)
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
        )
    }

    /// Everything up to and with `marker`; `None` if the body ends before.
    pub(crate) fn read_until(&mut self, marker: &[u8]) -> Option<Vec<u8>> {
        loop {
            let found = self
                .received
                .windows(marker.len())
                .position(|window| window == marker);
            if let Some(at) = found {
                return Some(self.received.drain(..at + marker.len()).collect());
            }
            if self.is_over {
                return None;
            }
            self.receive();
        }
    }

    /// What is left until the end.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        while !self.is_over {
            self.receive();
        }
        std::mem::take(&mut self.received)
    }

    /// The next chunk as the server made it.
    pub(crate) fn chunk(&mut self) -> Vec<u8> {
        assert!(self.is_chunked && self.received.is_empty());
        self.receive();
        std::mem::take(&mut self.received)
    }

    /// The connection, for what follows after the body.
    pub(crate) fn into_raw(self) -> Raw {
        self.raw
    }

    fn receive(&mut self) {
        let piece = if self.is_chunked {
            self.next_chunk()
        } else {
            self.raw.some()
        };
        self.is_over = piece.is_empty();
        self.received.extend(piece);
    }

    fn next_chunk(&mut self) -> Vec<u8> {
        let size = self.raw.read_until(b"\r\n");
        let digits = std::str::from_utf8(&size)
            .expect("a size is text")
            .trim_end();
        let length = usize::from_str_radix(digits, 16).expect("a size is hexadecimal");
        let mut chunk = self.raw.take(length + 2);
        assert_eq!(
            chunk.split_off(length),
            b"\r\n",
            "a chunk ends with a line end"
        );
        chunk
    }
}

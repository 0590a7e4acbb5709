//! Where a request ends.
//!
//! hyper reads ahead: given the bytes of two requests it parses both. But each head must be
//! examined before anything acts on it, so hyper is given the bytes of one request and no more.

/// Follows the bytes of one request to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// So many bytes are still to come.
    Bytes(u64),
    /// So many bytes of the head are still to come, then chunks.
    Chunks { head: u64, chunks: Chunks },
    /// Nobody knows; for what is not HTTP/1.
    Endless,
}

/// Follows a chunked body (RFC 9112, section 7.1) without keeping any of it. What is malformed is
/// let through: hyper refuses it and ends the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// Within a chunk and the line end behind it.
    Data(u64),
    /// The empty line behind the last chunk has come.
    Ended,
    /// In the line behind the size: extensions, which mean nothing here.
    Extension(u64),
    /// Not chunks.
    Malformed,
    /// In the size of a chunk: its value so far.
    Size(u64),
    /// Before the size of a chunk.
    #[default]
    Start,
    /// In the lines behind the last chunk: bytes of this line so far, up to two.
    Trailer(u8),
}

impl Extent {
    /// How many of `bytes` belong to the request; follows them.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Bytes(left) => take_up_to(left, bytes),
            Self::Chunks { head, chunks } => {
                let of_head = take_up_to(head, bytes);
                of_head + chunks.take(bytes.get(of_head..).unwrap_or_default())
            }
            Self::Endless => bytes.len(),
        }
    }

    /// True when all of the request has been taken.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::Bytes(left) => *left == 0,
            Self::Chunks { head, chunks } => *head == 0 && *chunks == Chunks::Ended,
            Self::Endless => false,
        }
    }
}

fn take_up_to(left: &mut u64, bytes: &[u8]) -> usize {
    let count = usize::try_from(*left)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    *left -= count as u64;
    count
}

impl Chunks {
    fn take(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while let Some(byte) = bytes.get(taken).copied() {
            match self {
                Self::Ended => return taken,
                Self::Malformed => return bytes.len(),
                Self::Data(left) => {
                    taken += take_up_to(left, &bytes[taken..]);
                    if *left == 0 {
                        *self = Self::Start;
                    }
                }
                _ => {
                    *self = self.after(byte);
                    taken += 1;
                }
            }
        }
        taken
    }

    /// The state after one byte outside of a chunk.
    fn after(self, byte: u8) -> Self {
        let digit = char::from(byte).to_digit(16).map(u64::from);
        match (self, byte, digit) {
            (Self::Start, _, Some(digit)) => Self::Size(digit),
            (Self::Size(size), _, Some(digit)) => size
                .checked_mul(16)
                .map_or(Self::Malformed, |size| Self::Size(size + digit)),
            (Self::Size(0) | Self::Extension(0), b'\n', _) => Self::Trailer(0),
            // The chunk, and CR LF behind it.
            (Self::Size(size) | Self::Extension(size), b'\n', _) => {
                size.checked_add(2).map_or(Self::Malformed, Self::Data)
            }
            (Self::Size(size) | Self::Extension(size), ..) => Self::Extension(size),
            // A line with nothing but CR LF is the end.
            (Self::Trailer(0), b'\r', _) => Self::Trailer(1),
            (Self::Trailer(0 | 1), b'\n', _) => Self::Ended,
            (Self::Trailer(_), b'\n', _) => Self::Trailer(0),
            (Self::Trailer(_), ..) => Self::Trailer(2),
            _ => Self::Malformed,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Takes `bytes` in pieces; returns how many were taken.
    fn taken(mut extent: Extent, bytes: &[u8], piece: usize) -> (usize, bool) {
        let mut taken = 0;
        for piece in bytes.chunks(piece) {
            let count = extent.take(piece);
            taken += count;
            if count < piece.len() {
                break;
            }
        }
        (taken, extent.is_over())
    }

    fn check(extent: Extent, bytes: &[u8], expected: (usize, bool)) {
        for piece in 1..=bytes.len() {
            assert_eq!(
                taken(extent, bytes, piece),
                expected,
                "in pieces of {piece}"
            );
        }
    }

    const CHUNKS: Extent = Extent::Chunks {
        head: 2,
        chunks: Chunks::Start,
    };

    #[test]
    fn a_known_length_is_counted() {
        check(Extent::Bytes(5), b"helloGET", (5, true));
        check(Extent::Bytes(5), b"hell", (4, false));
    }

    #[test]
    fn chunks_are_followed_to_their_end() {
        let body = b"##2\r\nhi\r\nA;x=\"\n0123456789\r\n0\r\n\r\nGET / HTTP/1.1";
        check(CHUNKS, b"##2\r\nhi\r\n0\r\n\r\nGET", (14, true));
        check(CHUNKS, b"##0\r\nX: a\r\nY: b\r\n\r\nGET", (19, true));
        check(CHUNKS, b"##000\r\n\r\nGET", (9, true));
        check(CHUNKS, b"##2\r\nhi\r\n0\r\n", (12, false));
        check(CHUNKS, body, (body.len() - 14, true));
    }

    #[test]
    fn what_is_malformed_is_left_to_hyper() {
        check(CHUNKS, b"##zz\r\n0\r\n\r\nGET", (14, false));
        check(CHUNKS, b"##ffffffffffffffffff\r\n", (22, false));
    }

    proptest! {
        #[test]
        fn any_body_in_any_chunks_ends_where_it_ends(
            body in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..6),
            piece in 1usize..50,
        ) {
            let mut bytes = b"##".to_vec();
            for chunk in &body {
                bytes.extend_from_slice(&crate::chunk(chunk));
            }
            bytes.extend_from_slice(crate::LAST_CHUNK);
            let length = bytes.len();
            bytes.extend_from_slice(b"GET / HTTP/1.1\r\n\r\n");
            prop_assert_eq!(taken(CHUNKS, &bytes, piece), (length, true));
        }
    }
}

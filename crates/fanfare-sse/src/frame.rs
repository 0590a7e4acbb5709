//! Several small blocks in one frame of a body.

use bytes::{Bytes, BytesMut};

use crate::limits::FRAME_BYTES_MAX;

/// The next frame of a body, as long as blocks are added to it.
///
/// A block that comes alone is passed on as it is, shared with whoever else has it. Only small ones
/// that wait together are copied, which costs less than a frame and a chunk for each.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    first: Bytes,
    /// Everything, once there is a second block.
    joined: BytesMut,
}

impl Frame {
    /// Adds a block, or gives it back: it belongs into the next frame.
    pub(crate) fn add(&mut self, block: Bytes) -> Result<(), Bytes> {
        if self.is_empty() {
            self.first = block;
            return Ok(());
        }
        let bytes = self.first.len().max(self.joined.len());
        if bytes + block.len() > FRAME_BYTES_MAX {
            return Err(block);
        }
        if self.joined.is_empty() {
            self.joined.extend_from_slice(&self.first);
        }
        self.joined.extend_from_slice(&block);
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() {
            self.first
        } else {
            self.joined.freeze()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(blocks: &[&Bytes]) -> Frame {
        let mut frame = Frame::default();
        for block in blocks {
            frame.add((*block).clone()).unwrap();
        }
        frame
    }

    #[test]
    fn a_block_alone_is_not_copied() {
        let block = Bytes::from(vec![b'x'; 100]);
        let bytes = frame(&[&block]).into_bytes();
        assert_eq!(bytes.as_ptr(), block.as_ptr());
    }

    #[test]
    fn small_blocks_are_joined_in_order() {
        let [a, b, c] = ["a\n\n", "b\n\n", "c\n\n"].map(Bytes::from);
        assert_eq!(frame(&[&a, &b, &c]).into_bytes(), "a\n\nb\n\nc\n\n");
    }

    #[test]
    fn what_is_too_much_is_given_back() {
        let small = Bytes::from_static(b"a\n\n");
        let large = Bytes::from(vec![b'x'; FRAME_BYTES_MAX]);
        assert_eq!(frame(&[&small]).add(large.clone()), Err(large.clone()));
        assert_eq!(frame(&[&large]).add(small.clone()), Err(small.clone()));

        let rest = Bytes::from(vec![b'x'; FRAME_BYTES_MAX - small.len()]);
        let mut full = frame(&[&small, &rest]);
        assert_eq!(full.add(small.clone()), Err(small));
        assert_eq!(full.into_bytes().len(), FRAME_BYTES_MAX);
    }
}

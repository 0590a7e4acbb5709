//! WebSocket frames from a server.

use anyhow::{Result, ensure};

/// A frame (RFC 6455, section 5.2).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    Close(&'a [u8]),
    /// A ping or a pong, of no interest here.
    Control,
    Message(&'a [u8]),
}

impl<'a> Frame<'a> {
    /// Reads a frame and its length in bytes; nothing while it is incomplete.
    ///
    /// # Errors
    /// When it is compressed, masked or a part of a message: no server here has reason to.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Option<(Self, usize)>> {
        const FINAL: u8 = 0x80;
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        ensure!(
            first & 0xf0 == FINAL,
            "a part of a message, or an extension"
        );
        let (length, rest) = match (second, rest) {
            (126, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), rest),
            (126, _) => return Ok(None),
            (length, rest) => {
                ensure!(*length < 126, "masked, or longer than 64 KiB");
                (usize::from(*length), rest)
            }
        };
        let Some(payload) = rest.get(..length) else {
            return Ok(None);
        };
        let frame = match first & 0x0f {
            1 | 2 => Self::Message(payload),
            8 => Self::Close(payload),
            _ => Self::Control,
        };
        Ok(Some((frame, bytes.len() - rest.len() + length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_both_lengths_are_read() {
        assert_eq!(
            Frame::read(b"\x81\x02hi!").unwrap(),
            Some((Frame::Message(b"hi"), 4))
        );
        let mut long = vec![0x82, 126, 1, 0];
        long.extend([b'x'; 256]);
        assert_eq!(
            Frame::read(&long).unwrap(),
            Some((Frame::Message(&[b'x'; 256]), 260))
        );
        assert_eq!(Frame::read(&long[..259]).unwrap(), None);
        assert_eq!(Frame::read(&long[..3]).unwrap(), None);
    }

    #[test]
    fn control_frames_are_told_apart() {
        assert_eq!(Frame::read(b"\x89\x00").unwrap(), Some((Frame::Control, 2)));
        assert_eq!(
            Frame::read(b"\x88\x02\x03\xe8").unwrap(),
            Some((Frame::Close(b"\x03\xe8"), 4))
        );
    }

    #[test]
    fn what_no_server_should_send_is_an_error() {
        for bytes in [b"\x01\x00", b"\xc1\x00", b"\x81\x80", b"\x81\x7f"] {
            assert!(Frame::read(bytes).is_err(), "{bytes:?}");
        }
    }
}

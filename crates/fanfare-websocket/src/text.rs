//! Text that arrives in pieces.

/// Text as far as it has come, every byte of it checked.
///
/// Fails at the first byte that no continuation could make UTF-8, as RFC 6455, section 8.1, allows
/// and strict peers expect.
#[derive(Debug, Default)]
pub(crate) struct Text {
    complete: String,
    /// The beginning of a character whose end has not come.
    cut: Cut,
}

/// Not UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotUtf8;

impl Text {
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), NotUtf8> {
        let piece = self.complete_character(piece)?;
        let (whole, cut) = piece.split_at(piece.len() - cut_bytes(piece));
        let whole = simdutf8::basic::from_utf8(whole).map_err(|_| NotUtf8)?;
        self.complete.push_str(whole);
        for &byte in cut {
            self.cut.push(byte)?;
        }
        Ok(())
    }

    /// The text, if it does not end inside a character.
    pub(crate) fn finish(self) -> Result<String, NotUtf8> {
        if self.cut.length == 0 {
            Ok(self.complete)
        } else {
            Err(NotUtf8)
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.complete.len() + usize::from(self.cut.length)
    }

    pub(crate) fn capacity(&self) -> usize {
        self.complete.capacity()
    }

    /// Uses up the bytes that end the character begun before, and returns the rest.
    fn complete_character<'p>(&mut self, mut piece: &'p [u8]) -> Result<&'p [u8], NotUtf8> {
        while self.cut.length > 0
            && let Some((&byte, rest)) = piece.split_first()
        {
            if let Some(character) = self.cut.push(byte)? {
                self.complete.push(character);
            }
            piece = rest;
        }
        Ok(piece)
    }
}

/// The first bytes of one character.
#[derive(Debug, Default)]
struct Cut {
    bytes: [u8; 4],
    /// Invariant: less than 4 between calls, as the fourth byte ends a character or is wrong.
    length: u8,
}

impl Cut {
    /// Takes one more byte; returns the character if that was its last.
    fn push(&mut self, byte: u8) -> Result<Option<char>, NotUtf8> {
        let length = usize::from(self.length) + 1;
        let bytes = self.bytes.get_mut(..length).ok_or(NotUtf8)?;
        if let Some(last) = bytes.last_mut() {
            *last = byte;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let character = text.chars().next();
                self.length = 0;
                Ok(character)
            }
            // No length of the error means: wrong only because the end is missing.
            Err(error) if error.error_len().is_none() => {
                self.length += 1;
                Ok(None)
            }
            Err(_) => Err(NotUtf8),
        }
    }
}

/// How many bytes at the end of `piece` begin a character without ending it. Looking for them first
/// lets the rest be checked in one go.
fn cut_bytes(piece: &[u8]) -> usize {
    for (following, &byte) in piece.iter().rev().take(3).enumerate() {
        let sequence_bytes = match byte {
            0x00..=0x7f => return 0,
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
        };
        let bytes = following + 1;
        return if bytes < sequence_bytes { bytes } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes `bytes` in two pieces for each place to cut, and byte by byte; every way must find
    /// the fault, if any, with the same byte as the standard library.
    #[track_caller]
    fn check(bytes: &[u8]) {
        let verdict = std::str::from_utf8(bytes);
        let refused_at = verdict.err().and_then(|error| {
            // Up to the fault everything is fine, and this is how far one must look to see it.
            error.error_len().map(|_| first_hopeless(bytes))
        });
        let mut text = Text::default();
        let found = bytes.iter().position(|&byte| text.push(&[byte]).is_err());
        assert_eq!(found, refused_at, "{bytes:02x?}");
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            let mut text = Text::default();
            let outcome = text
                .push(head)
                .and_then(|()| text.push(tail))
                .and_then(|()| text.finish());
            assert_eq!(outcome.ok().as_deref(), verdict.ok(), "{bytes:02x?}");
        }
    }

    /// The first byte after which no continuation is UTF-8, found the slow way.
    fn first_hopeless(bytes: &[u8]) -> usize {
        (0..bytes.len())
            .find(|&at| {
                let prefix = &bytes[..=at];
                std::str::from_utf8(prefix).is_err_and(|error| error.error_len().is_some())
            })
            .unwrap()
    }

    #[test]
    fn text_is_the_same_in_any_pieces() {
        check("".as_bytes());
        check("κόσμε".as_bytes());
        check("a\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}".as_bytes());
        check("x".repeat(200).as_bytes());
        check("日本".repeat(50).as_bytes());
    }

    #[test]
    fn a_fault_is_found_with_the_byte_that_makes_it() {
        for fault in [
            &b"\x80"[..],        // begins nowhere
            b"\xc0\xaf",         // overlong
            b"\xc1\xbf",         // overlong
            b"\xe0\x80\xaf",     // overlong
            b"\xf0\x80\x80\xaf", // overlong
            b"\xed\xa0\x80",     // surrogate
            b"\xf4\x90\x80\x80", // beyond U+10FFFF
            b"\xf5\x80\x80\x80", // beyond U+10FFFF
            b"\xfe",
            b"\xff",
            b"\xc3\x28", // no continuation
            b"\xe2\x28\xa1",
            b"\xe2\x82\x28",
            b"\xf0\x9f\x92\x28",
        ] {
            for before in ["", "a", "é", "κόσμε", &"y".repeat(100)] {
                let bytes = [before.as_bytes(), fault, b"after"].concat();
                check(&bytes);
            }
        }
    }

    #[test]
    fn an_end_inside_a_character_is_a_fault_of_the_end_alone() {
        for cut in ["\u{e9}", "\u{20ac}", "\u{1f4a9}"] {
            let bytes = &cut.as_bytes()[..cut.len() - 1];
            let mut text = Text::default();
            assert_eq!(text.push(bytes), Ok(()));
            assert_eq!(text.len(), bytes.len());
            assert_eq!(text.finish(), Err(NotUtf8));
        }
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_standard_library(bytes in proptest::collection::vec(0x60_u8.., 0..24)) {
            check(&bytes);
        }
    }
}

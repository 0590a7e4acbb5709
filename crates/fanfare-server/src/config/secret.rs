//! Secrets, which are never printed.

use std::fmt;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read as _};
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Characters of the shortest key. 16 random ones of base64 are 96 bits: out of reach of guessing
/// over a network.
pub const KEY_CHARS_MIN: usize = 16;

/// Characters of the longest key. Twice a SHA-512 in hexadecimal; every request carries the key
/// in its head, and the head is bounded.
pub const KEY_CHARS_MAX: usize = 256;

/// Bytes of a key that is made here: as many bits as a random UUID and a few more, and no padding
/// in base64.
const RANDOM_BYTES: usize = 18;

/// A secret text, such as a publish key. `Debug` and `Display` print a mask, and there is no
/// `PartialEq`: compare with [`matches`](Self::matches).
#[derive(Clone)]
pub struct Secret(String);

/// Why a text cannot be a key. Says nothing of the text but its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// A list in the environment could not carry it, nor could every header.
    #[error("a key with whitespace, a comma or a control character in it")]
    Character,
    /// It has so many characters, which is outside of the bounds.
    #[error("a key of {0} characters")]
    Length(usize),
}

impl Secret {
    /// Checks `text` and makes a secret of it.
    ///
    /// # Errors
    /// [`SecretError`] says which rule the text breaks, and does not repeat the text.
    pub fn new(text: &str) -> Result<Self, SecretError> {
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || c == ',';
        if text.contains(forbidden) {
            return Err(SecretError::Character);
        }
        match text.chars().count() {
            KEY_CHARS_MIN..=KEY_CHARS_MAX => Ok(Self(text.to_owned())),
            length => Err(SecretError::Length(length)),
        }
    }

    /// A new key that nobody can guess, of characters that need no quotes anywhere.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; RANDOM_BYTES];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A secret of whatever form, which the server it is shown to has to judge.
    pub fn unchecked(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Compares in a time that depends on the length of `candidate` alone, so that an answer's
    /// delay does not tell how much of a guess was right.
    pub fn matches(&self, candidate: &[u8]) -> bool {
        let secret = self.0.as_bytes();
        let differing = candidate
            .iter()
            .zip(secret.iter().cycle())
            .fold(0, |all, (a, b)| black_box(all | (a ^ b)));
        candidate.len() == secret.len() && differing == 0
    }

    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

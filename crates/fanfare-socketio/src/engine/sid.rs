//! Session ids.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Random bytes of an id: 120 bits, so that nobody guesses one of a million in use.
const RANDOM_BYTES: usize = 15;

/// Characters of an id, as many as the reference's have: four for three bytes.
const CHARACTERS: usize = 20;

/// The name and at the same time the secret of a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Sid([u8; CHARACTERS]);

impl Sid {
    /// A new one. `None` if the system has no random numbers.
    pub(crate) fn random() -> Option<Self> {
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random).ok()?;
        let mut characters = [0; CHARACTERS];
        let written = URL_SAFE_NO_PAD.encode_slice(random, &mut characters).ok()?;
        (written == CHARACTERS).then_some(Self(characters))
    }

    /// A new one for what belongs to a session.
    pub(crate) fn fresh() -> Self {
        Self::random().expect("the session had its id from the same source")
    }

    /// None for what cannot be one of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let characters: [u8; CHARACTERS] = text.as_bytes().try_into().ok()?;
        let is_ours = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        characters
            .into_iter()
            .all(is_ours)
            .then_some(Self(characters))
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("base64 is ASCII")
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever knows it can speak for the client.
        f.write_str("Sid(…)")
    }
}

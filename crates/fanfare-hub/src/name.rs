//! Channel names.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::limits::CHANNEL_NAME_BYTES_MAX;

/// The name of a channel: 1 to [`CHANNEL_NAME_BYTES_MAX`] bytes of UTF-8 without control
/// characters. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelName(Arc<str>);

/// Why a text cannot name a channel. The peer must choose another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is a control character in it, which a log line or a header could not carry.
    #[error("a channel name cannot contain control characters")]
    Control,
    /// Nothing is there.
    #[error("the channel name is missing")]
    Empty,
    /// It is longer than the limit.
    #[error("the channel name is {0} bytes long, the limit is {CHANNEL_NAME_BYTES_MAX}")]
    TooLong(usize),
}

impl ChannelName {
    /// Checks `text` and makes a name of it.
    ///
    /// # Errors
    /// [`NameError`] says which rule it breaks.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > CHANNEL_NAME_BYTES_MAX {
            return Err(NameError::TooLong(text.len()));
        }
        if text.chars().any(char::is_control) {
            return Err(NameError::Control);
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChannelName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl Borrow<str> for ChannelName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_any_visible_text_up_to_the_limit() {
        for text in ["a", "news", "räume/1", "a b", "日本", &"x".repeat(255)] {
            assert_eq!(ChannelName::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses_nothing_too_much_and_the_invisible() {
        assert_eq!(ChannelName::new(""), Err(NameError::Empty));
        assert_eq!(
            ChannelName::new(&"x".repeat(256)),
            Err(NameError::TooLong(256))
        );
        for text in ["a\0", "a\nb", "\r", "\u{7f}", "\u{85}"] {
            assert_eq!(ChannelName::new(text), Err(NameError::Control), "{text:?}");
        }
    }
}

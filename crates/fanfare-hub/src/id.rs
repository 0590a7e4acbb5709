//! Message ids, which are also cursors.

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;

/// Where a message stands in its channel: second of publication and count within that second.
///
/// Written `t:g`, for example `1763680000:3`. Order is by `t`, then by `g`; the ids of one channel
/// only ever grow, also when the clock steps back. The same value is what the relay protocol
/// carries as `Last-Modified` and `Etag`, and what Server-Sent Events carry as `id:`.
///
/// As a cursor it means "everything up to and including this has been read".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// Whole seconds since the Unix epoch.
    pub seconds: u64,
    /// Position within the second, from 0.
    pub tag: u32,
}

impl MessageId {
    /// Before every message; written `0:0` where a wire wants an id and there is none.
    pub const ZERO: Self = Self { seconds: 0, tag: 0 };

    /// An id from its two parts.
    pub const fn new(seconds: u64, tag: u32) -> Self {
        Self { seconds, tag }
    }

    /// The last id that second can hold: nothing published in it or before is greater.
    ///
    /// A history that starts at this moment cannot vouch for anything up to here, because an
    /// earlier process may have used every tag of the second.
    pub const fn end_of_second(at: Timestamp) -> Self {
        Self::new(at.seconds(), u32::MAX)
    }

    /// The id of the next message after `self` in the same channel, published at `now`.
    ///
    /// Greater than `self` whatever the clock says: when it stands still or steps back the second
    /// is kept and the tag counts on; when the tags run out the second is moved ahead by one. Only
    /// the very last id has none after it, 500 billion years from now.
    #[must_use]
    pub fn following(self, now: Timestamp) -> Self {
        if now.seconds() > self.seconds {
            return Self::new(now.seconds(), 0);
        }
        match self.tag.checked_add(1) {
            Some(tag) => Self::new(self.seconds, tag),
            None => Self::new(self.seconds.saturating_add(1), 0),
        }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seconds, self.tag)
    }
}

/// Why a text is not a message id. The peer must send another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message id is two decimal numbers with a colon between them, like 1763680000:3")]
pub struct IdError;

impl FromStr for MessageId {
    type Err = IdError;

    /// Reads `t:g`. Signs, spaces and anything else than digits are refused.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let (seconds, tag) = text.split_once(':').ok_or(IdError)?;
        Ok(Self {
            seconds: digits(seconds)?,
            tag: digits(tag)?,
        })
    }
}

/// `str::parse` accepts a leading `+`, which no id has.
fn digits<T: FromStr>(text: &str) -> Result<T, IdError> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(IdError);
    }
    text.parse().map_err(|_| IdError)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(seconds: u64, tag: u32) -> MessageId {
        MessageId::new(seconds, tag)
    }

    #[test]
    fn counts_within_a_second_and_restarts_with_the_next() {
        let now = Timestamp::from_millis(10_999);
        assert_eq!(id(9, 4).following(now), id(10, 0));
        assert_eq!(id(10, 0).following(now), id(10, 1));
    }

    #[test]
    fn keeps_growing_when_the_clock_steps_back() {
        assert_eq!(id(10, 0).following(Timestamp::from_seconds(3)), id(10, 1));
    }

    #[test]
    fn moves_to_the_next_second_when_the_tags_run_out() {
        assert_eq!(
            id(10, u32::MAX).following(Timestamp::from_seconds(10)),
            id(11, 0)
        );
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        for text in [
            "",
            ":",
            "1",
            "1:",
            ":1",
            "+1:0",
            "1:-0",
            " 1:0",
            "1:0 ",
            "1:4294967296",
            "a:b",
            "1:2:3",
        ] {
            assert_eq!(text.parse::<MessageId>(), Err(IdError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn survives_writing_and_reading(seconds: u64, tag: u32) {
            prop_assert_eq!(id(seconds, tag).to_string().parse(), Ok(id(seconds, tag)));
        }

        #[test]
        fn only_grows_whatever_the_clock_does(clock in proptest::collection::vec(0u64..50, 1..200)) {
            let mut last = MessageId::ZERO;
            for seconds in clock {
                let next = last.following(Timestamp::from_seconds(seconds));
                prop_assert!(next > last);
                last = next;
            }
        }
    }
}

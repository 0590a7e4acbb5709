//! What the messages of the bench say.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// Which message it is, and when it was published, at the begin of the payload; the rest is
/// filling. Text without line ends, so that every transport carries it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Counted from 0 in this run.
    pub(super) sequence: u64,
    /// Since the begin of this run, on the clock that only goes forward.
    pub(super) published: Duration,
}

const SEQUENCE_DIGITS: usize = 10;
const NANOSECOND_DIGITS: usize = 15;

impl Stamp {
    /// A payload of this length, or of the 26 bytes that it takes at least.
    pub(super) fn write(self, bytes: usize) -> String {
        let Self {
            sequence,
            published,
        } = self;
        let mut payload = String::with_capacity(bytes);
        let _ = write!(
            payload,
            "{sequence:0SEQUENCE_DIGITS$} {:0NANOSECOND_DIGITS$}",
            published.as_nanos()
        );
        payload.extend(std::iter::repeat_n(
            '.',
            bytes.saturating_sub(payload.len()),
        ));
        payload
    }

    /// # Errors
    /// When the payload is none of ours.
    pub(super) fn read(payload: &[u8]) -> Result<Self> {
        Self::parse(payload)
            .with_context(|| format!("not a message of ours: {}", payload.escape_ascii()))
    }

    fn parse(payload: &[u8]) -> Option<Self> {
        let published_at = SEQUENCE_DIGITS + 1;
        let published = payload.get(published_at..published_at + NANOSECOND_DIGITS)?;
        Some(Self {
            sequence: number(payload.get(..SEQUENCE_DIGITS)?)?,
            published: Duration::from_nanos(number(published)?),
        })
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let stamp = Stamp {
            sequence: 41,
            published: Duration::new(12, 345),
        };
        let payload = stamp.write(100);
        assert_eq!(payload.len(), 100);
        assert_eq!(Stamp::read(payload.as_bytes()).unwrap(), stamp);
        assert_eq!(stamp.write(0).len(), 26);
    }

    #[test]
    fn other_payloads_are_refused() {
        assert!(Stamp::read(b"").is_err());
        assert!(Stamp::read(b"{\"channel\":\"bench\",\"after\":null}").is_err());
    }
}

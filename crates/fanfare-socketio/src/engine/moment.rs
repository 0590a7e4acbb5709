//! Points in time that take one word.

use std::num::NonZeroU64;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A deadline that a session keeps while it waits. Half of what an [`Instant`] takes, and nothing
/// more where there may be none.
///
/// Nanoseconds, so that it is exact. [`ORIGIN`] is the moment that was made first; with as many
/// before it as after it, the range is 292 years to either side, beyond which a deadline is at the
/// end of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(NonZeroU64);

static ORIGIN: OnceLock<Instant> = OnceLock::new();

/// The number of the origin: the middle of the range.
const MIDDLE: u64 = 1 << 63;

impl From<Instant> for Moment {
    fn from(instant: Instant) -> Self {
        let origin = *ORIGIN.get_or_init(|| instant);
        let nanoseconds = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(MIDDLE);
        let after = nanoseconds(instant.saturating_duration_since(origin));
        let before = nanoseconds(origin.saturating_duration_since(instant));
        let number = MIDDLE.saturating_add(after).saturating_sub(before);
        Self(NonZeroU64::new(number).unwrap_or(NonZeroU64::MIN))
    }
}

impl From<Moment> for Instant {
    fn from(Moment(number): Moment) -> Self {
        let number = number.get();
        let origin = *ORIGIN.get_or_init(super::clock::now);
        let after = Duration::from_nanos(number.saturating_sub(MIDDLE));
        let before = Duration::from_nanos(MIDDLE.saturating_sub(number));
        // Clocks of some systems begin with the machine, and nothing is before that.
        let instant = origin.checked_add(after).unwrap_or(origin);
        instant.checked_sub(before).unwrap_or(origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_the_instant_that_it_was() {
        let now = Instant::now();
        let apart = Duration::new(86_400, 1);
        for instant in [now, now + apart, now.checked_sub(apart).unwrap_or(now)] {
            assert_eq!(Instant::from(Moment::from(instant)), instant);
        }
        assert!(Moment::from(now) < Moment::from(now + Duration::from_nanos(1)));
    }

    #[test]
    fn whether_there_is_one_takes_nothing() {
        assert_eq!(size_of::<Option<Moment>>(), 8);
    }
}

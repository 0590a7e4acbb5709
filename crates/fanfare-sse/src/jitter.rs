//! Times spread at random, so that many clients do not do the same thing at once.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

/// Any time from zero to below `end`.
///
/// The standard library's seeds of hash maps are random enough to spread load, and to guess one
/// gains nobody anything.
pub(crate) fn below(end: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    // Half a million years is as long as for ever.
    let micros_end = u64::try_from(end.as_micros()).unwrap_or(u64::MAX);
    let scaled = (u128::from(micros_end) * u128::from(random)) >> 64;
    Duration::from_micros(u64::try_from(scaled).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn stays_below_the_end() {
        for end in [0, 1, 1000, 60_000] {
            let end = Duration::from_millis(end);
            for _ in 0..100 {
                assert!(below(end) <= end);
            }
        }
        below(Duration::MAX);
    }

    #[test]
    fn spreads_over_the_whole_range() {
        let tenths: HashSet<_> = (0..1000)
            .map(|_| below(Duration::from_secs(10)).as_secs())
            .collect();
        assert_eq!(tenths, (0..10).collect());
    }
}

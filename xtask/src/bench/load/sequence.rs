//! What one subscriber has heard so far.

/// Checks that messages come one after another, each once.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    /// The message that should come next.
    next: u64,
    /// Which of the 64 before it have come: bit 0 is the newest.
    seen: u64,
}

/// How a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// As it should, or after some others that are missing so far.
    After {
        missing: u64,
    },
    /// After a later one; it had been counted as missing.
    Late,
    Repeated,
}

impl Sequence {
    /// Of a subscriber that joins when so many messages have been published.
    pub(super) fn starting_at(next: u64) -> Self {
        Self {
            next,
            seen: u64::MAX,
        }
    }

    /// Takes note of a message.
    pub(super) fn note(&mut self, sequence: u64) -> Arrival {
        if let Some(missing) = sequence.checked_sub(self.next) {
            let shift = u32::try_from(missing + 1).unwrap_or(u32::MAX);
            self.seen = self.seen.checked_shl(shift).unwrap_or(0) | 1;
            self.next = sequence + 1;
            return Arrival::After { missing };
        }
        let age = self.next - sequence - 1;
        let bit = u32::try_from(age)
            .ok()
            .and_then(|age| 1_u64.checked_shl(age))
            .unwrap_or(0);
        if bit == 0 || self.seen & bit != 0 {
            return Arrival::Repeated;
        }
        self.seen |= bit;
        Arrival::Late
    }

    /// How many of the messages published so far are missing at the end.
    pub(super) fn missing_after(&self, published: u64) -> u64 {
        published.saturating_sub(self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(start: u64, arrivals: &[u64], expected: &[Arrival]) {
        let mut sequence = Sequence::starting_at(start);
        let found: Vec<Arrival> = arrivals.iter().map(|it| sequence.note(*it)).collect();
        assert_eq!(found, expected, "{arrivals:?}");
    }

    const NEXT: Arrival = Arrival::After { missing: 0 };

    #[test]
    fn messages_in_order_are_fine() {
        check(0, &[0, 1, 2], &[NEXT, NEXT, NEXT]);
        check(7, &[7, 8], &[NEXT, NEXT]);
    }

    #[test]
    fn a_gap_is_seen() {
        check(0, &[0, 3], &[NEXT, Arrival::After { missing: 2 }]);
        check(0, &[100], &[Arrival::After { missing: 100 }]);
    }

    #[test]
    fn what_comes_twice_is_not_what_comes_late() {
        let gap = Arrival::After { missing: 1 };
        check(
            0,
            &[0, 2, 1, 1],
            &[NEXT, gap, Arrival::Late, Arrival::Repeated],
        );
        check(5, &[4, 5, 5], &[Arrival::Repeated, NEXT, Arrival::Repeated]);
    }

    #[test]
    fn the_end_may_be_missing_too() {
        let mut sequence = Sequence::starting_at(3);
        sequence.note(3);
        assert_eq!(sequence.missing_after(4), 0);
        assert_eq!(sequence.missing_after(6), 2);
    }
}

//! Timers for very many connections.

use std::collections::VecDeque;

use crate::Tick;

/// One bucket per second. A timer further away than 256 s, longer than the common keep-alives and
/// poll times, waits through several rounds in its bucket.
const BUCKETS: usize = 256;

/// A bucket that a crowd has left gives its memory back above this many timers.
const KEPT_CAPACITY: usize = 1024;

/// A timer that has come up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timer {
    pub(crate) slot: u32,
    pub(crate) at: Tick,
}

/// Wakes slots at a tick, at eight bytes per timer.
///
/// A timer cannot be cancelled: whoever is woken compares `at` with what it waits for. That makes
/// moving a deadline later, which happens with every write, free.
#[derive(Debug)]
pub(crate) struct Wheel {
    buckets: Vec<Vec<Timer>>,
    /// Everything up to this tick has been handed out.
    done: Tick,
}

impl Wheel {
    pub(crate) fn new(now: Tick) -> Self {
        Self {
            buckets: vec![Vec::new(); BUCKETS],
            done: now,
        }
    }

    /// Wakes `slot` at the tick returned: `at`, or the next one if that has passed.
    pub(crate) fn schedule(&mut self, slot: u32, at: Tick) -> Tick {
        let at = at.max(Tick(self.done.0.saturating_add(1)));
        self.buckets[bucket(at)].push(Timer { slot, at });
        at
    }

    /// Appends every timer up to `now` to `due`.
    pub(crate) fn advance(&mut self, now: Tick, due: &mut VecDeque<Timer>) {
        let first = self.done.0.saturating_add(1);
        let rounds = now.0.saturating_sub(self.done.0).min(BUCKETS as u32);
        for step in 0..rounds {
            let bucket = &mut self.buckets[bucket(Tick(first.saturating_add(step)))];
            due.extend(bucket.extract_if(.., |timer| timer.at <= now));
            if bucket.is_empty() && bucket.capacity() > KEPT_CAPACITY {
                bucket.shrink_to_fit();
            }
        }
        self.done = self.done.max(now);
    }
}

fn bucket(at: Tick) -> usize {
    at.0 as usize % BUCKETS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(wheel: &mut Wheel, now: u32) -> Vec<u32> {
        let mut due = VecDeque::new();
        wheel.advance(Tick(now), &mut due);
        due.iter().map(|timer| timer.slot).collect()
    }

    #[test]
    fn wakes_each_timer_at_its_tick_and_once() {
        let mut wheel = Wheel::new(Tick(5));
        wheel.schedule(1, Tick(7));
        wheel.schedule(2, Tick(8));
        assert_eq!(due(&mut wheel, 6), []);
        assert_eq!(due(&mut wheel, 7), [1]);
        assert_eq!(due(&mut wheel, 9), [2]);
        assert_eq!(due(&mut wheel, 600), []);
    }

    #[test]
    fn a_time_that_has_passed_is_the_next_tick() {
        let mut wheel = Wheel::new(Tick(5));
        assert_eq!(wheel.schedule(1, Tick(2)), Tick(6));
        assert_eq!(due(&mut wheel, 6), [1]);
    }

    #[test]
    fn a_distant_timer_waits_through_its_rounds() {
        let mut wheel = Wheel::new(Tick(0));
        wheel.schedule(1, Tick(600));
        for now in 1..600 {
            assert_eq!(due(&mut wheel, now), [], "at {now}");
        }
        assert_eq!(due(&mut wheel, 600), [1]);
    }

    #[test]
    fn a_driver_that_was_away_gets_everything_at_once() {
        let mut wheel = Wheel::new(Tick(0));
        for at in [1, 100, 255, 256, 400] {
            wheel.schedule(at, Tick(at));
        }
        let mut woken = due(&mut wheel, 10_000);
        woken.sort_unstable();
        assert_eq!(woken, [1, 100, 255, 256, 400]);
    }
}

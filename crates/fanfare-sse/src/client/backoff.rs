//! How long a client waits before it connects again.

use std::time::Duration;

use crate::jitter;

/// Until a server says otherwise: what browsers wait, "a few seconds" (HTML standard, 9.2.2).
const RETRY_DEFAULT: Duration = Duration::from_secs(3);

/// The shortest pause, whatever the server asks for: one that asks for none and hangs up would be
/// asked again as fast as the network can.
const PAUSE_MIN: Duration = Duration::from_millis(100);

/// The longest pause, unless the server asks for a longer one. A server that is back is found
/// within a minute, and one that is not is not bothered more often.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// The random part of a pause is up to a half of it.
const JITTER_DIVISOR: u32 = 2;

/// Counts failures and makes pauses of them.
#[derive(Debug)]
pub(super) struct Backoff {
    pub(super) retry: Duration,
    pub(super) attempts_max: Option<u32>,
    failures: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            retry: RETRY_DEFAULT,
            attempts_max: None,
            failures: 0,
        }
    }
}

impl Backoff {
    pub(super) fn connected(&mut self) {
        self.failures = 0;
    }

    /// The pause after a failure, or the number of them if that was the last. `asked` is what the
    /// server has asked for.
    pub(super) fn failed(&mut self, asked: Option<Duration>) -> Result<Duration, u32> {
        self.failures = self.failures.saturating_add(1);
        if self.attempts_max.is_some_and(|max| self.failures >= max) {
            return Err(self.failures);
        }
        Ok(self.pause(asked))
    }

    /// The pause after so many failures.
    pub(super) fn pause(&self, asked: Option<Duration>) -> Duration {
        let retry = asked.unwrap_or(self.retry).max(PAUSE_MIN);
        let doubled = 2_u32.saturating_pow(self.failures.saturating_sub(1));
        let pause = retry.saturating_mul(doubled).min(PAUSE_MAX.max(retry));
        pause.saturating_add(jitter::below(pause / JITTER_DIVISOR))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses of one attempt after the other lie between these seconds and half as many more.
    fn check(mut backoff: Backoff, asked: Option<Duration>, expected: &[u64]) {
        for seconds in expected {
            let pause = backoff.failed(asked).unwrap().as_secs_f64();
            let seconds = *seconds as f64;
            assert!((seconds..=1.5 * seconds).contains(&pause), "{pause}");
        }
    }

    #[test]
    fn pauses_are_doubled_up_to_a_minute() {
        check(Backoff::default(), None, &[3, 6, 12, 24, 48, 60, 60]);
    }

    #[test]
    fn the_servers_wish_counts_for_more() {
        let asked = Some(Duration::from_secs(1));
        check(Backoff::default(), asked, &[1, 2, 4]);
        let asked = Some(Duration::from_secs(100));
        check(Backoff::default(), asked, &[100, 100]);
    }

    #[test]
    fn there_always_is_a_pause() {
        let backoff = Backoff::default();
        assert!(backoff.pause(Some(Duration::ZERO)) >= PAUSE_MIN);
    }

    #[test]
    fn a_connection_begins_the_count_anew() {
        let mut backoff = Backoff::default();
        backoff.failed(None).unwrap();
        backoff.failed(None).unwrap();
        backoff.connected();
        check(backoff, None, &[3]);
    }

    #[test]
    fn the_last_attempt_is_the_last() {
        let mut backoff = Backoff {
            attempts_max: Some(2),
            ..Backoff::default()
        };
        assert!(backoff.failed(None).is_ok());
        assert_eq!(backoff.failed(None), Err(2));
    }

    #[test]
    fn any_time_can_be_asked_for() {
        let mut backoff = Backoff::default();
        for _ in 0..100 {
            backoff.failed(Some(Duration::MAX)).unwrap();
        }
    }
}

//! How long to wait before coming back.

use std::time::Duration;

/// The first pause. Each try that fails doubles it.
const PAUSE_MIN: Duration = Duration::from_millis(200);

/// The longest pause: a server that is back is found within it.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// The pauses between connections, longer and longer until all is well.
#[derive(Debug, Default)]
pub(super) struct Pause {
    /// Zero when all was well since.
    last: Duration,
}

impl Pause {
    /// Something was heard: the next pause is a short one.
    pub(super) fn reset(&mut self) {
        self.last = Duration::ZERO;
    }

    /// The pause after a connection, or a try, that has `lasted` for so long. One longer than any
    /// pause was all right, if silent.
    pub(super) fn after(&mut self, lasted: Duration) -> Duration {
        if lasted > PAUSE_MAX {
            self.reset();
        }
        self.last = (self.last * 2).clamp(PAUSE_MIN, PAUSE_MAX);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_it_up_to_a_bound() {
        let mut pause = Pause::default();
        let pauses: Vec<_> = (0..8).map(|_| pause.after(Duration::ZERO)).collect();
        let expected = [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
        assert_eq!(pauses, expected.map(Duration::from_millis));
    }

    #[test]
    fn it_is_short_again_once_all_was_well() {
        let mut pause = Pause::default();
        for _ in 0..8 {
            pause.after(Duration::ZERO);
        }
        assert_eq!(pause.after(Duration::from_secs(11)), PAUSE_MIN);
        pause.after(Duration::ZERO);
        pause.reset();
        assert_eq!(pause.after(Duration::ZERO), PAUSE_MIN);
    }
}

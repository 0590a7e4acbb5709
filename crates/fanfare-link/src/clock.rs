//! Time for drivers and protocols: coarse, monotonic, and given as an argument.

use std::time::{Duration, Instant, SystemTime};

use fanfare_hub::Timestamp;

/// Whole seconds since the link started. Deadlines of connections are kept in it: four bytes
/// each, and a timer wheel with one bucket per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tick(pub u32);

impl Tick {
    /// This tick plus `duration`, rounded up to whole seconds, at least one.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let seconds = duration.as_millis().div_ceil(1000).max(1);
        Self(
            self.0
                .saturating_add(u32::try_from(seconds).unwrap_or(u32::MAX)),
        )
    }
}

/// One moment, on both clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// For deadlines.
    pub tick: Tick,
    /// For messages.
    pub wall: Timestamp,
}

/// Where the drivers get the time from.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// The present moment. `tick` never goes back.
    fn now(&self) -> Now;
}

/// The clock of the machine.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose ticks begin now.
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the wall clock is read"
    )]
    fn now(&self) -> Now {
        let seconds = self.started.elapsed().as_secs();
        Now {
            tick: Tick(u32::try_from(seconds).unwrap_or(u32::MAX)),
            wall: SystemTime::now().into(),
        }
    }
}

//! Time that only the simulation moves.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::Poll;

use fanfare_hub::Timestamp;
use fanfare_link::{Now, Tick};

/// When every simulation begins, in seconds since the epoch.
pub const BEGIN: u64 = 1_700_000_000;

/// Two clocks: one that only goes forward, and one that people set. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct VirtualClock(Arc<Hands>);

#[derive(Debug, Default)]
struct Hands {
    millis: AtomicU64,
    /// Milliseconds by which the wall clock is off.
    skew: AtomicI64,
}

impl VirtualClock {
    /// Milliseconds since the simulation began.
    pub fn millis(&self) -> u64 {
        self.0.millis.load(Ordering::Relaxed)
    }

    /// Moves time on.
    pub fn advance(&self, millis: u64) {
        self.0.millis.fetch_add(millis, Ordering::Relaxed);
    }

    /// Sets the wall clock ahead or back.
    pub fn step_wall(&self, millis: i64) {
        self.0.skew.fetch_add(millis, Ordering::Relaxed);
    }

    /// The present moment, for drivers.
    pub fn now(&self) -> Now {
        let millis = self.millis();
        let skew = self.0.skew.load(Ordering::Relaxed);
        Now {
            tick: Tick(u32::try_from(millis / 1000).unwrap_or(u32::MAX)),
            wall: Timestamp::from_millis((BEGIN * 1000 + millis).saturating_add_signed(skew)),
        }
    }

    /// Done at `millis` or later. Nobody is woken: the simulation asks again and again.
    pub fn until(&self, millis: u64) -> impl Future<Output = ()> + Send + use<> {
        let clock = self.clone();
        std::future::poll_fn(move |_| {
            if clock.millis() >= millis {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }
}

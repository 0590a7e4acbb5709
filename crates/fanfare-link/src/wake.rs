//! How anybody in the process wakes a held connection.
//!
//! Sketch of the costs. A connection whose protocol asked for a waker: one allocation of 40 bytes.
//! A wake: one atomic swap and one push of a pointer under a lock. A burst of wakes, however many
//! connections it concerns: one call of the driver, which costs a system call only when it comes
//! from another thread and finds the shard asleep.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Wake, Waker};

use fanfare_hub::Inbox;

/// The bells of one shard that have been rung and not been heard.
///
/// Bounded by the wakers that were given out: each bell is here once, however often it is rung.
pub(crate) struct Wakes {
    rung: Mutex<Vec<Arc<Bell>>>,
    /// The shard's, for the driver that hangs on it.
    inbox: Arc<Inbox>,
}

/// Wakes one protocol, for as long as it is held.
pub(crate) struct Bell {
    /// Weak, because bells wait in there: a shard that is gone takes them with it.
    wakes: Weak<Wakes>,
    holder: Holder,
    /// It is in the list, or the shard has it and has not answered yet.
    is_rung: AtomicBool,
}

/// Names one protocol on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) slot: u32,
    /// See [`Held::number`](crate::connection::Held::number).
    pub(crate) number: u32,
}

impl Wakes {
    /// Without bells. The first that is rung wakes the driver of `inbox`.
    pub(crate) fn new(inbox: Arc<Inbox>) -> Arc<Self> {
        Arc::new(Self {
            rung: Mutex::default(),
            inbox,
        })
    }

    /// A new bell, in the form that everybody knows.
    pub(crate) fn waker(self: &Arc<Self>, holder: Holder) -> Waker {
        Waker::from(Arc::new(Bell {
            wakes: Arc::downgrade(self),
            holder,
            is_rung: AtomicBool::new(false),
        }))
    }

    /// The bells that have been rung, in that order. Each stays silent until it is answered.
    pub(crate) fn take(&self) -> Vec<Arc<Bell>> {
        std::mem::take(&mut *self.lock())
    }

    fn push(&self, bell: Arc<Bell>) {
        let mut rung = self.lock();
        let was_empty = rung.is_empty();
        rung.push(bell);
        drop(rung);
        if was_empty {
            self.inbox.wake();
        }
    }

    /// A panic elsewhere leaves the list as it was between two whole steps.
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Bell>>> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bell {
    /// The protocol that it wakes.
    pub(crate) fn holder(&self) -> Holder {
        self.holder
    }

    /// Lets it ring again. To be called before the protocol looks for what there is to do, so that
    /// whatever comes later rings.
    pub(crate) fn answer(&self) {
        // Reads what the last ringer wrote, with all that it did before: a plain store would not.
        self.is_rung.swap(false, Ordering::AcqRel);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // A swap also when it rings already: the answer must see what this ringer did.
        if self.is_rung.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(wakes) = self.wakes.upgrade() {
            wakes.push(Arc::clone(self));
        }
    }
}

impl fmt::Debug for Wakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wakes({} rung)", self.lock().len())
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bell({:?})", self.holder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Unheard;

    impl fanfare_hub::Wake for Unheard {
        fn wake(&self) {}
    }

    #[test]
    fn a_shard_that_is_gone_takes_the_bells_with_it_that_it_has_not_heard() {
        let wakes = Wakes::new(Inbox::new(Box::new(Unheard)));
        let holder = Holder { slot: 0, number: 1 };
        let bell = wakes.waker(holder);
        bell.wake_by_ref();
        let left = Arc::downgrade(&wakes);
        drop(wakes);
        assert!(left.upgrade().is_none());
        bell.wake();
    }

    /// Every session of a kind that speaks out of turn has one.
    #[test]
    fn a_waker_is_small() {
        let counts = 2 * size_of::<usize>();
        assert!(size_of::<Bell>() + counts <= 48);
    }
}

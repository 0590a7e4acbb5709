//! An engine that answers late, or not at all, as one on another machine does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fanfare_hub::engine::Usage;
use fanfare_hub::{
    ChannelName, Deleted, Draft, Engine, EngineError, MemoryEngine, Page, PageLimit, Pending,
    PublishError, Sink, Start, Stored, Timestamp,
};

use crate::dice::Dice;
use crate::simulation::clock::VirtualClock;
use crate::simulation::ledger::{Ledger, Recorder};

/// The memory engine behind a wire that takes its time. What it stores and announces it still does
/// in one step, as its contract demands.
#[derive(Debug)]
pub struct LateEngine {
    memory: Arc<MemoryEngine>,
    clock: VirtualClock,
    ledger: Ledger,
    dice: Mutex<Dice>,
    /// Of a hundred calls so many are answered later.
    late: AtomicU64,
    /// Of a hundred calls so many fail.
    failing: AtomicU64,
}

/// When an answer is given, and when it is made.
enum Course {
    /// Both now.
    AtOnce,
    /// Made now, given later: others may be ahead of it by then.
    Late(u64),
    /// Made and given later.
    Postponed(u64),
    /// Nothing happens.
    Fails,
    /// Nothing happens, and that is known later.
    FailsLate(u64),
}

impl LateEngine {
    /// In front of `memory`. What it publishes is entered into `ledger`.
    pub fn new(memory: MemoryEngine, clock: &VirtualClock, ledger: &Ledger, dice: Dice) -> Self {
        Self {
            memory: Arc::new(memory),
            clock: clock.clone(),
            ledger: ledger.clone(),
            dice: Mutex::new(dice),
            late: AtomicU64::new(0),
            failing: AtomicU64::new(0),
        }
    }

    /// From here on so many calls of a hundred are late, and so many fail.
    pub fn trouble(&self, late: u64, failing: u64) {
        self.late.store(late, Ordering::Relaxed);
        self.failing.store(failing, Ordering::Relaxed);
    }

    fn course(&self) -> Course {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.clock.millis() + dice.within(0..3000);
        let is_late = dice.within(0..100) < self.late.load(Ordering::Relaxed);
        let fails = dice.within(0..100) < self.failing.load(Ordering::Relaxed);
        match (is_late, fails) {
            (false, false) => Course::AtOnce,
            (false, true) => Course::Fails,
            (true, true) => Course::FailsLate(at),
            (true, false) if dice.within(0..2) == 0 => Course::Late(at),
            (true, false) => Course::Postponed(at),
        }
    }

    /// Lets a call take its course. `act` asks the memory engine, `fail` is the answer of one that
    /// cannot be reached.
    fn take_course<T: Send + 'static>(
        &self,
        act: impl FnOnce(&MemoryEngine) -> Pending<T> + Send + 'static,
        fail: impl FnOnce() -> T + Send + 'static,
    ) -> Pending<T> {
        let memory = Arc::clone(&self.memory);
        let clock = self.clock.clone();
        match self.course() {
            Course::AtOnce => act(&memory),
            Course::Late(at) => {
                let answer = act(&memory);
                Pending::Later(Box::pin(async move {
                    clock.until(at).await;
                    answer.await
                }))
            }
            Course::Postponed(at) => Pending::Later(Box::pin(async move {
                clock.until(at).await;
                act(&memory).await
            })),
            Course::Fails => Pending::Ready(fail()),
            Course::FailsLate(at) => Pending::Later(Box::pin(async move {
                clock.until(at).await;
                fail()
            })),
        }
    }
}

fn unavailable() -> EngineError {
    EngineError::Unavailable {
        retry_after: Duration::from_secs(1),
    }
}

impl Engine for LateEngine {
    fn attach(&self, sink: Arc<dyn Sink>) {
        let recorder = Recorder::new(self.ledger.clone(), sink);
        self.memory.attach(Arc::new(recorder));
    }

    fn publish(
        &self,
        channel: &ChannelName,
        draft: Draft,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>> {
        let channel = channel.clone();
        self.take_course(
            move |memory| memory.publish(&channel, draft, now),
            || Err(unavailable().into()),
        )
    }

    fn read(
        &self,
        channel: &ChannelName,
        start: Start,
        limit: PageLimit,
        now: Timestamp,
    ) -> Pending<Result<Page, EngineError>> {
        let channel = channel.clone();
        self.take_course(
            move |memory| memory.read(&channel, start, limit, now),
            || Err(unavailable()),
        )
    }

    fn look(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Option<Stored>, EngineError>> {
        self.memory.look(channel, now)
    }

    fn create(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>> {
        self.memory.create(channel, now)
    }

    fn delete(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Deleted, EngineError>> {
        let channel = channel.clone();
        self.take_course(
            move |memory| memory.delete(&channel, now),
            || Err(unavailable()),
        )
    }

    fn collect(&self, now: Timestamp, in_use: &dyn Fn(&ChannelName) -> bool) {
        self.memory.collect(now, in_use);
    }

    fn usage(&self) -> Usage {
        self.memory.usage()
    }
}

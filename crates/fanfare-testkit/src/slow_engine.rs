//! An engine that takes its time, as one on another machine does.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fanfare_hub::engine::Usage;
use fanfare_hub::{
    ChannelName, Deleted, Draft, Engine, EngineError, Page, PageLimit, Pending, PublishError, Sink,
    Start, Stored, Timestamp,
};
use tokio::sync::oneshot;

use crate::dice::Dice;

/// Answers every call later, when it is told to.
///
/// A call makes two journeys: to the engine, where it does its work, and back with the answer.
/// Each waits here until it is let go. So a message can be published and heard long before its
/// publisher knows, and a page can be old when it arrives. `attach`, `collect` and `usage` go
/// straight through.
///
/// No thread, no timer: what happens depends on nothing but the order of the calls made here and
/// of the polls of the answers.
pub struct SlowEngine {
    inner: Arc<dyn Engine>,
    waiting: Waiting,
}

/// Journeys in the order in which they began.
type Waiting = Arc<Mutex<VecDeque<Journey>>>;

struct Journey {
    way: Way,
    gate: oneshot::Sender<Result<(), EngineError>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Back,
    There,
}

impl SlowEngine {
    /// A slow way to `inner`.
    pub fn new(inner: Arc<dyn Engine>) -> Self {
        Self {
            inner,
            waiting: Waiting::default(),
        }
    }

    /// Journeys that wait to be let go. One that its caller has given up counts until then.
    pub fn waiting(&self) -> usize {
        lock(&self.waiting).len()
    }

    /// Lets the oldest `count` journeys go; those that begin meanwhile wait. Returns how many went.
    pub fn release(&self, count: usize) -> usize {
        let mut waiting = lock(&self.waiting);
        let count = count.min(waiting.len());
        let released: Vec<Journey> = waiting.drain(..count).collect();
        // Unlocked first: a waker may run the caller, whose next journey begins at once.
        drop(waiting);
        released.into_iter().for_each(Journey::go);
        count
    }

    /// Lets the newest journey go: it overtakes the others. False if none waits.
    pub fn release_newest(&self) -> bool {
        let journey = lock(&self.waiting).pop_back();
        journey.map(Journey::go).is_some()
    }

    /// Lets some of the waiting journeys go, none to all of them, in any order; `dice` decide.
    /// Returns how many went.
    pub fn release_some(&self, dice: &mut Dice) -> usize {
        let mut waiting = lock(&self.waiting);
        let count = dice.within(0..waiting.len() as u64 + 1) as usize;
        let mut released = Vec::with_capacity(count);
        for _ in 0..count {
            let index = dice.within(0..waiting.len() as u64) as usize;
            released.extend(waiting.remove(index));
        }
        drop(waiting);
        released.into_iter().for_each(Journey::go);
        count
    }

    /// Turns the oldest `count` calls away that have not reached the engine: they are answered
    /// [`EngineError::Unavailable`], and nothing is changed. Returns how many there were.
    pub fn refuse(&self, count: usize, retry_after: Duration) -> usize {
        let mut waiting = lock(&self.waiting);
        let mut refused = Vec::new();
        while refused.len() < count
            && let Some(index) = waiting.iter().position(|j| j.way == Way::There)
        {
            refused.extend(waiting.remove(index));
        }
        drop(waiting);
        let count = refused.len();
        for journey in refused {
            // The caller may have given up.
            let _ = journey
                .gate
                .send(Err(EngineError::Unavailable { retry_after }));
        }
        count
    }

    /// A call of `work`, which begins its first journey now.
    fn call<T, E>(
        &self,
        work: impl FnOnce(&dyn Engine) -> Pending<Result<T, E>> + Send + 'static,
    ) -> Pending<Result<T, E>>
    where
        T: Send + 'static,
        E: From<EngineError> + Send + 'static,
    {
        let there = begin(&self.waiting, Way::There);
        let inner = Arc::clone(&self.inner);
        let waiting = Arc::clone(&self.waiting);
        Pending::Later(Box::pin(async move {
            there.await?;
            let answer = work(&*inner).await;
            begin(&waiting, Way::Back).await?;
            answer
        }))
    }
}

impl Engine for SlowEngine {
    fn attach(&self, sink: Arc<dyn Sink>) {
        self.inner.attach(sink);
    }

    fn publish(
        &self,
        channel: &ChannelName,
        draft: Draft,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>> {
        let channel = channel.clone();
        self.call(move |engine| engine.publish(&channel, draft, now))
    }

    fn read(
        &self,
        channel: &ChannelName,
        start: Start,
        limit: PageLimit,
        now: Timestamp,
    ) -> Pending<Result<Page, EngineError>> {
        let channel = channel.clone();
        self.call(move |engine| engine.read(&channel, start, limit, now))
    }

    fn look(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Option<Stored>, EngineError>> {
        let channel = channel.clone();
        self.call(move |engine| engine.look(&channel, now))
    }

    fn create(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>> {
        let channel = channel.clone();
        self.call(move |engine| engine.create(&channel, now))
    }

    fn delete(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Deleted, EngineError>> {
        let channel = channel.clone();
        self.call(move |engine| engine.delete(&channel, now))
    }

    fn collect(&self, now: Timestamp, in_use: &dyn Fn(&ChannelName) -> bool) {
        self.inner.collect(now, in_use);
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }
}

impl fmt::Debug for SlowEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlowEngine")
            .field("inner", &self.inner)
            .field("waiting", &self.waiting())
            .finish()
    }
}

impl Journey {
    fn go(self) {
        // The caller may have given up.
        let _ = self.gate.send(Ok(()));
    }
}

/// Sets out now, arrives when the future is done.
fn begin(waiting: &Waiting, way: Way) -> impl Future<Output = Result<(), EngineError>> + use<> {
    let (gate, arrival) = oneshot::channel();
    lock(waiting).push_back(Journey { way, gate });
    // Without its engine a journey has nothing to wait for.
    async { arrival.await.unwrap_or(Ok(())) }
}

/// A panic elsewhere leaves the queue as it was between two whole steps.
fn lock(waiting: &Waiting) -> MutexGuard<'_, VecDeque<Journey>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

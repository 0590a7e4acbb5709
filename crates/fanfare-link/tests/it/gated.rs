//! An engine whose pages come when a test lets them.

use std::sync::{Arc, Mutex};

use fanfare_hub::engine::Usage;
use fanfare_hub::{
    ChannelName, Deleted, Draft, Engine, EngineError, MemoryEngine, MemoryLimits, Page, PageLimit,
    Pending, PublishError, Sink, Start, Stored, Timestamp,
};
use tokio::sync::oneshot;

use crate::rig::BEGIN;

type Answer = Result<Page, EngineError>;

/// Reads at once and answers later; everything else it does as the memory engine does.
#[derive(Debug)]
pub(crate) struct Gated {
    memory: MemoryEngine,
    reads: Mutex<Vec<(Answer, oneshot::Sender<Answer>)>>,
}

impl Gated {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            memory: MemoryEngine::new(MemoryLimits::default(), Timestamp::from_seconds(BEGIN - 1)),
            reads: Mutex::default(),
        })
    }

    /// Reads that nobody has let through yet.
    pub(crate) fn waiting(&self) -> usize {
        self.reads.lock().unwrap().len()
    }

    /// Lets the oldest read through.
    pub(crate) fn release(&self) {
        let (answer, gate) = self.reads.lock().unwrap().remove(0);
        // Whoever asked may be gone.
        let _ = gate.send(answer);
    }

    /// Fails the oldest read.
    pub(crate) fn fail(&self) {
        let (_, gate) = self.reads.lock().unwrap().remove(0);
        let retry_after = std::time::Duration::from_secs(1);
        let _ = gate.send(Err(EngineError::Unavailable { retry_after }));
    }
}

impl Engine for Gated {
    fn attach(&self, sink: Arc<dyn Sink>) {
        self.memory.attach(sink);
    }

    fn publish(
        &self,
        channel: &ChannelName,
        draft: Draft,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>> {
        self.memory.publish(channel, draft, now)
    }

    fn read(
        &self,
        channel: &ChannelName,
        start: Start,
        limit: PageLimit,
        now: Timestamp,
    ) -> Pending<Answer> {
        let Pending::Ready(page) = self.memory.read(channel, start, limit, now) else {
            unreachable!("memory answers at once");
        };
        let (gate, answer) = oneshot::channel();
        self.reads.lock().unwrap().push((page, gate));
        Pending::Later(Box::pin(async { answer.await.unwrap() }))
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
        self.memory.delete(channel, now)
    }

    fn collect(&self, now: Timestamp, in_use: &dyn Fn(&ChannelName) -> bool) {
        self.memory.collect(now, in_use);
    }

    fn usage(&self) -> Usage {
        self.memory.usage()
    }
}

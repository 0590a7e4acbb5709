//! An engine under test, and a sink that remembers what it was told.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fanfare_hub::{
    ChannelName, Draft, Engine, HistoryLimits, Message, MessageId, Page, PageLimit, Place,
    PublishError, Sink, Start, Step, Stored, Timestamp,
};
use tokio::runtime::{Builder, Runtime};

use super::STARTED;

/// How long an engine may take for an answer. For telling a dead engine from a slow machine.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Subscribers that the sink claims for every message.
pub(super) const SUBSCRIBERS: usize = 7;

pub(super) struct Subject {
    pub(super) engine: Arc<dyn Engine>,
    sink: Arc<Recorder>,
    // Last, so that the engine is gone before what drives it.
    runtime: Runtime,
}

/// What an engine told its sink.
#[derive(Clone, Debug)]
pub(super) enum Told {
    Deleted(ChannelName),
    Message(Arc<Message>),
}

#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<Told>>);

impl Subject {
    pub(super) fn new(make: &impl AsyncFn() -> Arc<dyn Engine>) -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime needs nothing but a few descriptors");
        let engine = runtime.block_on(make());
        let sink = Arc::new(Recorder::default());
        engine.attach(Arc::clone(&sink) as _);
        Self {
            engine,
            sink,
            runtime,
        }
    }

    /// Waits for what an engine does, and fails when it takes too long.
    pub(super) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        let limited = async { tokio::time::timeout(ANSWER_MAX, future).await };
        self.runtime
            .block_on(limited)
            .expect("the engine must answer")
    }

    pub(super) fn try_publish(
        &self,
        channel: &str,
        draft: Draft,
        now: Timestamp,
    ) -> Result<Stored, PublishError> {
        self.wait(self.engine.publish(&name(channel), draft, now))
    }

    pub(super) fn publish(&self, channel: &str, draft: Draft, now: Timestamp) -> Stored {
        self.try_publish(channel, draft, now)
            .expect("the draft is in order")
    }

    /// Publishes `payload` and nothing else, and returns its id.
    pub(super) fn say(&self, channel: &str, payload: &str, now: Timestamp) -> MessageId {
        let stored = self.publish(channel, Draft::new(payload.to_owned()), now);
        stored.last.expect("a publish has an id")
    }

    pub(super) fn read_up_to(
        &self,
        channel: &str,
        start: Start,
        limit: PageLimit,
        now: Timestamp,
    ) -> Page {
        self.wait(self.engine.read(&name(channel), start, limit, now))
            .expect("the engine is there")
    }

    pub(super) fn read(&self, channel: &str, start: Start, now: Timestamp) -> Page {
        self.read_up_to(channel, start, PageLimit::default(), now)
    }

    pub(super) fn look(&self, channel: &str, now: Timestamp) -> Option<Stored> {
        self.wait(self.engine.look(&name(channel), now))
            .expect("the engine is there")
    }

    pub(super) fn create(&self, channel: &str, now: Timestamp) -> Stored {
        self.wait(self.engine.create(&name(channel), now))
            .expect("there is room")
    }

    pub(super) fn delete(&self, channel: &str, now: Timestamp) -> Option<Stored> {
        self.wait(self.engine.delete(&name(channel), now))
            .expect("the engine is there")
            .stored
    }

    /// Collects while somebody listens to the channels of `in_use`.
    pub(super) fn collect(&self, now: Timestamp, in_use: &[&str]) {
        let in_use = |channel: &ChannelName| in_use.contains(&channel.as_str());
        // On the runtime, because an engine may have to start something there.
        self.wait(async { self.engine.collect(now, &in_use) });
    }

    /// Everything the sink was told so far.
    pub(super) fn told(&self) -> Vec<Told> {
        self.sink.lock().clone()
    }

    /// The messages the sink was told of so far.
    pub(super) fn heard(&self) -> Vec<Arc<Message>> {
        let message = |told| match told {
            Told::Deleted(_) => None,
            Told::Message(message) => Some(message),
        };
        self.told().into_iter().filter_map(message).collect()
    }

    /// What a reader at `start` is given up to the head: payloads, and `gap`.
    pub(super) fn follow(&self, channel: &str, start: Start, now: Timestamp) -> Vec<String> {
        let mut place = Place::new(name(channel), start);
        let mut steps = Vec::new();
        loop {
            let mut page = self.read(channel, place.start(), now);
            while let Some(step) = place.follow(&mut page) {
                steps.push(match step {
                    Step::Gap(_) => "gap".to_owned(),
                    Step::Message(message) => payload(&message),
                });
            }
            if !page.has_more {
                return steps;
            }
        }
    }
}

impl Recorder {
    fn lock(&self) -> MutexGuard<'_, Vec<Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Recorder {
    fn message(&self, message: &Arc<Message>) -> usize {
        self.lock().push(Told::Message(Arc::clone(message)));
        SUBSCRIBERS
    }

    fn deleted(&self, channel: &ChannelName) -> fanfare_hub::Told {
        self.lock().push(Told::Deleted(channel.clone()));
        fanfare_hub::Told::default()
    }
}

pub(super) fn name(text: &str) -> ChannelName {
    ChannelName::new(text).expect("the names of these checks are short and plain")
}

/// So many seconds after the engine began to live.
pub(super) fn at(seconds: u64) -> Timestamp {
    STARTED.plus(Duration::from_secs(seconds))
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn payload(message: &Message) -> String {
    String::from_utf8_lossy(message.payload()).into_owned()
}

pub(super) fn payloads(page: &Page) -> Vec<String> {
    page.messages
        .iter()
        .map(|message| payload(message))
        .collect()
}

/// A draft that sets the bounds of its channel's history; what is not named is ample.
pub(super) fn bounded(payload: &str, change: impl FnOnce(&mut HistoryLimits)) -> Draft {
    let mut limits = HistoryLimits::default();
    change(&mut limits);
    Draft {
        history: Some(limits),
        ..Draft::new(payload.to_owned())
    }
}

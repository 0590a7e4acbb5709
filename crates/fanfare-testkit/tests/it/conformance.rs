//! The engines of this repository keep their contract, and the suite can tell when one does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fanfare_hub::engine::Usage;
use fanfare_hub::{
    ChannelName, Deleted, Draft, Engine, EngineError, MemoryEngine, MemoryLimits, Message,
    MessageId, Page, PageLimit, Pending, PublishError, Sink, Start, Stored, Timestamp, Told,
};
use fanfare_testkit::conformance::{IDLE, STARTED, broken, check};
use fanfare_testkit::slow_engine::SlowEngine;

fn memory() -> MemoryEngine {
    let limits = MemoryLimits {
        idle: IDLE,
        ..MemoryLimits::default()
    };
    MemoryEngine::new(limits, STARTED)
}

#[test]
fn the_memory_engine_keeps_the_contract() {
    check(async || Arc::new(memory()) as _);
}

#[test]
fn an_engine_that_answers_late_can_keep_the_contract() {
    check(async || {
        let slow = Arc::new(SlowEngine::new(Arc::new(memory())));
        let releaser = Arc::downgrade(&slow);
        // Lets one journey go between the steps of everybody else, as long as there is an engine.
        tokio::spawn(async move {
            while let Some(slow) = releaser.upgrade() {
                slow.release(1);
                drop(slow);
                tokio::task::yield_now().await;
            }
        });
        slow as _
    });
}

/// A memory engine with a fault.
#[derive(Debug)]
struct Faulty {
    memory: MemoryEngine,
    fault: Fault,
    has_lost_one: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Pages say that nothing was published after their last message.
    ForgetsItsHead,
    /// What is deleted is only emptied for readers who look.
    KeepsWhatIsDeleted,
    /// The first page with two messages lacks one of them.
    LosesOne,
    /// Repeated publishes are published.
    Repeats,
    /// The sink hears everything twice.
    Stutters,
}

#[derive(Debug)]
struct Stuttering(Arc<dyn Sink>);

impl Sink for Stuttering {
    fn message(&self, message: &Arc<Message>) -> usize {
        self.0.message(message);
        self.0.message(message)
    }

    fn deleted(&self, channel: &ChannelName) -> Told {
        self.0.deleted(channel)
    }
}

impl Faulty {
    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn spoil(&self, page: &mut Page) {
        if self.has(Fault::ForgetsItsHead) {
            let last = page.messages.back().map(|message| message.id());
            page.newest = last.unwrap_or(page.start);
        }
        let is_first = || !self.has_lost_one.swap(true, Ordering::Relaxed);
        if self.has(Fault::LosesOne) && page.messages.len() == 2 && is_first() {
            page.messages.pop_back();
        }
    }
}

impl Engine for Faulty {
    fn attach(&self, sink: Arc<dyn Sink>) {
        if self.has(Fault::Stutters) {
            self.memory.attach(Arc::new(Stuttering(sink)));
        } else {
            self.memory.attach(sink);
        }
    }

    fn publish(
        &self,
        channel: &ChannelName,
        mut draft: Draft,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>> {
        if self.has(Fault::Repeats) && draft.check().is_ok() {
            draft.idempotency_key = None;
        }
        self.memory.publish(channel, draft, now)
    }

    fn read(
        &self,
        channel: &ChannelName,
        start: Start,
        limit: PageLimit,
        now: Timestamp,
    ) -> Pending<Result<Page, EngineError>> {
        let Pending::Ready(Ok(mut page)) = self.memory.read(channel, start, limit, now) else {
            unreachable!("memory answers at once");
        };
        self.spoil(&mut page);
        Pending::Ready(Ok(page))
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
        if self.has(Fault::KeepsWhatIsDeleted) {
            return self.memory.look(channel, now).map(|stored| {
                Ok(Deleted {
                    stored: stored?,
                    ..Deleted::default()
                })
            });
        }
        self.memory.delete(channel, now)
    }

    fn collect(&self, now: Timestamp, in_use: &dyn Fn(&ChannelName) -> bool) {
        self.memory.collect(now, in_use);
    }

    fn usage(&self) -> Usage {
        self.memory.usage()
    }
}

#[test]
fn the_suite_names_what_an_engine_does_wrong() {
    let cases = [
        (
            Fault::ForgetsItsHead,
            "a_reader_learns_of_messages_that_were_never_stored",
        ),
        (Fault::KeepsWhatIsDeleted, "deleting_leaves_nothing"),
        (Fault::LosesOne, "a_history_is_bounded_in_messages"),
        (Fault::Repeats, "a_repeated_publish_does_nothing"),
        (
            Fault::Stutters,
            "a_message_is_heard_before_its_publisher_has_the_answer",
        ),
    ];
    for (fault, expected) in cases {
        let broken = broken(async || {
            Arc::new(Faulty {
                memory: memory(),
                fault,
                has_lost_one: AtomicBool::new(false),
            }) as _
        });
        assert!(broken.contains(&expected), "{fault:?} breaks {broken:?}");
    }
}

#[test]
fn an_engine_that_began_in_another_life_is_found_out() {
    // It claims to know everything from the beginning of time.
    let broken = broken(async || {
        let limits = MemoryLimits {
            idle: IDLE,
            ..MemoryLimits::default()
        };
        Arc::new(MemoryEngine::new(limits, Timestamp::default())) as _
    });
    let expected = [
        "an_id_is_greater_than_any_of_the_second_the_engine_began_in",
        "a_cursor_of_an_earlier_life_is_a_gap",
    ];
    assert_eq!(broken, expected);
    assert!(MessageId::end_of_second(Timestamp::default()) < MessageId::end_of_second(STARTED));
}

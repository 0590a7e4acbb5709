//! What every test of the hub starts from.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fanfare_hub::{
    ChannelName, Draft, HistoryLimits, Hub, Inbox, Item, MemoryEngine, MemoryLimits, MessageId,
    Page, PageLimit, Pending, Receipt, Start, Timestamp, Wake,
};

/// When the engines of these tests begin to live, in seconds.
pub(crate) const STARTED: u64 = 1000;

/// How long the hubs of these tests remember what nobody uses.
pub(crate) const IDLE: Duration = Duration::from_secs(10);

/// Subscribers that a channel of these tests may have.
pub(crate) const SUBSCRIBERS_MAX: usize = 3;

/// Bounds that no test reaches by accident.
pub(crate) fn roomy() -> MemoryLimits {
    MemoryLimits {
        idle: IDLE,
        ..MemoryLimits::default()
    }
}

pub(crate) fn keeping(messages: usize) -> MemoryLimits {
    MemoryLimits {
        history: HistoryLimits {
            messages,
            ..HistoryLimits::default()
        },
        ..roomy()
    }
}

pub(crate) fn hub(limits: MemoryLimits) -> Hub {
    let engine = MemoryEngine::new(limits, at(STARTED));
    Hub::new(Arc::new(engine), SUBSCRIBERS_MAX)
}

pub(crate) fn name(text: &str) -> ChannelName {
    ChannelName::new(text).unwrap()
}

pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

pub(crate) fn id(seconds: u64, tag: u32) -> MessageId {
    MessageId::new(seconds, tag)
}

/// The answer of an engine in memory, which has it at once.
pub(crate) fn ready<T>(pending: Pending<T>) -> T {
    match pending {
        Pending::Ready(answer) => answer,
        Pending::Later(_) => unreachable!("memory answers at once"),
    }
}

pub(crate) fn publish(hub: &Hub, channel: &str, payload: &str, seconds: u64) -> Receipt {
    let draft = Draft::new(payload.to_owned());
    ready(hub.publish(&name(channel), draft, at(seconds))).unwrap()
}

pub(crate) fn read(hub: &Hub, channel: &str, start: Start, seconds: u64) -> Page {
    ready(hub.read(&name(channel), start, PageLimit::default(), at(seconds))).unwrap()
}

pub(crate) fn payloads(page: &Page) -> Vec<&str> {
    let text = |m| str::from_utf8(m).unwrap();
    page.messages.iter().map(|m| text(m.payload())).collect()
}

/// Counts how often it was rung.
#[derive(Debug, Default)]
pub(crate) struct Bell(AtomicUsize);

impl Bell {
    pub(crate) fn rung(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// The inbox's end of a bell that the test keeps.
struct Cord(Arc<Bell>);

impl Wake for Cord {
    fn wake(&self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) fn inbox() -> Arc<Inbox> {
    Inbox::new(Box::new(Cord(Arc::default())))
}

pub(crate) fn bounded_inbox(items_max: usize, bytes_max: usize) -> (Arc<Inbox>, Arc<Bell>) {
    let bell = Arc::new(Bell::default());
    let cord = Box::new(Cord(Arc::clone(&bell)));
    (Inbox::bounded(cord, items_max, bytes_max), bell)
}

/// What waits in an inbox, in words: `message 1001:0`, `behind a`, `end a before 3: Deleted`.
pub(crate) fn take(inbox: &Inbox) -> Vec<String> {
    let mut items = Vec::new();
    inbox.take(&mut items);
    items.iter().map(words).collect()
}

fn words(item: &Item) -> String {
    match item {
        Item::Behind(channel) => format!("behind {channel}"),
        Item::End {
            channel,
            before,
            reason,
            ..
        } => format!("end {channel} before {before}: {reason:?}"),
        Item::Message(message) => format!("message {}", message.id()),
    }
}

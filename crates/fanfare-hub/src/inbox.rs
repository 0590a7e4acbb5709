//! What a driver has to deliver next.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::{INBOX_BYTES_MAX, INBOX_ITEMS_MAX};
use crate::{ChannelName, Message, Telling, Ticket};

/// Wakes the driver that owns an inbox. Must not block, may be called from any thread and under
/// the hub's locks.
pub trait Wake: Send + Sync {
    /// The inbox has become non-empty, or the driver has other work.
    fn wake(&self);
}

/// Something that concerns the subscribers of one channel.
#[derive(Clone, Debug)]
pub enum Item {
    /// Messages of this channel were dropped here because the inbox was full: its readers must
    /// catch up from the engine.
    Behind(ChannelName),
    /// The subscriptions to this channel that are older than the ticket are over.
    End {
        /// The channel.
        channel: ChannelName,
        /// Subscriptions with a smaller ticket end.
        before: Ticket,
        /// Why.
        reason: EndReason,
        /// To be kept until all of them have been told, if somebody waits for that.
        telling: Option<Arc<Telling>>,
    },
    /// A message to deliver to every subscriber of its channel.
    Message(Arc<Message>),
}

/// Why the hub ends subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// A newer subscription took the channel over (concurrency "last").
    Conflict,
    /// The channel was deleted.
    Deleted,
}

/// The queue between the hub and one driver: a shard with thousands of subscribers, or a task with
/// one. Bounded; what does not fit is remembered as [`Item::Behind`], so a full inbox costs its
/// readers a read from the engine and never a message that is still stored.
pub struct Inbox {
    /// Tells it from every other one.
    number: u64,
    queue: Mutex<Queue>,
    items_max: usize,
    bytes_max: usize,
    waker: Box<dyn Wake>,
}

/// Numbers are never used again: one inbox per nanosecond would last for 500 years.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);

#[derive(Default)]
struct Queue {
    items: Vec<Item>,
    /// Payload bytes of the messages in `items`.
    bytes: usize,
    /// Sorted, so that a simulation repeats itself.
    behind: BTreeSet<ChannelName>,
}

impl Inbox {
    /// An inbox for a driver of many subscribers.
    pub fn new(waker: Box<dyn Wake>) -> Arc<Self> {
        Self::bounded(waker, INBOX_ITEMS_MAX, INBOX_BYTES_MAX)
    }

    /// An inbox with bounds of its own, for a driver of a single subscriber. Whatever they are,
    /// one message fits: an inbox that is always full would never wake its driver.
    pub fn bounded(waker: Box<dyn Wake>, items_max: usize, bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed),
            queue: Mutex::default(),
            items_max: items_max.max(1),
            bytes_max,
            waker,
        })
    }

    /// Moves everything that waits here to the end of `into`, oldest first.
    pub fn take(&self, into: &mut Vec<Item>) {
        let mut queue = self.lock();
        queue.bytes = 0;
        if into.is_empty() {
            // The driver's buffer for ours: neither of them allocates again.
            std::mem::swap(into, &mut queue.items);
        } else {
            into.append(&mut queue.items);
        }
        into.extend(
            std::mem::take(&mut queue.behind)
                .into_iter()
                .map(Item::Behind),
        );
    }

    /// Wakes the driver, as the first message does, for work that reaches it by another way.
    pub fn wake(&self) {
        self.waker.wake();
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn push_message(&self, message: &Arc<Message>) {
        let mut queue = self.lock();
        let bytes = queue.bytes + message.payload().len();
        if queue.items.len() >= self.items_max || (bytes > self.bytes_max && queue.bytes > 0) {
            // Not woken: a full inbox has been announced already.
            queue.behind.insert(message.channel().clone());
            return;
        }
        queue.bytes = bytes;
        self.push(queue, Item::Message(Arc::clone(message)));
    }

    pub(crate) fn push_end(&self, end: Item) {
        self.push(self.lock(), end);
    }

    fn push(&self, mut queue: MutexGuard<'_, Queue>, item: Item) {
        let was_empty = queue.items.is_empty();
        queue.items.push(item);
        drop(queue);
        if was_empty {
            self.waker.wake();
        }
    }

    /// A panic elsewhere leaves the queue as it was between two whole steps.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbox({} waiting)", self.lock().items.len())
    }
}

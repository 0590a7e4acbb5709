//! The engine that keeps everything in this process.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::engine::Usage;
use crate::history::History;
use crate::limits::{IDEMPOTENCY_KEYS_MAX, STRIPES};
use crate::message::Meter;
use crate::{
    ChannelName, Deleted, Draft, Engine, EngineError, HistoryLimits, Message, MessageId, Page,
    PageLimit, Pending, PublishError, Sink, Start, Stored, Timestamp,
};

/// Bounds of a [`MemoryEngine`].
#[derive(Clone, Copy, Debug)]
pub struct MemoryLimits {
    /// Of each channel, unless a draft brings its own.
    pub history: HistoryLimits,
    /// Bytes of all stored messages, and of the wire forms of every message that is stored or
    /// still on its way to a reader. Over it the oldest messages of the whole process are evicted,
    /// whatever their channel.
    pub bytes_max: usize,
    /// Channels known at a time. Over it a publish to a new channel is refused.
    pub channels_max: usize,
    /// How long an empty channel that nobody uses is remembered.
    pub idle: Duration,
}

impl Default for MemoryLimits {
    /// Default history, 256 MiB, 250,000 channels (about 100 MB when empty), 60 seconds.
    fn default() -> Self {
        Self {
            history: HistoryLimits::default(),
            bytes_max: 256 << 20,
            channels_max: 250_000,
            idle: Duration::from_secs(60),
        }
    }
}

/// Wire forms are given up, all of them at once, when they take more than this part of the bound.
/// Fewer are not worth a look at every message, and cost the history no more than a sixteenth.
const FORMS_SHARE: usize = 16;

/// Keeps channels in memory, each in one of [`STRIPES`] parts with a lock of its own.
///
/// # Eviction
/// When stored messages and wire forms pass `bytes_max`, wire forms go first if they are worth it,
/// see `FORMS_SHARE`: they can be made again, and readers, who make them without asking, must not
/// be able to push messages out. Then the message with the smallest id of all channels goes, then
/// the next, until the bound holds; its readers are told of a gap. What readers add is seen by the
/// next publish or collection.
pub struct MemoryEngine {
    stripes: [Mutex<Stripe>; STRIPES],
    hasher: RandomState,
    limits: MemoryLimits,
    sink: OnceLock<Arc<dyn Sink>>,
    channels: AtomicUsize,
    messages: AtomicUsize,
    message_bytes: AtomicUsize,
    encoded: Arc<Meter>,
    evicted: AtomicU64,
}

struct Stripe {
    channels: HashMap<ChannelName, Channel>,
    /// The oldest stored message of every channel that has one.
    oldest: BTreeSet<(MessageId, ChannelName)>,
    /// No smaller than any id given out in a channel that this stripe does not know (any more).
    forgotten: MessageId,
}

struct Channel {
    history: History,
    limits: HistoryLimits,
    newest: MessageId,
    /// A publisher has made it; otherwise a reader has only asked for it.
    exists: bool,
    has_published: bool,
    keys: VecDeque<(Box<str>, MessageId)>,
    used: Timestamp,
}

/// What a change did to one channel's history, for the counters.
struct Extent {
    oldest: Option<MessageId>,
    messages: usize,
    bytes: usize,
}

impl MemoryEngine {
    /// An empty engine that began to live at `started`: every cursor from before it is a gap.
    pub fn new(limits: MemoryLimits, started: Timestamp) -> Self {
        let forgotten = MessageId::end_of_second(started);
        Self {
            stripes: std::array::from_fn(|_| Mutex::new(Stripe::new(forgotten))),
            hasher: RandomState::new(),
            limits,
            sink: OnceLock::new(),
            channels: AtomicUsize::new(0),
            messages: AtomicUsize::new(0),
            message_bytes: AtomicUsize::new(0),
            encoded: Arc::default(),
            evicted: AtomicU64::new(0),
        }
    }

    fn publish_now(
        &self,
        name: &ChannelName,
        draft: Draft,
        now: Timestamp,
    ) -> Result<Stored, PublishError> {
        draft.check()?;
        let mut stripe = self.stripe(name);
        self.make(&mut stripe, name, self.limits.channels_max, now)?;
        let (message, mut stored) = self
            .change(&mut stripe, name, now, |channel| {
                channel.publish(name, draft, now, &self.encoded)
            })
            .expect("found or just made");
        if let Some(message) = message {
            // Under the stripe's lock, so that the sink hears a channel's messages in order.
            stored.subscribers = self.sink.get().map_or(0, |sink| sink.message(&message));
            drop(stripe);
            self.evict();
        }
        Ok(stored)
    }

    fn read_now(&self, name: &ChannelName, start: Start, limit: PageLimit, now: Timestamp) -> Page {
        let mut stripe = self.stripe(name);
        // Readers may name any channel: half of the room is left to publishers.
        let readers_max = self.limits.channels_max / 2;
        if self.make(&mut stripe, name, readers_max, now).is_err() {
            // No room to remember one more channel. It is read as an empty one, whose first
            // message may then look like a gap: wrong on the safe side.
            return History::default().read(start, stripe.forgotten, limit, now);
        }
        self.change(&mut stripe, name, now, |channel| {
            channel.used = now;
            channel.history.read(start, channel.newest, limit, now)
        })
        .expect("found or just made")
    }

    fn look_now(&self, name: &ChannelName, now: Timestamp) -> Option<Stored> {
        let mut stripe = self.stripe(name);
        self.change(&mut stripe, name, now, |channel| channel.existing())?
    }

    fn create_now(&self, name: &ChannelName, now: Timestamp) -> Result<Stored, PublishError> {
        let mut stripe = self.stripe(name);
        self.make(&mut stripe, name, self.limits.channels_max, now)?;
        let stored = self.change(&mut stripe, name, now, |channel| {
            channel.exists = true;
            channel.used = now;
            channel.stored()
        });
        Ok(stored.expect("found or just made"))
    }

    fn delete_now(&self, name: &ChannelName, now: Timestamp) -> Deleted {
        let mut stripe = self.stripe(name);
        let stored = self.change(&mut stripe, name, now, |channel| {
            let stored = channel.existing();
            channel.history = History::default();
            stored
        });
        self.forget(&mut stripe, name);
        let told = self.sink.get().map(|sink| sink.deleted(name));
        Deleted {
            stored: stored.flatten(),
            told: told.unwrap_or_default(),
        }
    }

    /// Makes the channel if there is none and there are fewer than `channels_max`.
    fn make(
        &self,
        stripe: &mut Stripe,
        name: &ChannelName,
        channels_max: usize,
        now: Timestamp,
    ) -> Result<(), PublishError> {
        if stripe.channels.contains_key(name) {
            return Ok(());
        }
        if self.channels.fetch_add(1, Ordering::Relaxed) >= channels_max {
            self.channels.fetch_sub(1, Ordering::Relaxed);
            return Err(PublishError::TooManyChannels { channels_max });
        }
        let channel = Channel::new(self.limits.history, stripe.forgotten, now);
        stripe.channels.insert(name.clone(), channel);
        Ok(())
    }

    /// Drops what has expired, does `act`, and brings index and counters up to date. `None` if
    /// the channel is not known.
    fn change<R>(
        &self,
        stripe: &mut Stripe,
        name: &ChannelName,
        now: Timestamp,
        act: impl FnOnce(&mut Channel) -> R,
    ) -> Option<R> {
        let Stripe {
            channels, oldest, ..
        } = stripe;
        let channel = channels.get_mut(name)?;
        Some(self.change_found(oldest, name, channel, now, act))
    }

    fn change_found<R>(
        &self,
        oldest: &mut BTreeSet<(MessageId, ChannelName)>,
        name: &ChannelName,
        channel: &mut Channel,
        now: Timestamp,
        act: impl FnOnce(&mut Channel) -> R,
    ) -> R {
        let before = channel.extent();
        channel.history.expire(now);
        let result = act(channel);
        let after = channel.extent();
        if before.oldest != after.oldest {
            if let Some(id) = before.oldest {
                oldest.remove(&(id, name.clone()));
            }
            if let Some(id) = after.oldest {
                oldest.insert((id, name.clone()));
            }
        }
        count(&self.messages, before.messages, after.messages);
        count(&self.message_bytes, before.bytes, after.bytes);
        result
    }

    /// Removes an emptied channel and remembers how far its ids had come.
    fn forget(&self, stripe: &mut Stripe, name: &ChannelName) {
        if let Some(channel) = stripe.channels.remove(name) {
            stripe.forgotten = stripe.forgotten.max(channel.newest);
            self.channels.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Brings the process back under its bound, oldest message first. Takes one stripe's lock at
    /// a time: while it runs others may publish, so the bound can be passed by the messages being
    /// published at this moment, at most one per thread.
    fn evict(&self) {
        if self.is_over() && self.encoded.bytes() > self.limits.bytes_max / FORMS_SHARE {
            self.shed_forms();
        }
        while self.is_over() {
            let oldest = self
                .stripes
                .iter()
                .filter_map(|stripe| lock(stripe).oldest.first().cloned())
                .min();
            let Some((id, name)) = oldest else {
                return;
            };
            let mut stripe = self.stripe(&name);
            self.change(&mut stripe, &name, Timestamp::default(), |channel| {
                if channel.history.oldest() == Some(id) {
                    channel.history.drop_oldest();
                    self.evicted.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    }

    fn is_over(&self) -> bool {
        self.message_bytes.load(Ordering::Relaxed) + self.encoded.bytes() > self.limits.bytes_max
    }

    /// Looks at every stored message once. A form is made by a read or a delivery, which cost far
    /// more, and there are many before this is worth it again.
    fn shed_forms(&self) {
        for stripe in &self.stripes {
            let mut stripe = lock(stripe);
            let channels = stripe.channels.values_mut();
            channels.for_each(|channel| channel.history.shed_forms());
        }
    }

    fn collect_stripe(
        &self,
        stripe: &mut Stripe,
        now: Timestamp,
        in_use: &dyn Fn(&ChannelName) -> bool,
    ) {
        let Stripe {
            channels,
            oldest,
            forgotten,
        } = stripe;
        channels.retain(|name, channel| {
            // Most channels have nothing to drop: they cost a comparison, not a look at messages.
            if channel.history.has_expired(now) {
                self.change_found(oldest, name, channel, now, |_| ());
            }
            // A use that lies ahead was before the clock stepped back: it is counted as now, or
            // the channel would be remembered until the clock gets there again.
            channel.used = channel.used.min(now);
            if channel.history.len() > 0 || now.since(channel.used) < self.limits.idle {
                return true;
            }
            if in_use(name) {
                // Listening is a use: whoever comes back soon after finds the channel as it was.
                channel.used = now;
                return true;
            }
            *forgotten = (*forgotten).max(channel.newest);
            self.channels.fetch_sub(1, Ordering::Relaxed);
            false
        });
        if channels.len() * 4 < channels.capacity() {
            channels.shrink_to_fit();
        }
    }

    fn stripe(&self, name: &ChannelName) -> MutexGuard<'_, Stripe> {
        let index = usize::try_from(self.hasher.hash_one(name) % STRIPES as u64).unwrap_or(0);
        lock(&self.stripes[index])
    }
}

impl Engine for MemoryEngine {
    fn attach(&self, sink: Arc<dyn Sink>) {
        // A second sink would split the audience; the first one stays.
        let _ = self.sink.set(sink);
    }

    fn publish(
        &self,
        channel: &ChannelName,
        draft: Draft,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>> {
        Pending::Ready(self.publish_now(channel, draft, now))
    }

    fn read(
        &self,
        channel: &ChannelName,
        start: Start,
        limit: PageLimit,
        now: Timestamp,
    ) -> Pending<Result<Page, EngineError>> {
        Pending::Ready(Ok(self.read_now(channel, start, limit, now)))
    }

    fn look(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Option<Stored>, EngineError>> {
        Pending::Ready(Ok(self.look_now(channel, now)))
    }

    fn create(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>> {
        Pending::Ready(self.create_now(channel, now))
    }

    fn delete(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Deleted, EngineError>> {
        Pending::Ready(Ok(self.delete_now(channel, now)))
    }

    fn collect(&self, now: Timestamp, in_use: &dyn Fn(&ChannelName) -> bool) {
        for stripe in &self.stripes {
            self.collect_stripe(&mut lock(stripe), now, in_use);
        }
        self.evict();
    }

    fn usage(&self) -> Usage {
        Usage {
            channels: self.channels.load(Ordering::Relaxed),
            messages: self.messages.load(Ordering::Relaxed),
            message_bytes: self.message_bytes.load(Ordering::Relaxed),
            encoded_bytes: self.encoded.bytes(),
            evicted: self.evicted.load(Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for MemoryEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryEngine")
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

impl Stripe {
    fn new(forgotten: MessageId) -> Self {
        Self {
            channels: HashMap::new(),
            oldest: BTreeSet::new(),
            forgotten,
        }
    }
}

impl Channel {
    fn new(limits: HistoryLimits, newest: MessageId, now: Timestamp) -> Self {
        Self {
            history: History::default(),
            limits,
            newest,
            exists: false,
            has_published: false,
            keys: VecDeque::new(),
            used: now,
        }
    }

    /// Makes and stores the message, unless the draft repeats an earlier one.
    fn publish(
        &mut self,
        name: &ChannelName,
        mut draft: Draft,
        now: Timestamp,
        meter: &Arc<Meter>,
    ) -> (Option<Arc<Message>>, Stored) {
        self.exists = true;
        self.used = now;
        if let Some(repeated) = self.repeated(draft.idempotency_key.as_deref()) {
            return (None, repeated);
        }
        if let Some(limits) = draft.history {
            self.limits = limits;
        }
        let key = draft.idempotency_key.take();
        let message = Arc::new(self.message(name, draft, now, meter));
        self.remember(key, message.id());
        self.history.push(Arc::clone(&message), &self.limits);
        (Some(message), self.stored())
    }

    fn message(
        &mut self,
        name: &ChannelName,
        draft: Draft,
        now: Timestamp,
        meter: &Arc<Meter>,
    ) -> Message {
        let previous = self.newest;
        self.newest = previous.following(now);
        self.has_published = true;
        let lifetime = draft
            .ttl
            .map_or(self.limits.age, |ttl| ttl.min(self.limits.age));
        let times = (now, now.plus(lifetime));
        Message::new(
            name.clone(),
            (previous, self.newest),
            times,
            draft,
            Arc::clone(meter),
        )
    }

    /// The answer to an earlier publish under the same key.
    fn repeated(&self, key: Option<&str>) -> Option<Stored> {
        let key = key?;
        let (_, id) = self.keys.iter().rev().find(|(known, _)| **known == *key)?;
        Some(Stored {
            last: Some(*id),
            repeated: true,
            ..self.stored()
        })
    }

    fn remember(&mut self, key: Option<Box<str>>, id: MessageId) {
        let Some(key) = key else {
            return;
        };
        if self.keys.len() == IDEMPOTENCY_KEYS_MAX {
            self.keys.pop_front();
        }
        self.keys.push_back((key, id));
    }

    /// What is stored, if a publisher has made the channel.
    fn existing(&self) -> Option<Stored> {
        self.exists.then(|| self.stored())
    }

    fn stored(&self) -> Stored {
        let last = self.has_published.then_some(self.newest);
        Stored {
            messages: self.history.len(),
            last,
            ..Stored::default()
        }
    }

    fn extent(&self) -> Extent {
        Extent {
            oldest: self.history.oldest(),
            messages: self.history.len(),
            bytes: self.history.bytes(),
        }
    }
}

fn count(counter: &AtomicUsize, before: usize, after: usize) {
    if after >= before {
        counter.fetch_add(after - before, Ordering::Relaxed);
    } else {
        counter.fetch_sub(before - after, Ordering::Relaxed);
    }
}

/// A panic elsewhere leaves a stripe as it was between two whole steps.
fn lock(stripe: &Mutex<Stripe>) -> MutexGuard<'_, Stripe> {
    stripe.lock().unwrap_or_else(PoisonError::into_inner)
}

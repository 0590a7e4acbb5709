//! The model: everything ever published, and whether it should be there still.

use std::ops::{Bound, RangeBounds};
use std::time::Duration;

use fanfare_hub::limits::MESSAGE_OVERHEAD_BYTES;
use fanfare_hub::{HistoryLimits, MemoryLimits, MessageId, PageLimit, Start, Timestamp};

use super::{CHANNELS, Post};

pub(super) struct Naive {
    limits: MemoryLimits,
    pub(super) channels: Vec<Channel>,
}

/// A channel through all its lives: it may be deleted or forgotten, and made again.
pub(super) struct Channel {
    /// In the order of publication.
    pub(super) all: Vec<Entry>,
    pub(super) limits: HistoryLimits,
    keys: Vec<(u8, MessageId)>,
    used: Timestamp,
    /// The engine knows it at present.
    pub(super) is_known: bool,
    /// A publisher has made it.
    pub(super) exists: bool,
    /// Counts the times it was deleted or forgotten.
    pub(super) life: usize,
}

pub(super) struct Entry {
    pub(super) id: MessageId,
    published: Timestamp,
    expires: Timestamp,
    payload_bytes: usize,
    pub(super) is_stored: bool,
    pub(super) life: usize,
}

impl Naive {
    pub(super) fn new(limits: MemoryLimits) -> Self {
        let channel = || Channel {
            all: Vec::new(),
            limits: limits.history,
            keys: Vec::new(),
            used: Timestamp::default(),
            is_known: false,
            exists: false,
            life: 0,
        };
        let channels = (0..CHANNELS).map(|_| channel()).collect();
        Self { limits, channels }
    }

    pub(super) fn known(&self) -> usize {
        self.channels.iter().filter(|c| c.is_known).count()
    }

    pub(super) fn messages(&self) -> usize {
        self.channels.iter().map(|c| c.stored().count()).sum()
    }

    pub(super) fn bytes(&self) -> usize {
        self.channels.iter().map(Channel::bytes).sum()
    }

    pub(super) fn expire(&mut self, now: Timestamp) {
        for entry in self.channels.iter_mut().flat_map(|c| &mut c.all) {
            entry.is_stored &= entry.expires > now;
        }
    }

    /// Takes the channel into use, as publishing, creating and reading do.
    pub(super) fn touch(&mut self, channel: usize, now: Timestamp) -> &mut Channel {
        let channel = &mut self.channels[channel];
        if !channel.is_known {
            channel.is_known = true;
            channel.limits = self.limits.history;
        }
        channel.used = now;
        channel
    }

    /// Evicts the smallest id of all channels, and says whose it was.
    pub(super) fn evict(&mut self) -> (usize, &Entry) {
        let entries = self.channels.iter_mut().enumerate();
        let entries = entries.flat_map(|(index, c)| c.all.iter_mut().map(move |e| (index, e)));
        let stored = entries.filter(|(_, entry)| entry.is_stored);
        let (index, oldest) = stored
            .min_by_key(|(index, entry)| (entry.id, *index))
            .expect("nothing is evicted that was not stored");
        oldest.is_stored = false;
        (index, oldest)
    }

    pub(super) fn collect(&mut self, now: Timestamp, is_listened_to: impl Fn(usize) -> bool) {
        self.expire(now);
        let idle = self.limits.idle;
        for (index, channel) in self.channels.iter_mut().enumerate() {
            channel.used = channel.used.min(now);
            let is_idle = channel.stored().count() == 0 && now.since(channel.used) >= idle;
            if is_idle && is_listened_to(index) {
                channel.used = now;
            } else if is_idle && channel.is_known {
                channel.forget();
            }
        }
    }
}

impl Channel {
    pub(super) fn stored(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.all.iter().filter(|entry| entry.is_stored)
    }

    pub(super) fn bytes(&self) -> usize {
        self.stored().map(Entry::weight).sum()
    }

    /// The newest id given out, in this life or an earlier one.
    pub(super) fn last(&self) -> Option<&Entry> {
        self.all.last()
    }

    /// The newest id given out since the channel was made.
    pub(super) fn last_of_this_life(&self) -> Option<MessageId> {
        let last = self.last().filter(|entry| entry.life == self.life);
        last.map(|entry| entry.id)
    }

    pub(super) fn find(&self, id: MessageId) -> &Entry {
        let found = self.all.iter().find(|entry| entry.id == id);
        found.expect("only what was published is delivered")
    }

    /// The id before `id`, if the channel has been known from then to then.
    pub(super) fn previous(&self, id: MessageId) -> Option<MessageId> {
        let entry = self.find(id);
        let before = self.all.iter().rfind(|other| other.id < id)?;
        (before.life == entry.life).then_some(before.id)
    }

    pub(super) fn count(&self, ids: impl RangeBounds<MessageId>) -> usize {
        // A range that runs backwards, which `RangeBounds` allows, holds nothing.
        let within = |entry: &&Entry| ids.contains(&entry.id);
        self.all.iter().filter(within).count()
    }

    /// Like [`Channel::count`] for `after < id <= until`, of what could still be had.
    pub(super) fn stored_within(&self, after: MessageId, until: MessageId) -> usize {
        let ids = (Bound::Excluded(after), Bound::Included(until));
        self.stored().filter(|e| ids.contains(&e.id)).count()
    }

    pub(super) fn repeated(&self, key: Option<u8>) -> Option<MessageId> {
        let (_, id) = self.keys.iter().find(|(known, _)| Some(*known) == key)?;
        Some(*id)
    }

    pub(super) fn publish(&mut self, post: &Post, id: MessageId, now: Timestamp) {
        self.limits = post.history.unwrap_or(self.limits);
        let ttl = post.ttl.map_or(Duration::MAX, Duration::from_secs);
        self.all.push(Entry {
            id,
            published: now,
            expires: now.plus(ttl.min(self.limits.age)),
            payload_bytes: post.payload_bytes,
            is_stored: true,
            life: self.life,
        });
        self.keys.extend(post.key.map(|key| (key, id)));
        while self.stored().count() > self.limits.messages
            || (self.bytes() > self.limits.bytes && self.stored().count() > 1)
        {
            let oldest = self.all.iter_mut().find(|entry| entry.is_stored);
            oldest.expect("over a bound").is_stored = false;
        }
    }

    pub(super) fn forget(&mut self) {
        for entry in &mut self.all {
            entry.is_stored = false;
        }
        self.keys.clear();
        self.is_known = false;
        self.exists = false;
        self.life += 1;
    }

    /// The ids that a page holds, and whether there are more.
    pub(super) fn read(
        &self,
        start: Start,
        limit: PageLimit,
        now: Timestamp,
    ) -> (Vec<MessageId>, bool) {
        let stored: Vec<&Entry> = self.stored().collect();
        let is_before = |entry: &&&Entry| match start {
            Start::After(cursor) => entry.id <= cursor,
            Start::Last(count) => {
                stored.iter().filter(|other| other.id >= entry.id).count() > count
            }
            Start::Newest => true,
            Start::Oldest => false,
            Start::Within(age) => entry.published < now.minus(age),
        };
        let wanted: Vec<&&Entry> = stored.iter().skip_while(is_before).collect();
        let mut ids = Vec::new();
        let mut bytes = 0;
        for entry in &wanted {
            bytes += entry.payload_bytes;
            let fits = ids.len() < limit.messages && bytes <= limit.bytes;
            if !fits && !ids.is_empty() {
                break;
            }
            ids.push(entry.id);
        }
        let has_more = ids.len() < wanted.len();
        (ids, has_more)
    }
}

impl Entry {
    pub(super) fn weight(&self) -> usize {
        self.payload_bytes + MESSAGE_OVERHEAD_BYTES
    }
}

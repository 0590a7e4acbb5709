//! Hub, readers and model, moved together and compared.

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use fanfare_hub::{
    Admission, Draft, Engine, Hub, JoinError, MemoryEngine, MemoryLimits, Message, MessageId, Page,
    PageLimit, Place, Receipt, Start, Timestamp,
};

use super::naive::Naive;
use super::reader::{Asked, Reader, Subscription, Witness};
use super::{CHANNELS, Join, Operation, Post, READERS, page_limit};
use crate::rig::{IDLE, STARTED, SUBSCRIBERS_MAX, at, name, ready};

/// What the readers of the model read at once; small, so that many pages make a history.
const PAGE: (usize, usize) = (2, 500);

pub(super) struct World {
    hub: Hub,
    engine: Arc<MemoryEngine>,
    limits: MemoryLimits,
    naive: Naive,
    readers: Vec<Reader>,
    /// Readers that listen, by channel.
    present: [Vec<usize>; CHANNELS],
    now: Timestamp,
    evicted: u64,
}

impl World {
    pub(super) fn new(limits: MemoryLimits) -> Self {
        let engine = Arc::new(MemoryEngine::new(limits, at(STARTED)));
        Self {
            hub: Hub::new(Arc::clone(&engine) as _, SUBSCRIBERS_MAX),
            engine,
            limits,
            naive: Naive::new(limits),
            readers: (0..READERS).map(Reader::new).collect(),
            present: std::array::from_fn(|_| Vec::new()),
            now: at(STARTED),
            evicted: 0,
        }
    }

    pub(super) fn apply(&mut self, operation: Operation) {
        match operation {
            Operation::Answer { reader } => self.answer(reader),
            Operation::Ask { reader } => self.ask(reader),
            Operation::Clock(millis) => {
                let millis = self.now.millis().saturating_add_signed(millis);
                self.now = Timestamp::from_millis(millis);
            }
            Operation::Collect => self.collect(),
            Operation::Create { channel } => self.create(channel),
            Operation::Delete { channel } => self.delete(channel),
            Operation::Join(join) => self.join(&join),
            Operation::Leave { reader } => self.leave(reader),
            Operation::Publish { channel, post } => self.publish(channel, &post),
            Operation::Read {
                channel,
                begin,
                limit,
            } => {
                self.read(channel, begin.start(None), page_limit(limit));
            }
            Operation::Take { reader } => self.take(reader),
        }
    }

    /// Lets every reader that listens reach the head, where it must have got or been told of
    /// everything.
    pub(super) fn finish(&mut self) {
        for reader in 0..READERS {
            self.take(reader);
            self.catch_up(reader);
        }
        self.check();
    }

    fn publish(&mut self, channel: usize, post: &Post) {
        let draft = Draft {
            ttl: post.ttl.map(Duration::from_secs),
            history: post.history,
            idempotency_key: post.key.map(|key| key.to_string().into()),
            ..Draft::new(vec![0; post.payload_bytes])
        };
        let receipt = ready(self.hub.publish(&names(channel), draft, self.now)).unwrap();
        self.naive.expire(self.now);
        let naive = self.naive.touch(channel, self.now);
        naive.exists = true;
        if let Some(id) = naive.repeated(post.key) {
            assert_eq!((receipt.repeated, receipt.id), (true, id));
            return;
        }
        let before = naive.last_of_this_life();
        let newest = naive.last().map(|entry| entry.id);
        naive.publish(post, receipt.id, self.now);
        assert_eq!(receipt.info.messages, naive.stored().count());
        self.check_receipt(channel, &receipt, before, newest);
        self.check_eviction();
    }

    fn check_receipt(
        &self,
        channel: usize,
        receipt: &Receipt,
        before: Option<MessageId>,
        newest: Option<MessageId>,
    ) {
        assert!(!receipt.repeated);
        assert_eq!(receipt.info.last_message_id, Some(receipt.id));
        assert_eq!(receipt.info.subscribers, self.present[channel].len());
        assert!(Some(receipt.id) > newest, "ids only grow");
        assert!(receipt.id > MessageId::end_of_second(at(STARTED)));
        if let Some(before) = before {
            assert_eq!(receipt.id, before.following(self.now));
        }
    }

    /// Evicts in the model what the engine says it has evicted, and holds that it had to and that
    /// it was enough.
    fn check_eviction(&mut self) {
        let usage = self.hub.usage();
        let bytes = usage.message_bytes + usage.encoded_bytes;
        assert!(bytes <= self.limits.bytes_max || usage.messages == 0);
        for left in (0..usage.evicted - self.evicted).rev() {
            let (channel, entry) = self.naive.evict();
            let forms = self.readers.iter().flat_map(|reader| &reader.forms);
            let freed = forms
                .filter(|f| (f.channel, f.id) == (channel, entry.id))
                .filter(|f| f.message.strong_count() == 0);
            let spared = bytes + entry.weight() + freed.map(|f| f.bytes).sum::<usize>();
            assert!(left > 0 || spared > self.limits.bytes_max, "one too many");
        }
        self.evicted = usage.evicted;
    }

    fn create(&mut self, channel: usize) {
        let info = ready(self.hub.create(&names(channel), self.now)).unwrap();
        self.naive.expire(self.now);
        let naive = self.naive.touch(channel, self.now);
        naive.exists = true;
        assert_eq!(info.messages, naive.stored().count());
    }

    fn delete(&mut self, channel: usize) {
        let there = ready(self.hub.info(&names(channel), self.now)).unwrap();
        let deleted = ready(self.hub.delete(&names(channel), self.now)).unwrap();
        assert_eq!(there, deleted.info);
        self.naive.expire(self.now);
        self.naive.channels[channel].forget();
        self.present[channel].clear();
    }

    fn collect(&mut self) {
        self.hub.collect(self.now, IDLE);
        let present = &self.present;
        self.naive
            .collect(self.now, |channel| !present[channel].is_empty());
        self.check_eviction();
    }

    fn join(&mut self, join: &Join) {
        let Join {
            reader: index,
            channel,
            admission,
            begin,
        } = *join;
        self.leave(index);
        let reader = &mut self.readers[index];
        let joined = self
            .hub
            .join(&names(channel), &reader.inbox, admission, self.now);
        let present = &mut self.present[channel];
        if admission == Admission::First && !present.is_empty() {
            assert_eq!(joined.unwrap_err(), JoinError::Conflict);
            return;
        }
        if admission == Admission::Last {
            present.clear();
        }
        present.push(index);
        let left = reader.left[channel].take();
        let witness = Witness::new(begin, left, self.naive.channels[channel].life);
        reader.subscription = Some(Subscription {
            channel,
            place: Place::new(names(channel), begin.start(witness.position())),
            seat: joined.unwrap(),
            asked: None,
            witness,
            is_live: false,
        });
        // As adapters do: join first, read after.
        self.ask(index);
    }

    /// A reader goes, and keeps what it knows.
    fn leave(&mut self, index: usize) {
        let reader = &mut self.readers[index];
        let Some(gone) = reader.subscription.take() else {
            return;
        };
        let channel = gone.place.channel();
        self.hub.leave(channel, &reader.inbox, gone.seat, self.now);
        self.present[gone.channel].retain(|present| *present != index);
        assert!(gone.place.cursor().is_none() || gone.place.cursor() == gone.witness.position());
        reader.left[gone.channel] = gone.witness.position().map(|_| gone.witness);
    }

    fn ask(&mut self, index: usize) {
        let Some((channel, start)) = self.stand(index) else {
            return;
        };
        let page = self.read(channel, start, page_limit(PAGE));
        let life = self.naive.channels[channel].life;
        if let Some(subscription) = &mut self.readers[index].subscription {
            subscription.asked = Some(Asked { page, life });
        }
    }

    fn answer(&mut self, index: usize) {
        let reader = &mut self.readers[index];
        let Some(subscription) = &mut reader.subscription else {
            return;
        };
        let Some(asked) = subscription.asked.take() else {
            return;
        };
        let channel = subscription.channel;
        reader.follow(asked, &self.naive.channels[channel], false);
        self.catch_up(index);
    }

    fn take(&mut self, index: usize) {
        let Some((channel, _)) = self.stand(index) else {
            return;
        };
        let mut items = Vec::new();
        self.readers[index].inbox.take(&mut items);
        let taken = self.readers[index].handle(&items, &self.naive.channels[channel]);
        if taken.is_over {
            return self.leave(index);
        }
        if taken.is_behind {
            self.catch_up(index);
        }
        let subscription = self.readers[index].subscription.as_ref().unwrap();
        let last = self.naive.channels[channel].last().map(|entry| entry.id);
        let is_up_to_date = subscription.witness.position() >= last;
        assert!(is_up_to_date || !subscription.is_live, "lost by the inbox");
    }

    /// Reads on to the head of the channel.
    fn catch_up(&mut self, index: usize) {
        while let Some((channel, start)) = self.stand(index) {
            let page = self.read(channel, start, page_limit(PAGE));
            let has_more = page.has_more;
            let channel = &self.naive.channels[channel];
            let life = channel.life;
            self.readers[index].follow(Asked { page, life }, channel, true);
            if !has_more {
                break;
            }
        }
        if let Some(subscription) = &mut self.readers[index].subscription {
            subscription.is_live = true;
            assert!(!subscription.witness.is_owed(), "a gap was kept from it");
        }
    }

    fn stand(&self, index: usize) -> Option<(usize, Start)> {
        let subscription = self.readers[index].subscription.as_ref()?;
        Some((subscription.channel, subscription.place.start()))
    }

    /// Reads from the hub and compares the page with what the model holds.
    fn read(&mut self, channel: usize, start: Start, limit: PageLimit) -> Page {
        let page = ready(self.hub.read(&names(channel), start, limit, self.now)).unwrap();
        self.naive.expire(self.now);
        let naive = self.naive.touch(channel, self.now);
        let (expected, has_more) = naive.read(start, limit, self.now);
        let found: Vec<MessageId> = page.messages.iter().map(|m| m.id()).collect();
        assert_eq!((found, page.has_more), (expected, has_more), "{start:?}");
        match naive.last_of_this_life() {
            Some(last) => assert_eq!(page.newest, last),
            // No smaller than any id that was given out and forgotten.
            None => assert!(Some(page.newest) >= naive.last().map(|entry| entry.id)),
        }
        let before = page.messages.front().map_or(page.newest, |m| m.previous());
        match start {
            Start::After(cursor) => assert_eq!(page.start, cursor),
            _ => assert_eq!(page.start, before),
        }
        page.messages
            .iter()
            .for_each(|m| self.check_link(channel, m));
        page
    }

    /// A message names the one before it, stored or not.
    fn check_link(&self, channel: usize, message: &Message) {
        assert!(message.expires() > self.now);
        let channel = &self.naive.channels[channel];
        assert!(message.previous() < message.id());
        match channel.previous(message.id()) {
            Some(previous) => assert_eq!(message.previous(), previous),
            // The first of a life: whatever went before is behind it.
            None => {
                let after = channel.count((
                    Bound::Excluded(message.previous()),
                    Bound::Excluded(message.id()),
                ));
                assert_eq!(after, 0, "{message:?} begins a life too early");
            }
        }
    }

    /// Every bound, and every number against a recount.
    pub(super) fn check(&mut self) {
        for channel in 0..CHANNELS {
            self.check_channel(channel);
        }
        let usage = self.hub.usage();
        assert_eq!(usage.channels, self.naive.known());
        assert_eq!(usage.messages, self.naive.messages());
        assert_eq!(usage.message_bytes, self.naive.bytes());
        let forms = self.readers.iter().flat_map(|reader| &reader.forms);
        let alive = forms.filter(|form| form.message.strong_count() > 0);
        assert_eq!(usage.encoded_bytes, alive.map(|f| f.bytes).sum::<usize>());
        let present: usize = self.present.iter().map(Vec::len).sum();
        assert_eq!(self.hub.subscriptions(), present);
    }

    fn check_channel(&mut self, channel: usize) {
        let stored = ready(self.engine.look(&names(channel), self.now)).unwrap();
        self.naive.expire(self.now);
        let naive = &self.naive.channels[channel];
        assert_eq!(stored.is_some(), naive.exists);
        let stored = stored.unwrap_or_default();
        if naive.exists {
            assert_eq!(stored.messages, naive.stored().count());
            assert_eq!(stored.last, naive.last_of_this_life());
        }
        assert!(stored.messages <= naive.limits.messages);
        let is_alone = naive.stored().count() <= 1;
        assert!(naive.bytes() <= naive.limits.bytes || is_alone);
        let present = self.hub.presence(&names(channel));
        assert_eq!(present, self.present[channel].len());
    }
}

fn names(channel: usize) -> fanfare_hub::ChannelName {
    name(["a", "b", "c"][channel])
}

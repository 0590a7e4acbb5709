//! The hub: the one thing that publishers and adapters talk to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::audience::{Audience, Presence};
use crate::engine::Usage;
use crate::{
    Admission, ChannelName, Deleted, Draft, Engine, EngineError, Inbox, JoinError, MessageId, Page,
    PageLimit, Pending, PublishError, Seat, Start, Stored, Timestamp, Told,
};

/// Channels, their messages and their audience. Cheap to clone; all clones are the same hub.
///
/// No call blocks. Every call takes `now`; the hub has no clock.
#[derive(Clone, Debug)]
pub struct Hub {
    engine: Arc<dyn Engine>,
    audience: Arc<Audience>,
    published: Arc<Published>,
}

/// What was published through a hub since it began.
#[derive(Debug, Default)]
pub struct Published {
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl Published {
    /// Messages, repeated ones left out.
    pub fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    /// Bytes of their payloads.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn count(&self, bytes: usize) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// What is known of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Messages stored and not expired.
    pub messages: usize,
    /// Time since a subscriber was last seen, `None` if never.
    pub requested: Option<Duration>,
    /// Subscribers at this moment, on this node.
    pub subscribers: usize,
    /// Id of the newest message ever published here; after a publish, of that message.
    pub last_message_id: Option<MessageId>,
}

/// The answer to a deletion.
#[derive(Debug)]
pub struct Deletion {
    /// What there was, `None` if there was no such channel.
    pub info: Option<ChannelInfo>,
    /// Done when every subscriber of this node has been told.
    pub told: Told,
}

/// The answer to a publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The id of the message.
    pub id: MessageId,
    /// The channel: its messages include this one, its subscribers are those it was meant for.
    pub info: ChannelInfo,
    /// The same idempotency key was used before: `id` is that of the earlier message, and nothing
    /// was published now.
    pub repeated: bool,
}

impl Hub {
    /// A hub on `engine`. `subscribers_max` bounds the subscribers of each channel, 0 does not.
    pub fn new(engine: Arc<dyn Engine>, subscribers_max: usize) -> Self {
        let audience = Arc::new(Audience::new(subscribers_max));
        engine.attach(Arc::clone(&audience) as _);
        Self {
            engine,
            audience,
            published: Arc::default(),
        }
    }

    /// Publishes a message: gives it an id, stores it, and tells everybody who listens.
    ///
    /// # Errors
    /// [`PublishError`] says who must act. Nothing was published.
    pub fn publish(
        &self,
        channel: &ChannelName,
        draft: Draft,
        now: Timestamp,
    ) -> Pending<Result<Receipt, PublishError>> {
        let presence = self.audience.presence(channel);
        let bytes = draft.payload.len();
        let published = Arc::clone(&self.published);
        let stored = self.engine.publish(channel, draft, now);
        stored.map(move |stored| {
            let stored = stored?;
            if !stored.repeated {
                published.count(bytes);
            }
            Ok(Receipt::new(stored, presence, now))
        })
    }

    /// Reads on in a channel.
    ///
    /// # Errors
    /// [`EngineError`] when the engine cannot be reached; try again.
    pub fn read(
        &self,
        channel: &ChannelName,
        start: Start,
        limit: PageLimit,
        now: Timestamp,
    ) -> Pending<Result<Page, EngineError>> {
        self.engine.read(channel, start, limit, now)
    }

    /// Says what is known of a channel; `None` if neither a publisher nor a subscriber has used it
    /// lately.
    ///
    /// # Errors
    /// [`EngineError`] when the engine cannot be reached; try again.
    pub fn info(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Option<ChannelInfo>, EngineError>> {
        let presence = self.audience.presence(channel);
        let stored = self.engine.look(channel, now);
        stored.map(move |stored| Ok(known(stored?, presence, now)))
    }

    /// True if a publisher has made the channel, by creating it or publishing on it.
    ///
    /// # Errors
    /// [`EngineError`] when the engine cannot be reached; try again.
    pub fn exists(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<bool, EngineError>> {
        self.engine
            .look(channel, now)
            .map(|stored| Ok(stored?.is_some()))
    }

    /// Makes a channel if there is none.
    ///
    /// # Errors
    /// [`PublishError`] says who must act.
    pub fn create(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<ChannelInfo, PublishError>> {
        let presence = self.audience.presence(channel);
        let stored = self.engine.create(channel, now);
        stored.map(move |stored| Ok(ChannelInfo::new(stored?, presence, now)))
    }

    /// Deletes a channel: its messages are gone and its subscriptions end.
    ///
    /// # Errors
    /// [`EngineError`] when the engine cannot be reached; try again.
    pub fn delete(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Deletion, EngineError>> {
        let presence = self.audience.presence(channel);
        let deleted = self.engine.delete(channel, now);
        deleted.map(move |deleted| {
            let Deleted { stored, told } = deleted?;
            let info = known(stored, presence, now);
            Ok(Deletion { info, told })
        })
    }

    /// Lets a subscriber in: from here on `inbox` hears what is published on the channel.
    ///
    /// Join first, read from the engine after: then nothing falls between the two, and what comes
    /// both ways is recognised by [`Place::judge`](crate::Place::judge).
    ///
    /// # Errors
    /// [`JoinError`]: the subscriber is not in.
    pub fn join(
        &self,
        channel: &ChannelName,
        inbox: &Arc<Inbox>,
        admission: Admission,
        now: Timestamp,
    ) -> Result<Seat, JoinError> {
        self.audience.join(channel, inbox, admission, now)
    }

    /// Lets somebody in who takes what is stored and goes: the same rules decide, and the channel
    /// has been asked for, but the newcomer is never counted and hears nothing.
    ///
    /// # Errors
    /// As for [`Hub::join`].
    pub fn look_in(
        &self,
        channel: &ChannelName,
        admission: Admission,
        now: Timestamp,
    ) -> Result<Seat, JoinError> {
        self.audience.look_in(channel, admission, now)
    }

    /// Takes a subscriber out. Harmless when the hub has ended the subscription already.
    pub fn leave(&self, channel: &ChannelName, inbox: &Arc<Inbox>, seat: Seat, now: Timestamp) {
        self.audience.leave(channel, inbox, seat, now);
    }

    /// Subscribers of a channel at this moment, on this node.
    pub fn presence(&self, channel: &ChannelName) -> usize {
        self.audience.presence(channel).subscribers
    }

    /// Subscriptions to all channels at this moment, on this node.
    pub fn subscriptions(&self) -> usize {
        self.audience.present()
    }

    /// Drops what has expired and forgets what nobody has used: the engine after its own idle
    /// time, the audience after `idle`. Call it about once a second.
    pub fn collect(&self, now: Timestamp, idle: Duration) {
        let in_use = |channel: &ChannelName| self.audience.presence(channel).subscribers > 0;
        self.engine.collect(now, &in_use);
        self.audience.collect(now, idle);
    }

    /// What was published here since the hub began.
    pub fn published(&self) -> &Published {
        &self.published
    }

    /// What the engine uses.
    pub fn usage(&self) -> Usage {
        self.engine.usage()
    }
}

impl ChannelInfo {
    fn new(stored: Stored, presence: Presence, now: Timestamp) -> Self {
        Self {
            messages: stored.messages,
            requested: presence.seen.map(|seen| now.since(seen)),
            subscribers: presence.subscribers,
            last_message_id: stored.last,
        }
    }
}

impl Receipt {
    fn new(stored: Stored, presence: Presence, now: Timestamp) -> Self {
        let presence = Presence {
            subscribers: stored.subscribers,
            ..presence
        };
        Self {
            id: stored.last.unwrap_or_default(),
            info: ChannelInfo::new(stored, presence, now),
            repeated: stored.repeated,
        }
    }
}

/// A channel exists if somebody published on it or listens to it, or did a moment ago.
fn known(stored: Option<Stored>, presence: Presence, now: Timestamp) -> Option<ChannelInfo> {
    let stored = match (stored, presence.seen) {
        (None, None) => return None,
        (stored, _) => stored.unwrap_or_default(),
    };
    Some(ChannelInfo::new(stored, presence, now))
}

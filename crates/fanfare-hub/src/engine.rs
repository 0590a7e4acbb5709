//! What keeps messages and carries them between nodes.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::limits::{PAGE_BYTES_MAX, PAGE_MESSAGES_MAX};
use crate::{ChannelName, Draft, Message, MessageId, Pending, Start, Timestamp, Told};

/// Keeps the messages of all channels and carries them to every node.
///
/// # Contract
///
/// **Order.** Ids of a channel only grow, also across a deletion, a clock step and the forgetting
/// of an idle channel. The [`Sink`] gets the messages of a channel in the order of their ids.
///
/// **Atomicity.** Giving the id, storing, and handing to the sink are one step per channel: a read
/// that starts after the sink was told sees the message, and two publishers cannot be told of one
/// another's message out of order.
///
/// **Gaps.** Every message carries the id of the one before it, stored or not. A page names the
/// newest id ever given out in the channel; for a channel the engine does not know, that is an id
/// no smaller than any it may have given out and forgotten. So a reader can always tell loss from
/// silence, see [`Place::follow`](crate::Place::follow).
///
/// **Replay.** A page holds the oldest messages after the start, in order, without holes other
/// than what is no longer stored.
///
/// **Blocking.** No call blocks: an engine that has to wait answers with
/// [`Pending::Later`](crate::Pending).
pub trait Engine: fmt::Debug + Send + Sync + 'static {
    /// Names the sink that hears of every message and deletion. Called once, before anything else.
    fn attach(&self, sink: Arc<dyn Sink>);

    /// Publishes `draft`, making the channel if there is none.
    fn publish(
        &self,
        channel: &ChannelName,
        draft: Draft,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>>;

    /// Reads on from `start`. Reading an unknown channel makes it, so that the cursor of a reader
    /// who waits for its first message stays comparable with that message.
    fn read(
        &self,
        channel: &ChannelName,
        start: Start,
        limit: PageLimit,
        now: Timestamp,
    ) -> Pending<Result<Page, EngineError>>;

    /// Says what is stored of a channel, `None` if no publisher has made it: a channel that has
    /// only been read from is kept for its readers and does not exist for anybody else.
    fn look(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Option<Stored>, EngineError>>;

    /// Makes the channel if there is none, and says what is stored of it.
    fn create(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Stored, PublishError>>;

    /// Deletes a channel with its messages and tells the sink.
    fn delete(
        &self,
        channel: &ChannelName,
        now: Timestamp,
    ) -> Pending<Result<Deleted, EngineError>>;

    /// Drops what has expired, and forgets channels that are empty and have not been used the
    /// engine's idle time. Listening, of which `in_use` knows, is a use.
    /// Called about once a second.
    fn collect(&self, now: Timestamp, in_use: &dyn Fn(&ChannelName) -> bool);

    /// Bytes and counts for the metrics.
    fn usage(&self) -> Usage;
}

/// Hears what an engine has to tell. The one door from an engine back to the hub.
pub trait Sink: fmt::Debug + Send + Sync {
    /// A message was published, here or on another node. Returns how many subscribers of this
    /// node it is meant for. Must not call the engine.
    fn message(&self, message: &Arc<Message>) -> usize;

    /// A channel was deleted, here or on another node. Says when every subscriber of this node has
    /// been told. Must not call the engine.
    fn deleted(&self, channel: &ChannelName) -> Told;
}

/// What an engine holds of one channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Messages that can be read.
    pub messages: usize,
    /// Id of the newest message published, kept or not; for a publish, of that message. `None`
    /// if there never was one.
    pub last: Option<MessageId>,
    /// Subscribers the message was meant for; 0 when it was not a publish, or a repeated one.
    pub subscribers: usize,
    /// The publish repeated an earlier one with the same idempotency key and did nothing.
    pub repeated: bool,
}

/// The answer to a deletion.
#[derive(Debug, Default)]
pub struct Deleted {
    /// What was stored, `None` where [`Engine::look`] would say so.
    pub stored: Option<Stored>,
    /// What the sink said.
    pub told: Told,
}

/// A part of a channel's history.
#[derive(Clone, Debug)]
pub struct Page {
    /// The cursor of a reader right before `messages`.
    pub start: MessageId,
    /// In the order of their ids.
    pub messages: VecDeque<Arc<Message>>,
    /// More messages are stored after these; the limit ended the page.
    pub has_more: bool,
    /// The newest id the channel has given out; whoever has read up to it has read everything.
    pub newest: MessageId,
}

/// How much to read at once. At least one message is read if there is one.
#[derive(Clone, Copy, Debug)]
pub struct PageLimit {
    /// Messages.
    pub messages: usize,
    /// Payload bytes.
    pub bytes: usize,
}

impl PageLimit {
    /// One message: what a long-poll answers with.
    pub const ONE: Self = Self {
        messages: 1,
        bytes: usize::MAX,
    };
}

impl Default for PageLimit {
    /// [`PAGE_MESSAGES_MAX`] and [`PAGE_BYTES_MAX`].
    fn default() -> Self {
        Self {
            messages: PAGE_MESSAGES_MAX,
            bytes: PAGE_BYTES_MAX,
        }
    }
}

/// What an engine uses, for metrics and for people.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Channels known.
    pub channels: usize,
    /// Messages stored.
    pub messages: usize,
    /// Bytes of stored messages by [`Message::weight`].
    pub message_bytes: usize,
    /// Bytes of wire forms kept with messages, stored or still on their way to a reader.
    pub encoded_bytes: usize,
    /// Messages evicted because the bound of the whole process was reached.
    pub evicted: u64,
}

/// Why an engine could not answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The engine cannot be reached. Retry after `retry_after`; nothing was changed.
    #[error("the engine is unavailable, retry in {retry_after:?}")]
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
}

/// Why a publish or the making of a channel was refused.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The engine cannot be reached. Nothing was stored.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The node holds as many channels as it may. Retry later, or delete some.
    #[error("there are {channels_max} channels already, which is the limit")]
    TooManyChannels {
        /// The limit.
        channels_max: usize,
    },
    /// A text field cannot be carried by every transport. The publisher must change it.
    #[error("the {field} must be at most {bytes_max} bytes without control characters")]
    Unfit {
        /// Which field.
        field: &'static str,
        /// Its limit in bytes.
        bytes_max: usize,
    },
}

//! The newest messages of one channel, bounded by count, age and bytes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::{Message, MessageId, Page, PageLimit, Start, Timestamp};

/// How much of a channel is kept. The oldest messages go first, whichever bound is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLimits {
    /// Messages. Zero keeps nothing: messages reach those who listen at that moment.
    pub messages: usize,
    /// Age from publication. A message keeps the one that it was published under.
    pub age: Duration,
    /// Bytes by [`Message::weight`]. The newest message is kept even if it alone is heavier.
    pub bytes: usize,
}

impl Default for HistoryLimits {
    /// 100 messages, 1 hour, 1 MiB.
    fn default() -> Self {
        Self {
            messages: 100,
            age: Duration::from_secs(3600),
            bytes: 1 << 20,
        }
    }
}

/// Messages in the order of their ids.
#[derive(Debug)]
pub(crate) struct History {
    messages: VecDeque<Arc<Message>>,
    /// Invariant: the sum of the weights of `messages`.
    bytes: usize,
    /// Invariant: no message expires before this, so most calls of `expire` need not look.
    expires_first: Timestamp,
}

impl Default for History {
    fn default() -> Self {
        Self {
            messages: VecDeque::new(),
            bytes: 0,
            expires_first: Timestamp::NEVER,
        }
    }
}

impl History {
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Id of the oldest message kept.
    pub(crate) fn oldest(&self) -> Option<MessageId> {
        self.messages.front().map(|m| m.id())
    }

    /// Adds the newest message and drops what `limits` no longer allow.
    pub(crate) fn push(&mut self, message: Arc<Message>, limits: &HistoryLimits) {
        self.bytes += message.weight();
        self.expires_first = self.expires_first.min(message.expires());
        self.messages.push_back(message);
        while self.messages.len() > limits.messages
            || (self.bytes > limits.bytes && self.messages.len() > 1)
        {
            self.drop_oldest();
        }
    }

    /// Drops the oldest message; `false` when there is none.
    pub(crate) fn drop_oldest(&mut self) -> bool {
        let Some(message) = self.messages.pop_front() else {
            return false;
        };
        self.bytes -= message.weight();
        true
    }

    /// Gives the wire forms up of all messages that nobody holds at this moment.
    pub(crate) fn shed_forms(&mut self) {
        for message in self.messages.iter_mut().filter_map(Arc::get_mut) {
            message.shed_forms();
        }
    }

    /// True when [`History::expire`] may have something to do.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_first
    }

    /// Drops every message whose time is over, wherever it stands.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        if !self.has_expired(now) {
            return;
        }
        let bytes = &mut self.bytes;
        self.messages.retain(|message| {
            let keep = message.expires() > now;
            if !keep {
                *bytes -= message.weight();
            }
            keep
        });
        let earliest = self.messages.iter().map(|m| m.expires()).min();
        self.expires_first = earliest.unwrap_or(Timestamp::NEVER);
    }

    /// Reads on from `start`; call [`History::expire`] first. `newest` is the id of the last
    /// message published, kept or not.
    pub(crate) fn read(
        &self,
        start: Start,
        newest: MessageId,
        limit: PageLimit,
        now: Timestamp,
    ) -> Page {
        let index = self.index(start, now);
        let mut messages = VecDeque::new();
        let mut bytes = 0;
        for message in self.messages.range(index..) {
            bytes += message.payload().len();
            if !messages.is_empty() && (messages.len() >= limit.messages || bytes > limit.bytes) {
                break;
            }
            messages.push_back(Arc::clone(message));
        }
        let has_more = index + messages.len() < self.messages.len();
        Page {
            start: self.position(start, index, newest),
            messages,
            has_more,
            newest,
        }
    }

    /// Index of the first message that a reader at `start` is to get.
    fn index(&self, start: Start, now: Timestamp) -> usize {
        match start {
            Start::After(cursor) => self.messages.partition_point(|m| m.id() <= cursor),
            Start::Last(count) => self.messages.len().saturating_sub(count),
            Start::Newest => self.messages.len(),
            Start::Oldest => 0,
            Start::Within(age) => {
                let from = now.minus(age);
                // After a clock step back, times of publication are not in order. Ids are, and
                // none lies before its time of publication, so the search can leap to the second.
                let leap = self
                    .messages
                    .partition_point(|m| m.id().seconds < from.seconds());
                let too_old = |m: &&Arc<Message>| m.published() < from;
                leap + self.messages.range(leap..).take_while(too_old).count()
            }
        }
    }

    /// The cursor of a reader that has just been given its start. One that names no id is owed
    /// nothing before its first message, so it stands right before that one.
    fn position(&self, start: Start, index: usize, newest: MessageId) -> MessageId {
        match start {
            Start::After(cursor) => cursor,
            _ => self.messages.get(index).map_or(newest, |m| m.previous()),
        }
    }
}

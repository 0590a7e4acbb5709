//! Where a subscriber stands in a channel, and what it is owed next.

use std::sync::Arc;
use std::time::Duration;

use crate::{ChannelName, Message, MessageId, Page};

/// Where a subscription begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// After this message: the cursor of a reader that comes back.
    After(MessageId),
    /// With so many of the newest stored messages.
    Last(usize),
    /// With the next message to be published.
    Newest,
    /// With the oldest stored message.
    Oldest,
    /// With the oldest stored message that is no older than this.
    Within(Duration),
}

impl Start {
    /// True for a beginning that is another one at the next try: a client that is not told where
    /// it has begun, and comes back, may miss what was published meanwhile.
    pub fn moves(self) -> bool {
        match self {
            Self::After(_) | Self::Oldest => false,
            Self::Last(_) | Self::Newest | Self::Within(_) => true,
        }
    }
}

/// Messages that a reader should have had and cannot get any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The cursor the reader had.
    pub after: MessageId,
    /// The cursor from which it goes on: nothing between the two can be had.
    pub resumed: MessageId,
}

/// One channel of a subscription: its name and the cursor reached in it.
#[derive(Clone, Debug)]
pub struct Place {
    channel: ChannelName,
    start: Start,
}

/// How a live message relates to a reader's cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Something before it is missing here: read on from the engine.
    Behind,
    /// It is the next one.
    Next,
    /// The reader has had it, or begins after it.
    Seen,
}

/// What a page holds for a reader, in order.
#[derive(Clone, Debug)]
pub enum Step {
    /// Tell the reader that something is missing here.
    Gap(Gap),
    /// Give it this message.
    Message(Arc<Message>),
}

impl Place {
    /// A place that has not been looked up in its channel yet.
    pub fn new(channel: ChannelName, start: Start) -> Self {
        Self { channel, start }
    }

    /// The channel.
    pub fn channel(&self) -> &ChannelName {
        &self.channel
    }

    /// Where to read on: give this to [`Hub::read`](crate::Hub::read).
    pub fn start(&self) -> Start {
        self.start
    }

    /// The cursor reached, or `None` before the first page has settled it.
    pub fn cursor(&self) -> Option<MessageId> {
        match self.start {
            Start::After(cursor) => Some(cursor),
            _ => None,
        }
    }

    /// Compares a live message with the cursor, and moves the cursor when it is the next one.
    ///
    /// This one rule covers every race: a message that was both read from the engine and
    /// announced is `Seen`, one whose predecessor never arrived is `Behind`.
    pub fn judge(&mut self, message: &Message) -> Standing {
        match self.cursor() {
            None => Standing::Behind,
            Some(cursor) if message.id() <= cursor => Standing::Seen,
            Some(cursor) if message.previous() > cursor => Standing::Behind,
            Some(_) => {
                self.start = Start::After(message.id());
                Standing::Next
            }
        }
    }

    /// Moves the cursor past the next thing that `page` holds for this reader and returns it;
    /// `None` when the page has no more.
    ///
    /// A reader at the head of the channel is told of a gap when the newest messages are gone
    /// (never stored, expired, evicted), or when its cursor is greater than anything the channel
    /// ever gave out: then it comes from another life of the channel, and nobody can say what was
    /// missed.
    ///
    /// The page may be older than the cursor, when messages were judged while it was on its way:
    /// what has been had is left out, and an old head is no news.
    pub fn follow(&mut self, page: &mut Page) -> Option<Step> {
        let cursor = self.settle(page);
        while page.messages.front().is_some_and(|m| m.id() <= cursor) {
            page.messages.pop_front();
        }
        let Some(message) = page.messages.pop_front() else {
            return self.meet_head(cursor, page);
        };
        if message.previous() > cursor {
            let resumed = message.previous();
            page.messages.push_front(message);
            return Some(self.skip(cursor, resumed));
        }
        self.start = Start::After(message.id());
        Some(Step::Message(message))
    }

    /// True while a message up to `newest` is still to be read.
    pub fn is_before(&self, newest: MessageId) -> bool {
        self.cursor().is_none_or(|cursor| cursor < newest)
    }

    /// Takes the place that `page` begins at as the cursor, unless there is one. Returns the cursor.
    pub fn settle(&mut self, page: &Page) -> MessageId {
        let cursor = self.cursor().unwrap_or(page.start);
        self.start = Start::After(cursor);
        cursor
    }

    fn meet_head(&mut self, cursor: MessageId, page: &Page) -> Option<Step> {
        let lost_tail = page.newest > cursor;
        // Only the cursor that the page was asked for can tell: a reader that has moved on since
        // may well be ahead of an old page.
        let other_life = page.newest < cursor && page.start == cursor;
        (!page.has_more && (lost_tail || other_life)).then(|| self.skip(cursor, page.newest))
    }

    fn skip(&mut self, after: MessageId, resumed: MessageId) -> Step {
        self.start = Start::After(resumed);
        Step::Gap(Gap { after, resumed })
    }
}

//! What was published, and what a reader may see of it.
//!
//! The rules, per channel and reader, across all of its connections:
//!
//! - every message was published, with this id and these bytes;
//! - ids only grow: nothing comes twice, nothing out of order;
//! - between two messages nothing is missing, unless a gap was told that covers it;
//! - a gap begins at the reader's cursor, and something was missing indeed, unless the channel was
//!   forgotten and nobody can know.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fanfare_hub::{ChannelName, Message, MessageId, Sink, Told};

/// Everything that was ever published. Clones are the same ledger.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    channels: BTreeMap<String, BTreeMap<MessageId, String>>,
    deleted: BTreeSet<String>,
    /// Idle channels may be forgotten in this run.
    forgets: bool,
}

/// How far a reader has come in one channel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Track {
    /// The id of the last message, or the end of the last gap.
    pub cursor: Option<MessageId>,
    /// While there is no cursor: from here on it must get everything.
    pub floor: Option<MessageId>,
}

impl Ledger {
    /// An empty ledger; `forgets` tells whether gaps may be told for safety's sake.
    pub fn new(forgets: bool) -> Self {
        let ledger = Self::default();
        ledger.book().forgets = forgets;
        ledger
    }

    /// Messages published so far.
    pub fn len(&self) -> usize {
        self.book().channels.values().map(BTreeMap::len).sum()
    }

    /// True before the first one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The newest id of a channel.
    pub fn newest(&self, channel: &str) -> MessageId {
        self.book().newest(channel)
    }

    /// A reader is given a message.
    ///
    /// # Panics
    /// If a rule is broken.
    pub fn check_message(&self, track: &mut Track, channel: &str, id: MessageId, text: &str) {
        let book = self.book();
        let published = book.channels.get(channel).and_then(|c| c.get(&id));
        assert_eq!(
            published.map(String::as_str),
            Some(text),
            "what {channel} {id} says"
        );
        if let Some(cursor) = track.cursor {
            assert!(id > cursor, "{channel} {id} comes after {cursor}");
        }
        if let Some(from) = track.cursor.or(track.floor) {
            let missed = book.first_after(channel, from).filter(|next| *next < id);
            assert_eq!(missed, None, "lost between {channel} {from} and {id}");
        }
        track.cursor = Some(id);
    }

    /// A reader is told of a gap. Returns whether anything was missing.
    ///
    /// # Panics
    /// If a rule is broken.
    pub fn check_gap(
        &self,
        track: &mut Track,
        channel: &str,
        after: MessageId,
        resumed: MessageId,
    ) -> bool {
        let book = self.book();
        if let Some(cursor) = track.cursor {
            assert_eq!(after, cursor, "where the gap in {channel} begins");
        }
        assert!(
            resumed > after,
            "a gap in {channel} from {after} to {resumed}"
        );
        let is_real = book
            .first_after(channel, after)
            .is_some_and(|next| next <= resumed);
        let may_be_false = book.forgets || book.deleted.contains(channel);
        assert!(
            is_real || may_be_false,
            "nothing is missing in {channel} between {after} and {resumed}"
        );
        track.cursor = Some(resumed);
        is_real
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ledger({} messages)", self.len())
    }
}

impl Book {
    fn newest(&self, channel: &str) -> MessageId {
        self.channels
            .get(channel)
            .and_then(|c| c.keys().next_back())
            .copied()
            .unwrap_or_default()
    }

    fn first_after(&self, channel: &str, id: MessageId) -> Option<MessageId> {
        let after = (Bound::Excluded(id), Bound::Unbounded);
        let (id, _) = self.channels.get(channel)?.range(after).next()?;
        Some(*id)
    }
}

/// A sink that enters every message before it passes it on: nobody can have it earlier.
#[derive(Debug)]
pub struct Recorder {
    ledger: Ledger,
    sink: Arc<dyn Sink>,
}

impl Recorder {
    /// Between an engine and `sink`.
    pub fn new(ledger: Ledger, sink: Arc<dyn Sink>) -> Self {
        Self { ledger, sink }
    }
}

impl Sink for Recorder {
    fn message(&self, message: &Arc<Message>) -> usize {
        {
            let mut book = self.ledger.book();
            let channel = message.channel().to_string();
            let newest = book.newest(&channel);
            assert!(message.id() > newest, "ids of {channel} only grow");
            assert!(
                message.previous() >= newest,
                "{channel} {} names the one before it",
                message.id()
            );
            let text = String::from_utf8_lossy(message.payload()).into_owned();
            book.channels
                .entry(channel)
                .or_default()
                .insert(message.id(), text);
        }
        self.sink.message(message)
    }

    fn deleted(&self, channel: &ChannelName) -> Told {
        self.ledger.book().deleted.insert(channel.to_string());
        self.sink.deleted(channel)
    }
}

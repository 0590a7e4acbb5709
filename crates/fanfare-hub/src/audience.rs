//! Who listens to which channel: the sink behind every engine, and presence.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::limits::{LINGERING_MAX, STRIPES};
use crate::{ChannelName, EndReason, Inbox, Item, Message, Sink, Telling, Timestamp, Told};

/// Number of a subscription in the order in which they came, node-wide.
pub type Ticket = u64;

/// What happens when a subscriber comes to a channel that has one (relay protocol, section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Admission {
    /// All of them listen.
    #[default]
    Broadcast,
    /// The oldest stays, newcomers are refused.
    First,
    /// The newcomer stays, the others are ended with [`EndReason::Conflict`].
    Last,
}

/// Why a subscriber was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// Somebody else listens already, and only one may.
    #[error("somebody else listens to this channel, and it takes one subscriber at a time")]
    Conflict,
    /// The channel has as many subscribers as it may.
    #[error("the channel has {0} subscribers, which is the limit")]
    Full(usize),
}

/// The tickets from here on are of those who do not stay.
const GLANCES: Ticket = 1 << 63;

/// A subscriber that has been let in. Give it back with [`Hub::leave`](crate::Hub::leave).
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// Its number.
    pub ticket: Ticket,
}

/// Everybody who listens on this node.
///
/// Lock order: engine, then a stripe here, then an inbox; never the other way.
#[derive(Debug)]
pub struct Audience {
    stripes: [Mutex<HashMap<ChannelName, Listeners>>; STRIPES],
    hasher: RandomState,
    tickets: AtomicU64,
    subscribers_max: usize,
    /// Subscriptions of all channels.
    present: AtomicUsize,
}

/// The drivers with subscribers to one channel.
#[derive(Debug, Default)]
struct Listeners {
    /// Sorted by number: there may be one for each subscriber, and newcomers mostly come last.
    inboxes: Vec<(Arc<Inbox>, usize)>,
    /// Invariant: the sum of the counts in `inboxes`.
    total: usize,
    /// When somebody last came or went.
    seen: Timestamp,
    /// Seats with a smaller ticket have been taken back already, by a deletion or a conflict.
    valid_from: Ticket,
}

/// What is known of a channel's subscribers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Presence {
    pub(crate) subscribers: usize,
    pub(crate) seen: Option<Timestamp>,
}

impl Audience {
    /// `subscribers_max` bounds each channel; 0 is no bound.
    pub(crate) fn new(subscribers_max: usize) -> Self {
        Self {
            stripes: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            tickets: AtomicU64::new(1),
            subscribers_max,
            present: AtomicUsize::new(0),
        }
    }

    /// Lets a subscriber of `inbox` in, atomically with the conflict check.
    pub(crate) fn join(
        &self,
        channel: &ChannelName,
        inbox: &Arc<Inbox>,
        admission: Admission,
        now: Timestamp,
    ) -> Result<Seat, JoinError> {
        let mut stripe = self.stripe(channel);
        let listeners = self.listeners(&mut stripe, channel, now);
        let seat = self.admit(channel, listeners, admission)?;
        listeners.add(inbox);
        self.present.fetch_add(1, Ordering::Relaxed);
        Ok(seat)
    }

    /// Lets somebody in who does not stay.
    pub(crate) fn look_in(
        &self,
        channel: &ChannelName,
        admission: Admission,
        now: Timestamp,
    ) -> Result<Seat, JoinError> {
        let mut stripe = self.stripe(channel);
        let listeners = self.listeners(&mut stripe, channel, now);
        let Seat { ticket } = self.admit(channel, listeners, admission)?;
        Ok(Seat {
            ticket: ticket | GLANCES,
        })
    }

    fn listeners<'a>(
        &self,
        stripe: &'a mut HashMap<ChannelName, Listeners>,
        channel: &ChannelName,
        now: Timestamp,
    ) -> &'a mut Listeners {
        let listeners = stripe
            .entry(channel.clone())
            .or_insert_with(|| self.nobody_yet());
        listeners.seen = now;
        listeners
    }

    /// Settles who may listen, and sends those away who may not any more.
    fn admit(
        &self,
        channel: &ChannelName,
        listeners: &mut Listeners,
        admission: Admission,
    ) -> Result<Seat, JoinError> {
        if listeners.total > 0 && admission == Admission::First {
            return Err(JoinError::Conflict);
        }
        // Whoever takes over will be alone.
        let others = match admission {
            Admission::Broadcast | Admission::First => listeners.total,
            Admission::Last => 0,
        };
        if self.subscribers_max != 0 && others >= self.subscribers_max {
            return Err(JoinError::Full(self.subscribers_max));
        }
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        if admission == Admission::Last {
            let reason = EndReason::Conflict;
            self.end(channel, listeners, ticket, reason, None);
        }
        Ok(Seat { ticket })
    }

    /// Takes a subscriber of `inbox` out; harmless when the hub has ended it already.
    pub(crate) fn leave(
        &self,
        channel: &ChannelName,
        inbox: &Arc<Inbox>,
        seat: Seat,
        now: Timestamp,
    ) {
        let mut stripe = self.stripe(channel);
        let Some(listeners) = stripe.get_mut(channel) else {
            return;
        };
        let counts = (listeners.valid_from..GLANCES).contains(&seat.ticket);
        if counts && listeners.remove(inbox) {
            listeners.seen = now;
            self.present.fetch_sub(1, Ordering::Relaxed);
        }
        if listeners.total == 0 && stripe.len() > LINGERING_MAX / STRIPES {
            stripe.remove(channel);
        }
    }

    pub(crate) fn presence(&self, channel: &ChannelName) -> Presence {
        let stripe = self.stripe(channel);
        stripe
            .get(channel)
            .map_or_else(Presence::default, |listeners| Presence {
                subscribers: listeners.total,
                seen: Some(listeners.seen),
            })
    }

    /// Forgets channels that nobody has listened to for `idle`.
    pub(crate) fn collect(&self, now: Timestamp, idle: Duration) {
        for stripe in &self.stripes {
            let mut stripe = stripe.lock().unwrap_or_else(PoisonError::into_inner);
            stripe.retain(|_, listeners| {
                // As if seen now when it was before the clock stepped back, else it would stay.
                listeners.seen = listeners.seen.min(now);
                listeners.total > 0 || now.since(listeners.seen) < idle
            });
            // A crowd that came and went must not keep its table.
            if stripe.len() * 4 < stripe.capacity() {
                stripe.shrink_to_fit();
            }
        }
    }

    /// Subscriptions on this node, of all channels.
    pub(crate) fn present(&self) -> usize {
        self.present.load(Ordering::Relaxed)
    }

    fn nobody_yet(&self) -> Listeners {
        Listeners {
            valid_from: self.tickets.load(Ordering::Relaxed),
            ..Listeners::default()
        }
    }

    /// Ends every subscription that `listeners` counts: from here on they count no more, and their
    /// drivers are told.
    fn end(
        &self,
        channel: &ChannelName,
        listeners: &mut Listeners,
        before: Ticket,
        reason: EndReason,
        telling: Option<&Arc<Telling>>,
    ) {
        for (inbox, _) in listeners.inboxes.drain(..) {
            inbox.push_end(Item::End {
                channel: channel.clone(),
                before,
                reason,
                telling: telling.cloned(),
            });
        }
        self.present.fetch_sub(listeners.total, Ordering::Relaxed);
        listeners.total = 0;
        listeners.valid_from = before;
    }

    /// A panic elsewhere leaves a stripe as it was between two whole steps.
    fn stripe(&self, channel: &ChannelName) -> MutexGuard<'_, HashMap<ChannelName, Listeners>> {
        let index = usize::try_from(self.hasher.hash_one(channel) % STRIPES as u64).unwrap_or(0);
        self.stripes[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Audience {
    fn message(&self, message: &Arc<Message>) -> usize {
        let stripe = self.stripe(message.channel());
        let Some(listeners) = stripe.get(message.channel()) else {
            return 0;
        };
        // Pushed under the stripe's lock, so that every inbox sees a channel's messages in order.
        for (inbox, _) in &listeners.inboxes {
            inbox.push_message(message);
        }
        listeners.total
    }

    fn deleted(&self, channel: &ChannelName) -> Told {
        let mut stripe = self.stripe(channel);
        let Some(mut listeners) = stripe.remove(channel) else {
            return Told::default();
        };
        let before = self.tickets.load(Ordering::Relaxed);
        let (telling, told) = Telling::begin();
        let reason = EndReason::Deleted;
        self.end(channel, &mut listeners, before, reason, Some(&telling));
        told
    }
}

impl Listeners {
    fn add(&mut self, inbox: &Arc<Inbox>) {
        self.total += 1;
        match self.find(inbox) {
            Ok(index) => self.inboxes[index].1 += 1,
            Err(index) => self.inboxes.insert(index, (Arc::clone(inbox), 1)),
        }
    }

    fn remove(&mut self, inbox: &Arc<Inbox>) -> bool {
        let Ok(index) = self.find(inbox) else {
            return false;
        };
        self.total -= 1;
        self.inboxes[index].1 -= 1;
        if self.inboxes[index].1 == 0 {
            self.inboxes.remove(index);
        }
        true
    }

    fn find(&self, inbox: &Inbox) -> Result<usize, usize> {
        let number = |(known, _): &(Arc<Inbox>, usize)| known.number();
        self.inboxes.binary_search_by_key(&inbox.number(), number)
    }
}

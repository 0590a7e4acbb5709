//! A subscriber that drives itself: for tasks that serve one connection, and for applications.
//!
//! A driver of thousands of subscribers shares one inbox among them; a [`Listener`] has its own,
//! and reads on from the engine whenever that was too small. It follows the same rules
//! ([`Place::judge`] for what is live, [`Place::follow`] for what is read), so its subscriber gets
//! what any other one would.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::{
    Admission, ChannelName, EndReason, EngineError, Gap, Hub, Inbox, Item, JoinError, Message,
    MessageId, Page, PageLimit, Pending, Place, Seat, Standing, Start, Step, Timestamp, Wake,
};

/// Messages waiting for one listener. A burst that its task sees in one go; what comes beyond is
/// read from the engine.
const INBOX_ITEMS_MAX: usize = 64;

/// Payload bytes waiting for one listener, beyond one message; handled like [`INBOX_ITEMS_MAX`].
const INBOX_BYTES_MAX: usize = 256 << 10;

/// What a listener hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// Everything that was stored has been heard; from here on it is live. Comes once.
    CaughtUp,
    /// The hub has ended the subscription to one of the channels. Nothing comes from there again.
    Ended {
        /// The place of the channel in the order of the subscription.
        index: usize,
        /// Why.
        reason: EndReason,
    },
    /// Messages were missed and cannot be had any more.
    Gap {
        /// As in [`Heard::Ended`].
        index: usize,
        /// What is missing.
        gap: Gap,
    },
    /// The next message. Of what is stored in several channels, the one of the earliest second.
    Message {
        /// As in [`Heard::Ended`].
        index: usize,
        /// The message.
        message: Arc<Message>,
    },
}

/// The subscription of somebody who listens alone. Dropping it gives the subscription up.
pub struct Listener {
    hub: Hub,
    inbox: Arc<Inbox>,
    bell: Arc<Bell>,
    ears: Vec<Ear>,
    /// Taken from the inbox and not yet heard.
    items: VecDeque<Item>,
    limit: PageLimit,
    has_caught_up: bool,
    /// The last time it was told.
    now: Timestamp,
}

/// One channel of a listener.
struct Ear {
    place: Place,
    seat: Seat,
    reading: Reading,
    is_over: bool,
}

/// How an ear stands with the engine.
enum Reading {
    /// It reads on as soon as it is polled.
    Behind,
    /// It has read everything that was announced.
    Done,
    /// This was read and is being heard.
    Page(Page),
    /// The engine has promised a page.
    Pending(Pending<Result<Page, EngineError>>),
}

/// Wakes the task of a listener.
#[derive(Default)]
struct Bell(Mutex<Option<Waker>>);

/// The end of a bell that its inbox holds.
struct Cord(Arc<Bell>);

impl Hub {
    /// Listens to channels, each from its place on, and lets `admission` settle who may. At most
    /// `limit` is read from the engine at once, of each channel.
    ///
    /// # Errors
    /// [`JoinError`]: one of the channels does not let it in, and it is in none.
    pub fn listen(
        &self,
        places: impl IntoIterator<Item = (ChannelName, Start)>,
        admission: Admission,
        limit: PageLimit,
        now: Timestamp,
    ) -> Result<Listener, JoinError> {
        let join =
            |channel: &ChannelName, inbox: &Arc<Inbox>| self.join(channel, inbox, admission, now);
        Listener::begin(self, places, limit, now, join)
    }

    /// Takes what is stored in channels and goes: as [`Hub::listen`], but the listener is never
    /// counted, and after [`Heard::CaughtUp`] it hears nothing.
    ///
    /// # Errors
    /// As for [`Hub::listen`].
    pub fn glance(
        &self,
        places: impl IntoIterator<Item = (ChannelName, Start)>,
        admission: Admission,
        limit: PageLimit,
        now: Timestamp,
    ) -> Result<Listener, JoinError> {
        let look_in =
            |channel: &ChannelName, _inbox: &Arc<Inbox>| self.look_in(channel, admission, now);
        Listener::begin(self, places, limit, now, look_in)
    }
}

impl Listener {
    fn begin(
        hub: &Hub,
        places: impl IntoIterator<Item = (ChannelName, Start)>,
        limit: PageLimit,
        now: Timestamp,
        enter: impl Fn(&ChannelName, &Arc<Inbox>) -> Result<Seat, JoinError>,
    ) -> Result<Self, JoinError> {
        let places = places.into_iter();
        let bell = Arc::new(Bell::default());
        let cord = Box::new(Cord(Arc::clone(&bell)));
        let mut listener = Self {
            hub: hub.clone(),
            inbox: Inbox::bounded(cord, INBOX_ITEMS_MAX, INBOX_BYTES_MAX),
            bell,
            // No larger than it must be: most have one channel.
            ears: Vec::with_capacity(places.size_hint().0),
            items: VecDeque::new(),
            limit,
            has_caught_up: false,
            now,
        };
        for (channel, start) in places {
            let seat = enter(&channel, &listener.inbox)?;
            listener.ears.push(Ear {
                place: Place::new(channel, start),
                seat,
                reading: Reading::Behind,
                is_over: false,
            });
        }
        Ok(listener)
    }

    /// What comes next, or `Pending` until something does.
    ///
    /// # Errors
    /// [`EngineError`] when the engine could not be asked. The listener has kept its place: it
    /// asks again when it is polled again, which its owner should not do at once.
    ///
    /// # Cancel safety
    /// Nothing is lost between two calls.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
        now: Timestamp,
    ) -> Poll<Result<Heard, EngineError>> {
        self.now = now;
        loop {
            if self.is_reading() {
                if let Some(heard) = std::task::ready!(self.poll_read(cx))? {
                    return Poll::Ready(Ok(heard));
                }
                continue;
            }
            if !std::mem::replace(&mut self.has_caught_up, true) {
                return Poll::Ready(Ok(Heard::CaughtUp));
            }
            let Some(item) = self.next_item(cx) else {
                return Poll::Pending;
            };
            if let Some(heard) = self.hear(item) {
                return Poll::Ready(Ok(heard));
            }
        }
    }

    /// The cursor reached in each channel, in the order of the subscription; `None` where nothing
    /// has been read yet.
    pub fn cursors(&self) -> impl Iterator<Item = Option<MessageId>> {
        self.ears.iter().map(|ear| ear.place.cursor())
    }

    /// The name of a channel, by its place in the order of the subscription.
    ///
    /// # Panics
    /// If there are not so many channels.
    pub fn channel(&self, index: usize) -> &ChannelName {
        self.ears[index].place.channel()
    }

    fn is_reading(&self) -> bool {
        self.ears
            .iter()
            .any(|ear| !matches!(ear.reading, Reading::Done))
    }

    /// Goes on with what is read from the engine. `None` when that is all, for now.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Heard>, EngineError>> {
        let mut is_pending = false;
        for ear in &mut self.ears {
            is_pending |= ear.fetch(&self.hub, self.limit, self.now, cx)?.is_pending();
        }
        if is_pending {
            // All pages or none: what is stored in several channels comes in the order of time.
            return Poll::Pending;
        }
        while let Some(index) = self.earliest() {
            if let Some(step) = self.ears[index].follow() {
                return Poll::Ready(Ok(Some(match step {
                    Step::Gap(gap) => Heard::Gap { index, gap },
                    Step::Message(message) => Heard::Message { index, message },
                })));
            }
        }
        Poll::Ready(Ok(None))
    }

    /// The channel whose page has the next message of the earliest second, the first of several; a
    /// page without messages comes last. Counters within a second say nothing across channels.
    fn earliest(&self) -> Option<usize> {
        let pages = self.ears.iter().enumerate();
        let pages = pages.filter_map(|(index, ear)| match &ear.reading {
            Reading::Page(page) => Some((index, page.messages.front().map(|m| m.id().seconds))),
            _ => None,
        });
        pages
            .min_by_key(|(_, seconds)| (seconds.is_none(), *seconds))
            .map(|(index, _)| index)
    }

    fn next_item(&mut self, cx: &Context<'_>) -> Option<Item> {
        if self.items.is_empty() {
            self.bell.set(cx.waker());
            let mut items = Vec::from(std::mem::take(&mut self.items));
            self.inbox.take(&mut items);
            self.items = items.into();
        }
        self.items.pop_front()
    }

    fn hear(&mut self, item: Item) -> Option<Heard> {
        match item {
            Item::Behind(channel) => {
                self.find(&channel)?.1.reading = Reading::Behind;
                None
            }
            Item::End {
                channel,
                before,
                reason,
                ..
            } => {
                let (index, ear) = self.find(&channel)?;
                ear.is_over = ear.seat.ticket < before;
                ear.is_over.then_some(Heard::Ended { index, reason })
            }
            Item::Message(message) => {
                let (index, ear) = self.find(message.channel())?;
                match ear.place.judge(&message) {
                    Standing::Behind => ear.reading = Reading::Behind,
                    Standing::Next => return Some(Heard::Message { index, message }),
                    Standing::Seen => {}
                }
                None
            }
        }
    }

    /// The ear at a channel that has not ended.
    fn find(&mut self, channel: &ChannelName) -> Option<(usize, &mut Ear)> {
        let mut ears = self.ears.iter_mut().enumerate();
        ears.find(|(_, ear)| !ear.is_over && ear.place.channel() == channel)
    }
}

impl Ear {
    /// Sees to it that a page is there if one is needed.
    fn fetch(
        &mut self,
        hub: &Hub,
        limit: PageLimit,
        now: Timestamp,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), EngineError>> {
        if matches!(self.reading, Reading::Behind) {
            let pending = hub.read(self.place.channel(), self.place.start(), limit, now);
            self.reading = Reading::Pending(pending);
        }
        let Reading::Pending(pending) = &mut self.reading else {
            return Poll::Ready(Ok(()));
        };
        let page = std::task::ready!(Pin::new(pending).poll(cx));
        match page {
            Ok(page) => {
                self.place.settle(&page);
                self.reading = Reading::Page(page);
                Poll::Ready(Ok(()))
            }
            Err(error) => {
                self.reading = Reading::Behind;
                Poll::Ready(Err(error))
            }
        }
    }

    /// The next step of its page; `None` at its end.
    fn follow(&mut self) -> Option<Step> {
        let Reading::Page(page) = &mut self.reading else {
            return None;
        };
        let step = self.place.follow(page);
        if step.is_none() {
            self.reading = if page.has_more {
                Reading::Behind
            } else {
                Reading::Done
            };
        }
        step
    }
}

impl Bell {
    fn set(&self, waker: &Waker) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *slot {
            Some(known) => known.clone_from(waker),
            None => *slot = Some(waker.clone()),
        }
    }
}

impl Wake for Cord {
    fn wake(&self) {
        let slot = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waker) = &*slot {
            waker.wake_by_ref();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for ear in &self.ears {
            // Harmless where the hub has ended the subscription itself.
            self.hub
                .leave(ear.place.channel(), &self.inbox, ear.seat, self.now);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.ears.iter().map(|ear| &ear.place))
            .finish()
    }
}

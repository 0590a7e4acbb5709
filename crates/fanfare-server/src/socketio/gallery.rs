//! Sockets that hear channels.
//!
//! A driver of many subscribers, like a shard of the link: one inbox for all of them, a place in the
//! hub for each. It writes to sessions instead of connections, so it does not matter what carries a
//! client, and what cannot be written waits in the session: a client that falls behind more than
//! that is cut off, comes back with its cursor, and reads on from the history.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use fanfare_hub::{
    ChannelName, EndReason, Hub, Inbox, Item, JoinError, Page, PageLimit, Place, Seat, Start,
    Ticket, Wake,
};
use fanfare_link::{Clock, SubscribeError};
use fanfare_socketio::Socket;
use tokio::sync::Notify;

use super::Terms;
use super::hearer::{Counts, Hearer, News, Saved, Taken};

/// Sockets that are written to before others on the thread get their turn.
const SOCKETS_PER_TURN: usize = 256;

/// Pause before an engine that could not be asked is asked again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The sockets of a node that hear channels.
pub(crate) struct Gallery {
    hub: Hub,
    clock: Arc<dyn Clock>,
    pub(super) terms: Terms,
    inbox: Arc<Inbox>,
    wakes: Arc<Notify>,
    has_pump: AtomicBool,
    pub(super) counts: Arc<Counts>,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    by_channel: HashMap<ChannelName, HashMap<usize, Arc<Hearer>>>,
    by_id: HashSet<ById>,
}

/// A hearer, found by the id of its socket. Whoever comes back has the id it had, and may be here
/// before the end of its old connection is.
struct ById(Arc<Hearer>);

struct Bell(Arc<Notify>);

impl Wake for Bell {
    fn wake(&self) {
        self.0.notify_one();
    }
}

impl Gallery {
    pub(super) fn new(hub: Hub, clock: Arc<dyn Clock>, terms: Terms) -> Arc<Self> {
        let wakes = Arc::new(Notify::new());
        Arc::new(Self {
            hub,
            clock,
            terms,
            inbox: Inbox::new(Box::new(Bell(Arc::clone(&wakes)))),
            wakes,
            has_pump: AtomicBool::new(false),
            counts: Arc::default(),
            tables: Mutex::default(),
        })
    }

    pub(super) fn hearers(&self) -> usize {
        self.tables().by_id.len()
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(super) fn now(&self) -> fanfare_hub::Timestamp {
        self.clock.now().wall
    }

    /// Lets a socket hear a channel. It hears nothing before [`Gallery::read_on`].
    pub(super) fn subscribe(
        self: &Arc<Self>,
        socket: &Socket,
        channel: &ChannelName,
        start: Start,
    ) -> Result<(), SubscribeError> {
        self.start_pump();
        let mut tables = self.tables();
        let Some(hearer) = self.hearer(&mut tables, socket) else {
            return Ok(());
        };
        let mut seats = hearer.seats();
        if seats.find(channel).is_some() {
            return Err(SubscribeError::Already);
        }
        if seats.list.len() >= self.terms.channels_max {
            return Err(SubscribeError::TooMany(self.terms.channels_max));
        }
        let seat = self.join(channel)?;
        seats.had_several |= seats.first.as_ref().is_some_and(|first| first != channel);
        seats.first.get_or_insert_with(|| channel.clone());
        seats.list.reserve_exact(1);
        let place = Place::new(channel.clone(), start);
        seats.list.push(Taken {
            seat,
            since: place.cursor(),
            place,
            is_reading: true,
            has_missed: false,
        });
        drop(seats);
        let members = tables.by_channel.entry(channel.clone()).or_default();
        members.insert(hearer.key(), hearer);
        Ok(())
    }

    /// The place of a socket, made if there is none. None if its client has come back as another
    /// socket: then nobody is there to hear.
    fn hearer(&self, tables: &mut Tables, socket: &Socket) -> Option<Arc<Hearer>> {
        if let Some(ById(found)) = tables.by_id.get(socket.id()) {
            if found.socket == *socket {
                return Some(Arc::clone(found));
            }
            if !socket.is_connected() {
                return None;
            }
            let old = Arc::clone(found);
            self.dismiss(tables, &old);
        }
        let hearer = Arc::new(Hearer::new(socket.clone(), Arc::clone(&self.counts)));
        tables.by_id.insert(ById(Arc::clone(&hearer)));
        Some(hearer)
    }

    /// Lets a recovered socket go on as the one it was, before it is given its channels again.
    pub(super) fn recall(&self, socket: &Socket, saved: &Saved) {
        let mut tables = self.tables();
        if let Some(hearer) = self.hearer(&mut tables, socket) {
            let mut seats = hearer.seats();
            seats.first = saved.first();
            seats.had_several = saved.had_several;
        }
    }

    fn join(&self, channel: &ChannelName) -> Result<Seat, JoinError> {
        self.hub
            .join(channel, &self.inbox, self.terms.admission, self.now())
    }

    /// Takes a channel from a socket. False if it did not hear it.
    pub(super) fn unsubscribe(&self, socket: &Socket, channel: &ChannelName) -> bool {
        let mut tables = self.tables();
        let Some(hearer) = tables.find(socket) else {
            return false;
        };
        let Some(taken) = hearer.seats().take(channel) else {
            return false;
        };
        self.hub.leave(channel, &self.inbox, taken.seat, self.now());
        tables.forget(&hearer, channel);
        hearer.save();
        true
    }

    /// The socket has ended.
    pub(super) fn leave(&self, socket: &Socket) {
        let mut tables = self.tables();
        if let Some(hearer) = tables.find(socket) {
            self.dismiss(&mut tables, &hearer);
        }
    }

    fn dismiss(&self, tables: &mut Tables, hearer: &Arc<Hearer>) {
        tables.by_id.remove(hearer.socket.id());
        let list = std::mem::take(&mut hearer.seats().list);
        for taken in list {
            let channel = taken.place.channel();
            self.hub.leave(channel, &self.inbox, taken.seat, self.now());
            tables.forget(hearer, channel);
        }
    }

    /// Asks a channel where a socket begins, and keeps that. From now on the socket can come back
    /// and misses nothing, so nobody may be told before that it hears the channel.
    pub(super) async fn settle(&self, socket: &Socket, channel: &ChannelName) -> Option<Page> {
        let hearer = self.tables().find(socket)?;
        let page = self.page(&hearer, channel).await?;
        hearer.settle(channel, &page);
        Some(page)
    }

    /// Gives a socket what a channel has stored for it, and then what is published. It begins with
    /// a page, if there is one already.
    pub(super) fn read_on(
        self: &Arc<Self>,
        socket: &Socket,
        channel: &ChannelName,
        page: Option<Page>,
    ) {
        let hearer = self.tables().find(socket);
        if let Some(hearer) = hearer {
            tokio::spawn(Arc::clone(self).read(hearer, channel.clone(), page));
        }
    }

    async fn read(
        self: Arc<Self>,
        hearer: Arc<Hearer>,
        channel: ChannelName,
        mut first: Option<Page>,
    ) {
        loop {
            let page = match first.take() {
                Some(page) => page,
                None => match self.page(&hearer, &channel).await {
                    Some(page) => page,
                    None => return,
                },
            };
            if hearer.follow(&channel, page) {
                return;
            }
            // What it gets next would only wait behind this. That its session is over, the next
            // look shows.
            let _ = hearer.socket.flushed().await;
        }
    }

    /// What a socket reads next. None if it does not hear the channel any more.
    async fn page(&self, hearer: &Hearer, channel: &ChannelName) -> Option<Page> {
        loop {
            let start = hearer.seats().find(channel)?.place.start();
            let read = self
                .hub
                .read(channel, start, PageLimit::default(), self.now());
            match read.await {
                Ok(page) => return Some(page),
                Err(error) => {
                    tracing::warn!(%channel, %error, "cannot read on; trying again");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    /// One task takes what the hub announces.
    fn start_pump(self: &Arc<Self>) {
        if !self.has_pump.swap(true, Ordering::Relaxed) {
            tokio::spawn(pump(Arc::downgrade(self), Arc::clone(&self.wakes)));
        }
    }

    /// Does what the hub announced, in order.
    async fn take(self: &Arc<Self>, items: impl Iterator<Item = Item>) {
        let mut items = items.peekable();
        while let Some(item) = items.next() {
            let message = match item {
                Item::Message(message) => message,
                other => {
                    self.take_other(other);
                    continue;
                }
            };
            let channel = message.channel().clone();
            let mut news = vec![News::new(message)];
            while let Some(Item::Message(message)) =
                items.next_if(|next| matches!(next, Item::Message(it) if *it.channel() == channel))
            {
                news.push(News::new(message));
            }
            self.announce(&channel, news).await;
        }
    }

    fn take_other(self: &Arc<Self>, item: Item) {
        match item {
            Item::Message(_) => {}
            Item::Behind(channel) => {
                for hearer in self.members(&channel) {
                    if hearer.fall_behind(&channel) {
                        tokio::spawn(Arc::clone(self).read(hearer, channel.clone(), None));
                    }
                }
            }
            // What waits for all to be told is kept until then.
            Item::End {
                channel,
                before,
                reason,
                telling: _telling,
            } => {
                for hearer in self.members(&channel) {
                    self.end(&hearer, &channel, before, reason);
                }
            }
        }
    }

    /// Gives messages of one channel to all who hear it: to each of them all that there are, so that
    /// they leave together.
    async fn announce(self: &Arc<Self>, channel: &ChannelName, mut news: Vec<News>) {
        let members = self.members(channel);
        for turn in members.chunks(SOCKETS_PER_TURN) {
            for hearer in turn {
                if hearer.offer(&mut news) {
                    let channel = channel.clone();
                    tokio::spawn(Arc::clone(self).read(Arc::clone(hearer), channel, None));
                }
            }
            tokio::task::yield_now().await;
        }
    }

    fn members(&self, channel: &ChannelName) -> Vec<Arc<Hearer>> {
        let tables = self.tables();
        let members = tables.by_channel.get(channel);
        members
            .into_iter()
            .flat_map(HashMap::values)
            .cloned()
            .collect()
    }

    /// The hub has ended subscriptions.
    fn end(&self, hearer: &Arc<Hearer>, channel: &ChannelName, before: Ticket, reason: EndReason) {
        let mut tables = self.tables();
        let mut seats = hearer.seats();
        let is_over = seats
            .find(channel)
            .is_some_and(|taken| taken.seat.ticket < before);
        if !is_over {
            return;
        }
        seats.take(channel);
        drop(seats);
        tables.forget(hearer, channel);
        drop(tables);
        hearer.save();
        hearer.tell_end(channel, reason);
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives sockets what the hub announces, as long as the gallery is there.
async fn pump(gallery: Weak<Gallery>, wakes: Arc<Notify>) {
    let mut items = Vec::new();
    loop {
        wakes.notified().await;
        let Some(gallery) = gallery.upgrade() else {
            return;
        };
        gallery.inbox.take(&mut items);
        gallery.take(items.drain(..)).await;
    }
}

impl Tables {
    fn find(&self, socket: &Socket) -> Option<Arc<Hearer>> {
        let ById(found) = self.by_id.get(socket.id())?;
        (found.socket == *socket).then(|| Arc::clone(found))
    }

    fn forget(&mut self, hearer: &Arc<Hearer>, channel: &ChannelName) {
        if let Some(members) = self.by_channel.get_mut(channel) {
            members.remove(&hearer.key());
            if members.is_empty() {
                self.by_channel.remove(channel);
            }
        }
    }
}

impl Borrow<str> for ById {
    fn borrow(&self) -> &str {
        self.0.socket.id()
    }
}

impl PartialEq for ById {
    fn eq(&self, other: &Self) -> bool {
        self.0.socket.id() == other.0.socket.id()
    }
}

impl Eq for ById {}

impl Hash for ById {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.socket.id().hash(state);
    }
}

impl Drop for Gallery {
    /// The pump looks whether the gallery is still there.
    fn drop(&mut self) {
        self.wakes.notify_one();
    }
}

impl fmt::Debug for Gallery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gallery({} hearers)", self.hearers())
    }
}

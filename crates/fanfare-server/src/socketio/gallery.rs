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
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use fanfare_hub::{
    ChannelName, EndReason, Gap, Hub, Inbox, Item, JoinError, Message, MessageId, Page, PageLimit,
    Place, Seat, Standing, Start, Step, Ticket, Wake,
};
use fanfare_link::{Clock, SubscribeError};
use fanfare_socketio::{Announcement, Socket};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::{Terms, cursor, event};
use crate::adapters::json::GapNotice;

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

/// What sockets were given.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) delivered: AtomicU64,
    pub(crate) gaps: AtomicU64,
}

#[derive(Default)]
struct Tables {
    by_channel: HashMap<ChannelName, HashMap<usize, Arc<Hearer>>>,
    by_id: HashSet<ById>,
}

/// A hearer, found by the id of its socket. Whoever comes back has the id it had, and may be here
/// before the end of its old connection is.
struct ById(Arc<Hearer>);

/// A socket and what it hears.
struct Hearer {
    socket: Socket,
    counts: Arc<Counts>,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    /// In the order of subscription.
    list: Vec<Taken>,
    /// The first channel that it ever had: cursors that name none are of this one.
    first: Option<ChannelName>,
    /// It has had another channel as well: its cursors name them.
    had_several: bool,
}

struct Taken {
    seat: Seat,
    place: Place,
    /// Where it began: from here on everything can be had again. None before the channel was asked
    /// where that is.
    since: Option<MessageId>,
    /// It reads from the engine; what is announced meanwhile comes with that.
    is_reading: bool,
    /// Something was announced meanwhile.
    has_missed: bool,
}

/// What a recovered socket goes on with.
#[derive(Serialize, Deserialize)]
pub(super) struct Saved {
    first: Option<String>,
    had_several: bool,
    /// Each with where it began.
    channels: Vec<(String, String)>,
}

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
        let hearer = Arc::new(Hearer {
            socket: socket.clone(),
            counts: Arc::clone(&self.counts),
            seats: Mutex::default(),
        });
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

    async fn take_item(self: &Arc<Self>, item: Item) {
        match item {
            Item::Message(message) => self.announce(&message).await,
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

    async fn announce(self: &Arc<Self>, message: &Arc<Message>) {
        let members = self.members(message.channel());
        let mut shared = None;
        for turn in members.chunks(SOCKETS_PER_TURN) {
            for hearer in turn {
                if hearer.offer(message, &mut shared) {
                    let channel = message.channel().clone();
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
        for item in items.drain(..) {
            gallery.take_item(item).await;
        }
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

impl Hearer {
    /// Where it is in memory, which no other is while it lives.
    fn key(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// No session is asked for anything but to take bytes while this is held.
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives it a message that was just published. True if it has to read on from the engine.
    fn offer(&self, message: &Arc<Message>, shared: &mut Option<Announcement>) -> bool {
        let mut seats = self.seats();
        let Some(taken) = seats.find_mut(message.channel()) else {
            return false;
        };
        if taken.is_reading {
            taken.has_missed = true;
            return false;
        }
        match taken.place.judge(message) {
            Standing::Seen => false,
            Standing::Behind => {
                taken.is_reading = true;
                true
            }
            Standing::Next => {
                self.give(&seats, message, shared);
                false
            }
        }
    }

    /// It begins where its first page does.
    fn settle(&self, channel: &ChannelName, page: &Page) {
        if let Some(taken) = self.seats().find_mut(channel) {
            taken.since = Some(taken.place.settle(page));
        }
        self.save();
    }

    /// Gives it what a page holds. True if that was everything.
    fn follow(&self, channel: &ChannelName, mut page: Page) -> bool {
        let mut seats = self.seats();
        while let Some(step) = seats
            .find_mut(channel)
            .and_then(|it| it.place.follow(&mut page))
        {
            match step {
                Step::Message(message) => self.give(&seats, &message, &mut None),
                Step::Gap(gap) => self.tell_gap(&seats, channel, &gap),
            }
        }
        let Some(taken) = seats.find_mut(channel) else {
            return true;
        };
        let is_done = !taken.place.is_before(page.newest) && !taken.has_missed;
        taken.has_missed = false;
        taken.is_reading = !is_done;
        is_done
    }

    fn fall_behind(&self, channel: &ChannelName) -> bool {
        let mut seats = self.seats();
        let Some(taken) = seats.find_mut(channel) else {
            return false;
        };
        if taken.is_reading {
            taken.has_missed = true;
            return false;
        }
        taken.is_reading = true;
        true
    }

    /// Sends a message. What does not arrive, the client asks for again when it is back.
    fn give(&self, seats: &Seats, message: &Message, shared: &mut Option<Announcement>) {
        self.counts.delivered.fetch_add(1, Ordering::Relaxed);
        if seats.had_several {
            let cursor = seats.cursor();
            let announcement = self.announcement(message, &cursor);
            let _ = announcement.map(|it| self.socket.emit_shared(&it));
            return;
        }
        if shared.is_none() {
            *shared = self.announcement(message, &message.id().to_string());
        }
        if let Some(announcement) = shared {
            let _ = self.socket.emit_shared(announcement);
        }
    }

    fn announcement(&self, message: &Message, cursor: &str) -> Option<Announcement> {
        let arguments = event::arguments(message, cursor);
        let namespace = self.socket.namespace();
        namespace.announcement(event::name(message), arguments).ok()
    }

    fn tell_gap(&self, seats: &Seats, channel: &ChannelName, gap: &Gap) {
        self.counts.gaps.fetch_add(1, Ordering::Relaxed);
        let cursor = if seats.had_several {
            seats.cursor()
        } else {
            gap.resumed.to_string()
        };
        let notice = (GapNotice::of(gap, channel), cursor);
        self.say("gap", &notice);
    }

    fn tell_end(&self, channel: &ChannelName, reason: EndReason) {
        /// What is left of the subscription.
        #[derive(Serialize)]
        struct Notice<'a> {
            channel: &'a str,
            reason: crate::adapters::json::Reason,
        }
        let channel = channel.as_str();
        let reason = reason.into();
        let cursor = self.seats().cursor();
        self.say("end", &(Notice { channel, reason }, cursor));
    }

    /// Sends an event of the server's own.
    fn say(&self, name: &str, arguments: &impl Serialize) {
        let announcement = self.socket.namespace().announcement(name, arguments);
        let _ = announcement.map(|it| self.socket.emit_shared(&it));
    }

    /// Keeps what a recovered connection needs to know.
    fn save(&self) {
        let seats = self.seats();
        let channels = seats.list.iter().filter_map(|taken| {
            let since = taken.since?.to_string();
            Some((taken.place.channel().to_string(), since))
        });
        // Text can be written.
        let _ = self.socket.set_data(&Saved {
            first: seats.first.as_ref().map(ToString::to_string),
            had_several: seats.had_several,
            channels: channels.collect(),
        });
    }
}

impl Seats {
    fn find(&self, channel: &ChannelName) -> Option<&Taken> {
        self.list
            .iter()
            .find(|taken| taken.place.channel() == channel)
    }

    fn find_mut(&mut self, channel: &ChannelName) -> Option<&mut Taken> {
        self.list
            .iter_mut()
            .find(|taken| taken.place.channel() == channel)
    }

    fn take(&mut self, channel: &ChannelName) -> Option<Taken> {
        let index = self
            .list
            .iter()
            .position(|taken| taken.place.channel() == channel)?;
        Some(self.list.remove(index))
    }

    fn cursor(&self) -> String {
        cursor::write(
            self.list
                .iter()
                .map(|it| (it.place.channel(), it.place.cursor())),
        )
    }
}

impl Saved {
    /// The channel of cursors that name none.
    pub(super) fn first(&self) -> Option<ChannelName> {
        ChannelName::new(self.first.as_deref()?).ok()
    }

    /// Channels, and where they began.
    pub(super) fn channels(&self) -> impl Iterator<Item = (ChannelName, MessageId)> {
        self.channels
            .iter()
            .filter_map(|(name, since)| Some((ChannelName::new(name).ok()?, since.parse().ok()?)))
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

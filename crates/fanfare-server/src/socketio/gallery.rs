//! Sockets that hear channels.
//!
//! A driver of many subscribers, like a shard of the link: one inbox for all of them, a place in the
//! hub for each. It writes to sessions instead of connections, so it does not matter what carries a
//! client, and what cannot be written waits in the session: a client that falls behind more than
//! that is cut off, comes back with its cursor, and reads on from the history.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fanfare_hub::{
    ChannelName, EndReason, Hub, Inbox, JoinError, Page, Place, Seat, Start, Ticket, Timestamp,
};
use fanfare_link::{Clock, SubscribeError};
use fanfare_socketio::Socket;
use tokio::sync::Notify;

use super::Terms;
use super::agenda::Agenda;
use super::hearer::{Counts, Hearer};
use super::pump::{self, Bell};
use super::reader::Reader;
use super::saved::Saved;
use super::seats::Taken;
use super::tables::Tables;

/// The sockets of a node that hear channels.
pub(crate) struct Gallery {
    hub: Hub,
    clock: Arc<dyn Clock>,
    pub(super) terms: Terms,
    inbox: Arc<Inbox>,
    wakes: Arc<Notify>,
    has_pump: AtomicBool,
    pub(super) counts: Arc<Counts>,
    /// Locked before the seats of a hearer.
    tables: Mutex<Tables>,
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

    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now().wall
    }

    /// Everybody who hears a channel.
    pub(super) fn members(&self, channel: &ChannelName) -> Vec<Arc<Hearer>> {
        self.tables().members(channel)
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
        seats.add(Taken::new(seat, Place::new(channel.clone(), start)));
        drop(seats);
        tables.join(hearer, channel);
        Ok(())
    }

    /// The hearer of a socket, made if there is none. None if its client has come back as another
    /// socket: then nobody is there to hear.
    fn hearer(&self, tables: &mut Tables, socket: &Socket) -> Option<Arc<Hearer>> {
        if let Some(found) = tables.named(socket.id()) {
            if found.socket == *socket {
                return Some(found);
            }
            if !socket.is_connected() {
                return None;
            }
            self.dismiss(tables, &found);
        }
        let hearer = Arc::new(Hearer::new(socket.clone(), Arc::clone(&self.counts)));
        tables.insert(&hearer);
        Some(hearer)
    }

    fn join(&self, channel: &ChannelName) -> Result<Seat, JoinError> {
        self.hub
            .join(channel, &self.inbox, self.terms.admission, self.now())
    }

    /// Lets a recovered socket go on as the one it was, before it is given its channels again.
    pub(super) fn recall(&self, socket: &Socket, saved: &Saved) {
        let unheard_since = self.now().minus(self.terms.unheard_time_max);
        let mut tables = self.tables();
        if let Some(hearer) = self.hearer(&mut tables, socket) {
            hearer.seats().recall(saved, unheard_since);
        }
    }

    /// Tells a recovered socket once more which channels have ended, after it was given the others
    /// again.
    pub(super) fn repeat_ends(&self, socket: &Socket) {
        let hearer = self.tables().find(socket);
        if let Some(hearer) = hearer {
            hearer.repeat_ends();
        }
    }

    /// Takes a channel from a socket. False if it did not hear it.
    pub(super) fn unsubscribe(&self, socket: &Socket, channel: &ChannelName) -> bool {
        let mut tables = self.tables();
        let Some(hearer) = tables.find(socket) else {
            return false;
        };
        let taken = hearer.seats().take(channel);
        let Some(taken) = taken else {
            hearer.forget_end(channel);
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
        tables.remove(hearer);
        let list = std::mem::take(&mut hearer.seats().list);
        for taken in list {
            let channel = taken.place.channel();
            self.hub.leave(channel, &self.inbox, taken.seat, self.now());
            tables.forget(hearer, channel);
        }
    }

    /// The hub has ended subscriptions.
    pub(super) fn end(
        &self,
        hearer: &Arc<Hearer>,
        channel: &ChannelName,
        before: Ticket,
        reason: EndReason,
    ) {
        let mut tables = self.tables();
        let mut seats = hearer.seats();
        let is_over = seats
            .find(channel)
            .is_some_and(|taken| taken.seat.ticket < before);
        if !is_over {
            return;
        }
        seats.take(channel);
        seats.remember_end(channel, reason, self.now(), self.terms.channels_max);
        drop(seats);
        tables.forget(hearer, channel);
        drop(tables);
        hearer.save();
        hearer.tell_end(channel, reason);
    }

    /// Asks a channel where a socket begins, and keeps that. From now on the socket can come back
    /// and misses nothing, so nobody may be told before that it hears the channel.
    pub(super) async fn settle(
        self: &Arc<Self>,
        socket: &Socket,
        channel: &ChannelName,
    ) -> Option<Page> {
        self.reader(socket, channel)?.settle().await
    }

    /// Gives a socket what a channel has stored for it, and then what is published. It begins with
    /// a page, if there is one already.
    pub(super) fn read_on(
        self: &Arc<Self>,
        socket: &Socket,
        channel: &ChannelName,
        page: Option<Page>,
    ) {
        if let Some(reader) = self.reader(socket, channel) {
            reader.start(page);
        }
    }

    fn reader(self: &Arc<Self>, socket: &Socket, channel: &ChannelName) -> Option<Reader> {
        let hearer = self.tables().find(socket)?;
        let ticket = hearer.seats().find(channel)?.seat.ticket;
        Some(Reader::new(self, hearer, channel, ticket))
    }

    /// One task takes what the hub announces.
    fn start_pump(self: &Arc<Self>) {
        if !self.has_pump.swap(true, Ordering::Relaxed) {
            let agenda = Agenda::new(&self.inbox);
            tokio::spawn(pump::run(
                Arc::downgrade(self),
                agenda,
                Arc::clone(&self.wakes),
            ));
        }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
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
        write!(f, "Gallery({} hearers)", self.tables().count())
    }
}

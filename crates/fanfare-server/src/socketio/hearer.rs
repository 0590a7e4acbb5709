//! One socket, and what it is given of what it hears.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fanfare_hub::{ChannelName, EndReason, Gap, Message, Page, Standing, Step, Ticket};
use fanfare_socketio::{Announcement, Socket};
use serde::Serialize;

use super::event;
use super::seats::Seats;
use crate::adapters::json::{GapNotice, Reason};

/// What sockets were given.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) delivered: AtomicU64,
    pub(crate) gaps: AtomicU64,
}

/// A socket and what it hears.
pub(super) struct Hearer {
    pub(super) socket: Socket,
    counts: Arc<Counts>,
    seats: Mutex<Seats>,
}

/// A message that was just published, and the event that sockets share.
pub(super) struct News {
    message: Arc<Message>,
    /// Made for the first of them.
    shared: Option<Announcement>,
}

impl News {
    pub(super) fn new(message: Arc<Message>) -> Self {
        Self {
            message,
            shared: None,
        }
    }
}

impl Hearer {
    pub(super) fn new(socket: Socket, counts: Arc<Counts>) -> Self {
        Self {
            socket,
            counts,
            seats: Mutex::default(),
        }
    }

    /// Where it is in memory, which no other is while it lives.
    pub(super) fn key(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// No session is asked for anything but to take bytes while this is held.
    pub(super) fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives it messages of one channel that were just published. Returns its ticket if it has to
    /// read on from the engine, where the rest of them is then.
    pub(super) fn offer(&self, news: &mut [News]) -> Option<Ticket> {
        let mut seats = self.seats();
        for News { message, shared } in news {
            let taken = seats.find_mut(message.channel())?;
            if taken.is_reading {
                taken.has_missed = true;
                return None;
            }
            match taken.place.judge(message) {
                Standing::Seen => {}
                Standing::Next => self.give(&seats, message, shared),
                Standing::Behind => {
                    taken.is_reading = true;
                    return Some(taken.seat.ticket);
                }
            }
        }
        None
    }

    /// A place begins where its first page does.
    pub(super) fn settle(&self, ticket: Ticket, page: &Page) {
        if let Some(taken) = self.seats().with_ticket(ticket) {
            taken.since = Some(taken.place.settle(page));
        }
        self.save();
    }

    /// Gives it what a page of a channel holds. True if that was everything.
    pub(super) fn follow(&self, ticket: Ticket, channel: &ChannelName, mut page: Page) -> bool {
        let mut seats = self.seats();
        while let Some(step) = seats
            .with_ticket(ticket)
            .and_then(|it| it.place.follow(&mut page))
        {
            match step {
                Step::Message(message) => self.give(&seats, &message, &mut None),
                Step::Gap(gap) => self.tell_gap(&seats, channel, &gap),
            }
        }
        let Some(taken) = seats.with_ticket(ticket) else {
            return true;
        };
        let is_done = !taken.place.is_before(page.newest) && !taken.has_missed;
        taken.has_missed = false;
        taken.is_reading = !is_done;
        is_done
    }

    /// Something was published that it was not offered. Returns its ticket if it has to read on.
    pub(super) fn fall_behind(&self, channel: &ChannelName) -> Option<Ticket> {
        let mut seats = self.seats();
        let taken = seats.find_mut(channel)?;
        if taken.is_reading {
            taken.has_missed = true;
            return None;
        }
        taken.is_reading = true;
        Some(taken.seat.ticket)
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

    /// Tells it that a channel is over. The cursor is of what is left.
    pub(super) fn tell_end(&self, channel: &ChannelName, reason: EndReason) {
        self.say_end(&self.seats(), channel, reason);
    }

    /// Tells it of all ends that its client may not have heard.
    pub(super) fn repeat_ends(&self) {
        let seats = self.seats();
        for (channel, reason) in seats.ends() {
            self.say_end(&seats, &channel, reason);
        }
    }

    /// While the seats are locked nothing is said with a later cursor, which would come first then.
    fn say_end(&self, seats: &Seats, channel: &ChannelName, reason: EndReason) {
        /// What is left of the subscription.
        #[derive(Serialize)]
        struct Notice<'a> {
            channel: &'a str,
            reason: Reason,
        }
        let notice = Notice {
            channel: channel.as_str(),
            reason: reason.into(),
        };
        self.say("end", &(notice, seats.cursor()));
    }

    /// Its client knows that a channel is over.
    pub(super) fn forget_end(&self, channel: &ChannelName) {
        if self.seats().forget_end(channel) {
            self.save();
        }
    }

    /// Sends an event of the server's own.
    fn say(&self, name: &str, arguments: &impl Serialize) {
        let announcement = self.socket.namespace().announcement(name, arguments);
        let _ = announcement.map(|it| self.socket.emit_shared(&it));
    }

    /// Keeps what a recovered connection needs to know.
    pub(super) fn save(&self) {
        let seats = self.seats();
        // Text can be written.
        let _ = self.socket.set_data(&seats.to_saved());
    }
}

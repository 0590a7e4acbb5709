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
    shared: Option<Arc<Announcement>>,
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
        let mut due = Vec::new();
        let mut behind = None;
        for News { message, shared } in news {
            let taken = seats.find_mut(message.channel())?;
            if taken.is_reading {
                taken.has_missed = true;
                break;
            }
            match taken.place.judge(message) {
                Standing::Seen => {}
                Standing::Next => due.extend(self.event(&seats, message, shared)),
                Standing::Behind => {
                    taken.is_reading = true;
                    behind = Some(taken.seat.ticket);
                    break;
                }
            }
        }
        self.emit(&due);
        behind
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
        let mut due = Vec::new();
        while let Some(step) = seats
            .with_ticket(ticket)
            .and_then(|it| it.place.follow(&mut page))
        {
            due.extend(match step {
                Step::Message(message) => self.event(&seats, &message, &mut None),
                Step::Gap(gap) => self.gap(&seats, channel, &gap),
            });
        }
        self.emit(&due);
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

    /// A message as it hears it: like everybody else, or with a cursor of its own.
    fn event(
        &self,
        seats: &Seats,
        message: &Message,
        shared: &mut Option<Arc<Announcement>>,
    ) -> Option<Arc<Announcement>> {
        self.counts.delivered.fetch_add(1, Ordering::Relaxed);
        if seats.had_several {
            return self.announcement(message, &seats.cursor());
        }
        if shared.is_none() {
            *shared = self.announcement(message, &message.id().to_string());
        }
        shared.clone()
    }

    fn announcement(&self, message: &Message, cursor: &str) -> Option<Arc<Announcement>> {
        let arguments = event::arguments(message, cursor);
        let namespace = self.socket.namespace();
        let announcement = namespace.announcement(event::name(message), arguments);
        announcement.ok().map(Arc::new)
    }

    fn gap(&self, seats: &Seats, channel: &ChannelName, gap: &Gap) -> Option<Arc<Announcement>> {
        self.counts.gaps.fetch_add(1, Ordering::Relaxed);
        let cursor = if seats.had_several {
            seats.cursor()
        } else {
            gap.resumed.to_string()
        };
        self.notice("gap", &(GapNotice::of(gap, channel), cursor))
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
        let end = self.notice("end", &(notice, seats.cursor()));
        self.emit(end.as_slice());
    }

    /// Its client knows that a channel is over.
    pub(super) fn forget_end(&self, channel: &ChannelName) {
        if self.seats().forget_end(channel) {
            self.save();
        }
    }

    /// An event of the server's own.
    fn notice(&self, name: &str, arguments: &impl Serialize) -> Option<Arc<Announcement>> {
        let announcement = self.socket.namespace().announcement(name, arguments);
        announcement.ok().map(Arc::new)
    }

    /// Sends events together. What does not arrive, the client asks for again when it is back.
    fn emit(&self, due: &[Arc<Announcement>]) {
        if !due.is_empty() {
            let _ = self.socket.emit_shared(due.iter().map(Arc::as_ref));
        }
    }

    /// Keeps what a recovered connection needs to know.
    pub(super) fn save(&self) {
        let seats = self.seats();
        // Text can be written.
        let _ = self.socket.set_data(&seats.to_saved());
    }
}

//! One socket, what it hears, and how far it has heard it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fanfare_hub::{
    ChannelName, EndReason, Gap, Message, MessageId, Page, Place, Seat, Standing, Step,
};
use fanfare_socketio::{Announcement, Socket};
use serde::{Deserialize, Serialize};

use super::{cursor, event};
use crate::adapters::json::GapNotice;

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

#[derive(Default)]
pub(super) struct Seats {
    /// In the order of subscription.
    pub(super) list: Vec<Taken>,
    /// The first channel that it ever had: cursors that name none are of this one.
    pub(super) first: Option<ChannelName>,
    /// It has had another channel as well: its cursors name them.
    pub(super) had_several: bool,
}

pub(super) struct Taken {
    pub(super) seat: Seat,
    pub(super) place: Place,
    /// Where it began: from here on everything can be had again. None before the channel was asked
    /// where that is.
    pub(super) since: Option<MessageId>,
    /// It reads from the engine; what is announced meanwhile comes with that.
    pub(super) is_reading: bool,
    /// Something was announced meanwhile.
    pub(super) has_missed: bool,
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

/// What a recovered socket goes on with.
#[derive(Serialize, Deserialize)]
pub(super) struct Saved {
    first: Option<String>,
    pub(super) had_several: bool,
    /// Each with where it began.
    channels: Vec<(String, String)>,
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

    /// Gives it messages of one channel that were just published. True if it has to read on from the
    /// engine, where the rest of them is then.
    pub(super) fn offer(&self, news: &mut [News]) -> bool {
        let mut seats = self.seats();
        for News { message, shared } in news {
            let Some(taken) = seats.find_mut(message.channel()) else {
                return false;
            };
            if taken.is_reading {
                taken.has_missed = true;
                return false;
            }
            match taken.place.judge(message) {
                Standing::Seen => {}
                Standing::Next => self.give(&seats, message, shared),
                Standing::Behind => {
                    taken.is_reading = true;
                    return true;
                }
            }
        }
        false
    }

    /// It begins where its first page does.
    pub(super) fn settle(&self, channel: &ChannelName, page: &Page) {
        if let Some(taken) = self.seats().find_mut(channel) {
            taken.since = Some(taken.place.settle(page));
        }
        self.save();
    }

    /// Gives it what a page holds. True if that was everything.
    pub(super) fn follow(&self, channel: &ChannelName, mut page: Page) -> bool {
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

    pub(super) fn fall_behind(&self, channel: &ChannelName) -> bool {
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

    pub(super) fn tell_end(&self, channel: &ChannelName, reason: EndReason) {
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
    pub(super) fn save(&self) {
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
    pub(super) fn find(&self, channel: &ChannelName) -> Option<&Taken> {
        self.list
            .iter()
            .find(|taken| taken.place.channel() == channel)
    }

    pub(super) fn find_mut(&mut self, channel: &ChannelName) -> Option<&mut Taken> {
        self.list
            .iter_mut()
            .find(|taken| taken.place.channel() == channel)
    }

    pub(super) fn take(&mut self, channel: &ChannelName) -> Option<Taken> {
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

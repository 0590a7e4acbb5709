//! What one socket hears, and how far it has heard it.

use fanfare_hub::{ChannelName, EndReason, MessageId, Place, Seat, Ticket, Timestamp};

use super::cursor;
use super::saved::{Over, Saved};

/// The channels of a socket.
#[derive(Default)]
pub(super) struct Seats {
    /// In the order of subscription.
    pub(super) list: Vec<Taken>,
    /// The first channel that it ever had: cursors that name none are of this one.
    first: Option<ChannelName>,
    /// It has had another channel as well: its cursors name them.
    pub(super) had_several: bool,
    /// Channels that have ended, oldest first. Its client may not have heard that.
    over: Vec<Over>,
}

/// A place in a channel.
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

impl Taken {
    /// A place that is to be read from its beginning.
    pub(super) fn new(seat: Seat, place: Place) -> Self {
        Self {
            seat,
            since: place.cursor(),
            place,
            is_reading: true,
            has_missed: false,
        }
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

    /// The place with this ticket. Whoever leaves a channel and subscribes again has another one.
    pub(super) fn with_ticket(&mut self, ticket: Ticket) -> Option<&mut Taken> {
        self.list
            .iter_mut()
            .find(|taken| taken.seat.ticket == ticket)
    }

    /// Adds a channel. That it was over once is no news any more.
    pub(super) fn add(&mut self, taken: Taken) {
        let channel = taken.place.channel();
        self.forget_end(channel);
        self.had_several |= self.first.as_ref().is_some_and(|first| first != channel);
        self.first.get_or_insert_with(|| channel.clone());
        // Nearly every client has one.
        self.list.reserve_exact(1);
        self.list.push(taken);
    }

    pub(super) fn take(&mut self, channel: &ChannelName) -> Option<Taken> {
        let index = self
            .list
            .iter()
            .position(|taken| taken.place.channel() == channel)?;
        Some(self.list.remove(index))
    }

    /// Remembers that a channel has ended, and of so many at most.
    pub(super) fn remember_end(
        &mut self,
        channel: &ChannelName,
        reason: EndReason,
        now: Timestamp,
        ends_max: usize,
    ) {
        self.over.push(Over::new(channel, reason, now));
        let excess = self.over.len().saturating_sub(ends_max);
        self.over.drain(..excess);
    }

    /// True if it was over.
    pub(super) fn forget_end(&mut self, channel: &ChannelName) -> bool {
        let before = self.over.len();
        self.over.retain(|over| !over.is_of(channel));
        self.over.len() < before
    }

    /// Channels whose end may not have been heard, oldest first.
    pub(super) fn ends(&self) -> impl Iterator<Item = (ChannelName, EndReason)> {
        self.over.iter().filter_map(Over::end)
    }

    /// How far it has heard each of its channels.
    pub(super) fn cursor(&self) -> String {
        cursor::write(
            self.list
                .iter()
                .map(|it| (it.place.channel(), it.place.cursor())),
        )
    }

    /// What is kept for the time when its connection has broken.
    pub(super) fn to_saved(&self) -> Saved {
        let channels = self.list.iter().filter_map(|taken| {
            let since = taken.since?.to_string();
            Some((taken.place.channel().to_string(), since))
        });
        Saved {
            first: self.first.as_ref().map(ToString::to_string),
            had_several: self.had_several,
            channels: channels.collect(),
            over: self.over.clone(),
        }
    }

    /// Goes on as those of an earlier connection, of which the channels themselves are still to be
    /// had again. What ended before `unheard_since` its client has heard.
    pub(super) fn recall(&mut self, saved: &Saved, unheard_since: Timestamp) {
        self.first = saved.first();
        self.had_several = saved.had_several;
        self.over = saved.over_since(unheard_since).cloned().collect();
    }
}

#[cfg(test)]
mod tests {
    use fanfare_hub::Start;

    use super::*;

    fn taken(channel: &ChannelName, ticket: Ticket) -> Taken {
        Taken::new(Seat { ticket }, Place::new(channel.clone(), Start::Newest))
    }

    fn ends(seats: &Seats) -> Vec<String> {
        seats
            .ends()
            .map(|(channel, _)| channel.to_string())
            .collect()
    }

    // What is read for the first of two subscriptions must not settle where the second begins.
    #[test]
    fn a_channel_that_is_had_anew_is_another_place() {
        let channel = ChannelName::new("c").unwrap();
        let mut seats = Seats::default();
        seats.add(taken(&channel, 1));
        assert!(seats.with_ticket(1).is_some());
        seats.take(&channel);
        seats.add(taken(&channel, 2));
        assert!(seats.with_ticket(1).is_none());
        assert!(seats.with_ticket(2).is_some());
        assert!(!seats.had_several);
    }

    #[test]
    fn ends_are_remembered_until_the_channel_is_had_anew() {
        let names = ["a", "b", "c", "d"].map(|name| ChannelName::new(name).unwrap());
        let mut seats = Seats::default();
        for name in &names {
            seats.remember_end(name, EndReason::Deleted, Timestamp::from_seconds(1), 3);
        }
        assert_eq!(ends(&seats), ["b", "c", "d"]);
        assert!(seats.forget_end(&names[2]));
        assert!(!seats.forget_end(&names[2]));
        seats.add(taken(&names[1], 1));
        assert_eq!(ends(&seats), ["d"]);
    }
}

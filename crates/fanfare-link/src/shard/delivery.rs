//! From the hub to the connections: live messages, and reading on from the engine.

use fanfare_hub::{EngineError, Item, Page, PageLimit, Pending, Standing, Step, Ticket};

use super::channels::{Walk, Work};
use super::{Key, Outcome, Shard, contained};
use crate::connection::{Connection, Held, State, Subscription};
use crate::front::Laggard;
use crate::limits::{BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, SENDS_PER_TURN};
use crate::outbox::Outbox;
use crate::protocol::{At, Close, Farewell};
use crate::{Now, Socket};

impl<S: Socket> Shard<S> {
    /// Does a bounded part of what there is to do. `true` when there is more: give others a turn,
    /// then call again.
    pub fn turn(&mut self, now: Now) -> bool {
        self.read_inbox();
        for _ in 0..self.ready.len() {
            if let Some(key) = self.ready.pop_front() {
                self.resume(key, now);
            }
        }
        for _ in 0..self.due.len().min(SENDS_PER_TURN) {
            if let Some(timer) = self.due.pop_front() {
                self.alarm(timer, now);
            }
        }
        let mut budget = SENDS_PER_TURN;
        while budget > 0 {
            let Some(channel) = self.channels.next_busy() else {
                break;
            };
            budget -= self.walk(channel, budget, now).min(budget);
            self.channels.turn_over(channel);
        }
        self.rouse(now);
        for _ in 0..self.behind.len().min(SENDS_PER_TURN) {
            if let Some(key) = self.behind.pop_front() {
                self.catch_up(key, now);
            }
        }
        self.drop_ended(now);
        self.channels.has_work()
            || !self.behind.is_empty()
            || !self.due.is_empty()
            || !self.ready.is_empty()
            || !self.woken.is_empty()
    }

    fn read_inbox(&mut self) {
        let mut items = std::mem::take(&mut self.items);
        self.inbox.take(&mut items);
        for item in items.drain(..) {
            match item {
                Item::Behind(channel) => self.channels.add_work(&channel, Work::CatchUp),
                Item::End {
                    channel,
                    before,
                    reason,
                    telling,
                } => {
                    let end = Work::End {
                        before,
                        reason,
                        telling,
                    };
                    self.channels.add_work(&channel, end);
                }
                Item::Message(message) => {
                    let channel = message.channel().clone();
                    self.channels.add_work(&channel, Work::Deliver(message));
                }
            }
        }
        self.items = items;
    }

    /// Takes up to `budget` members of a channel further; returns how many.
    fn walk(&mut self, channel: u32, budget: usize, now: Now) -> usize {
        let Some(entry) = self.channels.get_mut(channel) else {
            return 0;
        };
        let Some(mut walk) = entry.take_walk(BATCH_MESSAGES_MAX, BATCH_BYTES_MAX) else {
            return 0;
        };
        let mut visited = 0;
        while visited < budget && walk.left > 0 {
            visited += 1;
            walk.left -= 1;
            self.visit(channel, &walk, now);
        }
        if let Some(entry) = self.channels.get_mut(channel) {
            entry.put_walk(walk);
        }
        visited.max(1)
    }

    /// Does a walk's work for one member.
    fn visit(&mut self, channel: u32, walk: &Walk, now: Now) {
        let Some(slot) = self
            .channels
            .get_mut(channel)
            .and_then(|c| c.members.get(walk.left).copied())
        else {
            return;
        };
        let Some(connection) = self.connections.get_mut(slot as usize) else {
            return;
        };
        let has_backlog = connection.backlog.is_some();
        let State::Held(held) = &mut connection.state else {
            return;
        };
        let Some(index) = held.index_of(channel) else {
            return;
        };
        // A slow reader reads on from its cursor, once it has taken what waits for it.
        held.subscriptions[index].is_behind |= has_backlog;
        let mut out = held.outbox(slot, &mut self.contents, now);
        let mut worked = Worked::default();
        let result = contained(|| held.work(index, &walk.batch, &mut worked, &mut out));
        let is_behind = held.subscriptions[index].is_behind;
        self.metrics.deliveries.add(worked.delivered);
        if worked.is_over {
            self.leave(slot, index, now);
        } else if is_behind && !has_backlog {
            self.read_on(slot);
        }
        self.settle(slot, result, now);
    }

    /// Lets a connection read on from the engine when its turn comes.
    pub(super) fn read_on(&mut self, slot: u32) {
        let key = self.key(slot);
        if let Some(connection) = self.connections.get_mut(slot as usize)
            && !std::mem::replace(&mut connection.is_reading_on, true)
        {
            self.behind.push_back(key);
        }
    }

    /// Reads on from the engine for a connection that is behind in one of its places.
    fn catch_up(&mut self, key: Key, now: Now) {
        let Some(slot) = self.find(key) else {
            return;
        };
        let connection = &mut self.connections[slot as usize];
        connection.is_reading_on = false;
        // With a backlog it reads on when that has drained.
        let Connection {
            state: State::Held(held),
            backlog: None,
            ..
        } = connection
        else {
            return;
        };
        let mut pages = Vec::new();
        let mut later = Vec::new();
        let limit = share(held.protocol.appetite(), held.subscriptions.len());
        for (index, subscription) in held.subscriptions.iter_mut().enumerate() {
            if !subscription.is_behind || subscription.is_fetching {
                continue;
            }
            subscription.is_behind = false;
            let place = &subscription.place;
            match self
                .hub
                .read(place.channel(), place.start(), limit, now.wall)
            {
                Pending::Ready(Ok(page)) => pages.push((index, page)),
                pending => {
                    subscription.is_fetching = true;
                    later.push((subscription.seat.ticket, pending));
                }
            }
        }
        self.give(slot, pages, now);
        for (ticket, pending) in later {
            self.defer(key, now, pending, move |page| Outcome::Page {
                ticket,
                page,
            });
        }
    }

    /// A page that the engine gave later, to the subscription that asked for it.
    pub(super) fn page_arrived(
        &mut self,
        slot: u32,
        ticket: Ticket,
        page: Result<Page, EngineError>,
        now: Now,
    ) {
        let Some(State::Held(held)) = self
            .connections
            .get_mut(slot as usize)
            .map(|c| &mut c.state)
        else {
            return;
        };
        let Some(index) = held.index_of_ticket(ticket) else {
            return;
        };
        let subscription = &mut held.subscriptions[index];
        subscription.is_fetching = false;
        match page {
            Ok(page) => self.give(slot, vec![(index, page)], now),
            // The reader keeps its cursor and its connection, and tries again.
            Err(error) => {
                tracing::debug!(%error, "a subscriber could not read on");
                subscription.is_behind = true;
                self.stalled.push(self.key(slot));
            }
        }
    }

    /// Gives pages to a reader, merged by id, and goes on if there is more to read.
    fn give(&mut self, slot: u32, mut pages: Vec<(usize, Page)>, now: Now) {
        let Some(State::Held(held)) = self
            .connections
            .get_mut(slot as usize)
            .map(|c| &mut c.state)
        else {
            return;
        };
        let mut out = held.outbox(slot, &mut self.contents, now);
        let mut given = Given::default();
        let result = contained(|| held.give(&mut pages, &mut given, &mut out));
        let has_more = held
            .subscriptions
            .iter()
            .any(|s| s.is_behind && !s.is_fetching);
        self.metrics.deliveries.add(given.messages);
        self.metrics.gaps.add(given.gaps);
        self.settle(slot, result, now);
        if has_more {
            self.read_on(slot);
        }
    }
}

/// What became of a batch of work for one member.
#[derive(Default)]
struct Worked {
    delivered: u64,
    /// The hub has ended the subscription.
    is_over: bool,
}

#[derive(Default)]
struct Given {
    messages: u64,
    gaps: u64,
}

impl Held {
    /// Does a batch of work for one subscription.
    fn work(
        &mut self,
        index: usize,
        batch: &[Work],
        worked: &mut Worked,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        for work in batch {
            match work {
                Work::CatchUp => self.subscriptions[index].is_behind = true,
                Work::Deliver(message) => match self.subscriptions[index].judge(message) {
                    Standing::Behind => self.subscriptions[index].is_behind = true,
                    Standing::Next => {
                        worked.delivered += 1;
                        let at = at(&self.subscriptions, index);
                        self.protocol.deliver(message, at, out)?;
                    }
                    Standing::Seen => {}
                },
                Work::End { before, reason, .. }
                    if self.subscriptions[index].seat.ticket < *before =>
                {
                    worked.is_over = true;
                    let at = at(&self.subscriptions, index);
                    return self.protocol.ended(*reason, at, out);
                }
                Work::End { .. } => {}
            }
        }
        Ok(())
    }

    /// Gives what the pages hold, in the order of the ids over all channels.
    fn give(
        &mut self,
        pages: &mut Vec<(usize, Page)>,
        given: &mut Given,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        self.settle_places(pages);
        while let Some(turn) = earliest(pages) {
            let (index, page) = &mut pages[turn];
            let index = *index;
            let subscription = &mut self.subscriptions[index];
            match subscription.place.follow(page) {
                None => {
                    subscription.is_behind |= page.has_more;
                    subscription.is_live |= !page.has_more;
                    pages.swap_remove(turn);
                }
                Some(Step::Gap(gap)) => {
                    given.gaps += 1;
                    if subscription.is_live && self.laggard == Laggard::Close {
                        return Err(self.protocol.farewell(Farewell::Behind, out));
                    }
                    self.protocol
                        .gap(&gap, at(&self.subscriptions, index), out)?;
                }
                Some(Step::Message(message)) => {
                    given.messages += 1;
                    self.protocol
                        .deliver(&message, at(&self.subscriptions, index), out)?;
                }
            }
        }
        if !self.is_live && !self.subscriptions.iter().any(Subscription::must_read) {
            self.is_live = true;
            self.protocol.caught_up(out)?;
        }
        Ok(())
    }

    /// Gives every place whose page has come its cursor, so that the first message of one already
    /// shows where the others stand.
    fn settle_places(&mut self, pages: &[(usize, Page)]) {
        for (index, page) in pages {
            let place = &mut self.subscriptions[*index].place;
            if place.cursor().is_none() {
                place.settle(page);
                self.protocol.settled(at(&self.subscriptions, *index));
            }
        }
    }
}

fn at(subscriptions: &[Subscription], index: usize) -> At<'_> {
    At {
        subscriptions,
        index,
    }
}

/// The page whose next message is of the earliest second, the first of several; pages without
/// messages come last. Counters within a second say nothing across channels.
fn earliest(pages: &[(usize, Page)]) -> Option<usize> {
    let next = |(index, page): &(usize, Page)| {
        let seconds = page.messages.front().map(|message| message.id().seconds);
        (seconds.is_none(), seconds, *index)
    };
    (0..pages.len()).min_by_key(|turn| next(&pages[*turn]))
}

/// Divides what a connection may read at once among its places.
fn share(limit: PageLimit, places: usize) -> PageLimit {
    let places = places.max(1);
    PageLimit {
        messages: (limit.messages / places).max(1),
        bytes: (limit.bytes / places).max(1),
    }
}

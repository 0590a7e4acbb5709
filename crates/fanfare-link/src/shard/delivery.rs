//! From the hub to the connections: live messages, and reading on from the engine.

use std::cmp::Reverse;

use fanfare_hub::{EngineError, Item, Page, PageLimit, Pending, Standing, Step};

use super::channels::{Walk, Work};
use super::{Key, Outcome, Shard};
use crate::connection::{Connection, Held, State};
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
        let mut budget = SENDS_PER_TURN;
        while budget > 0 {
            let Some(channel) = self.channels.next_busy() else {
                break;
            };
            budget -= self.walk(channel, budget, now).min(budget);
            self.channels.turn_over(channel);
        }
        for _ in 0..self.behind.len().min(SENDS_PER_TURN) {
            if let Some(key) = self.behind.pop_front() {
                self.catch_up(key, now);
            }
        }
        self.channels.has_work() || !self.behind.is_empty() || !self.ready.is_empty()
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
                } => {
                    self.channels
                        .add_work(&channel, Work::End { before, reason });
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
        let is_busy = connection.backlog.is_some();
        let State::Held(held) = &mut connection.state else {
            return;
        };
        let mut out = Outbox {
            now,
            http: held.http,
            contents: &mut self.contents,
        };
        let ends = walk
            .batch
            .iter()
            .any(|work| matches!(work, Work::End { .. }));
        // A slow reader, or one that waits for the engine, reads on from its cursor when it can.
        if (is_busy || held.fetching > 0 || !held.is_live) && !ends {
            return;
        }
        let result = held.work(channel, &walk.batch, &mut out);
        self.metrics.deliveries.add(result.delivered);
        if result.is_behind {
            self.behind.push_back(self.key(slot));
        }
        if let Some(position) = result.ended {
            return self.end_place(slot, position, result.close, now);
        }
        match result.close {
            Ok(()) => self.flush_delivery(slot, now),
            close => self.settle(slot, close, now),
        }
    }

    /// The hot path of [`Shard::settle`]: nothing was asked for and nothing ends.
    fn flush_delivery(&mut self, slot: u32, now: Now) {
        if self.flush(slot, now).is_err() {
            self.remove(slot, now);
        } else if self
            .connections
            .get(slot as usize)
            .is_some_and(|c| c.backlog.is_some())
        {
            self.arm(slot);
        }
    }

    fn end_place(&mut self, slot: u32, position: usize, close: Result<(), Close>, now: Now) {
        self.leave(slot, position, now);
        self.settle(slot, close, now);
    }

    /// Reads on from the engine for a connection that is behind in one of its places.
    fn catch_up(&mut self, key: Key, now: Now) {
        let Some(slot) = self.find(key) else {
            return;
        };
        let Some(Connection {
            state: State::Held(held),
            backlog: None,
            ..
        }) = self.connections.get_mut(slot as usize)
        else {
            return;
        };
        if held.fetching > 0 {
            return;
        }
        let mut pages = Vec::new();
        let mut later = Vec::new();
        let limit = share(held.protocol.appetite(), held.subscriptions.len());
        for (index, subscription) in held.subscriptions.iter().enumerate() {
            let place = &subscription.place;
            if !place.is_before(self.channels.newest(subscription.channel)) {
                continue;
            }
            match self
                .hub
                .read(place.channel(), place.start(), limit, now.wall)
            {
                Pending::Ready(Ok(page)) => pages.push((index, page)),
                pending => later.push((subscription.channel, pending)),
            }
        }
        held.fetching = u16::try_from(later.len()).unwrap_or(u16::MAX);
        self.give(slot, pages, now);
        for (channel, pending) in later {
            self.defer(slot, now, pending, move |page| Outcome::Page {
                channel,
                page,
            });
        }
    }

    /// A page that the engine gave later.
    pub(super) fn page_arrived(
        &mut self,
        slot: u32,
        channel: u32,
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
        held.fetching = held.fetching.saturating_sub(1);
        let Some(index) = held.index_of(channel) else {
            return;
        };
        match page {
            Ok(page) => self.give(slot, vec![(index, page)], now),
            // The reader keeps its cursor and its connection, and tries again.
            Err(error) => {
                tracing::debug!(%error, "a subscriber could not read on");
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
        let mut out = Outbox {
            now,
            http: held.http,
            contents: &mut self.contents,
        };
        let had_pages = !pages.is_empty();
        let mut given = Given::default();
        let mut result = held.give(&mut pages, &mut given, &mut out);
        let has_more = held.fetching > 0
            || held
                .subscriptions
                .iter()
                .any(|s| s.place.is_before(self.channels.newest(s.channel)))
            || given.has_more;
        if result.is_ok() && !has_more && !held.is_live {
            held.is_live = true;
            result = held.protocol.caught_up(&mut out);
        }
        self.metrics.deliveries.add(given.messages);
        self.metrics.gaps.add(given.gaps);
        self.settle(slot, result, now);
        if has_more && had_pages {
            self.behind.push_back(self.key(slot));
        }
    }
}

/// What became of a batch of work for one member.
struct Worked {
    delivered: u64,
    is_behind: bool,
    /// The subscription that the hub has ended.
    ended: Option<usize>,
    close: Result<(), Close>,
}

#[derive(Default)]
struct Given {
    messages: u64,
    gaps: u64,
    has_more: bool,
}

impl Held {
    fn work(&mut self, channel: u32, batch: &[Work], out: &mut Outbox<'_>) -> Worked {
        let mut worked = Worked {
            delivered: 0,
            is_behind: false,
            ended: None,
            close: Ok(()),
        };
        let Some(index) = self.index_of(channel) else {
            return worked;
        };
        for work in batch {
            match work {
                Work::CatchUp => worked.is_behind = true,
                Work::Deliver(_) if worked.is_behind => {}
                Work::Deliver(message) => match self.subscriptions[index].place.judge(message) {
                    Standing::Behind => worked.is_behind = true,
                    Standing::Next => {
                        worked.delivered += 1;
                        let at = At {
                            subscriptions: &self.subscriptions,
                            index,
                        };
                        worked.close = self.protocol.deliver(message, at, out);
                    }
                    Standing::Seen => {}
                },
                Work::End { before, reason } if self.subscriptions[index].seat.ticket < *before => {
                    worked.ended = Some(index);
                    let at = At {
                        subscriptions: &self.subscriptions,
                        index,
                    };
                    worked.close = self.protocol.ended(*reason, at, out);
                }
                Work::End { .. } => {}
            }
            if worked.close.is_err() || worked.ended.is_some() {
                break;
            }
        }
        worked
    }

    /// Gives what the pages hold, in the order of the ids over all channels.
    fn give(
        &mut self,
        pages: &mut Vec<(usize, Page)>,
        given: &mut Given,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        while let Some(turn) = earliest(pages) {
            let (index, page) = &mut pages[turn];
            let index = *index;
            let Some(step) = self.subscriptions[index].place.follow(page) else {
                given.has_more |= page.has_more;
                pages.swap_remove(turn);
                continue;
            };
            let at = At {
                subscriptions: &self.subscriptions,
                index,
            };
            match step {
                Step::Gap(gap) => {
                    given.gaps += 1;
                    if self.is_live && self.laggard == Laggard::Close {
                        return Err(self.protocol.farewell(Farewell::Behind, out));
                    }
                    self.protocol.gap(&gap, at, out)?;
                }
                Step::Message(message) => {
                    given.messages += 1;
                    self.protocol.deliver(&message, at, out)?;
                }
            }
        }
        Ok(())
    }
}

/// The page whose next message has the smallest id; pages without messages come last.
fn earliest(pages: &[(usize, Page)]) -> Option<usize> {
    let next = |page: &Page| page.messages.front().map(|message| Reverse(message.id()));
    (0..pages.len()).max_by_key(|turn| next(&pages[*turn].1))
}

/// Divides what a connection may read at once among its places.
fn share(limit: PageLimit, places: usize) -> PageLimit {
    let places = places.max(1);
    PageLimit {
        messages: (limit.messages / places).max(1),
        bytes: (limit.bytes / places).max(1),
    }
}

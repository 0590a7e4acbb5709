//! Which connections of a shard listen to which channel.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use fanfare_hub::{ChannelName, EndReason, Message, Telling, Ticket};
use slab::Slab;

/// Work of one channel that waits for its walk. A publisher may be faster than the walk through a
/// large crowd for a while; beyond 4096 the crowd reads on from the engine, and memory stays
/// bounded however long it lasts.
const WAITING_MAX: usize = 4096;

/// Payload bytes of one channel that wait for its walk, beyond one message; handled like
/// [`WAITING_MAX`].
const WAITING_BYTES_MAX: usize = 8 << 20;

/// Every channel that a connection of this shard listens to.
#[derive(Debug, Default)]
pub(super) struct Channels {
    names: HashMap<ChannelName, u32>,
    table: Slab<Channel>,
    /// Channels with work waiting, in the order in which they get their turn.
    busy: VecDeque<u32>,
}

/// One channel, as a shard sees it.
#[derive(Debug)]
pub(super) struct Channel {
    name: ChannelName,
    /// Slots of the connections that listen.
    pub(super) members: Vec<u32>,
    waiting: VecDeque<Work>,
    /// Invariant: payload bytes of the messages in `waiting`.
    waiting_bytes: usize,
    walk: Option<Walk>,
}

/// Something to do for every member.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// Read on from the engine.
    CatchUp,
    /// End subscriptions older than the ticket.
    End {
        before: Ticket,
        reason: EndReason,
        #[expect(
            dead_code,
            reason = "what counts is when it is dropped: after the walk"
        )]
        telling: Option<Arc<Telling>>,
    },
    /// Deliver a message.
    Deliver(Arc<Message>),
}

/// Work on its way through the members, from the last to the first: so a member that is moved
/// into the place of one that leaves has had its turn already, and a new one at the end has read
/// for itself.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) batch: Vec<Work>,
    /// Members below this index are still to be visited.
    pub(super) left: usize,
}

impl Channels {
    /// Adds a member; returns the index of the channel and that of the member.
    pub(super) fn add(&mut self, name: &ChannelName, slot: u32) -> (u32, u32) {
        let index = match self.names.get(name) {
            Some(index) => *index,
            None => self.open(name.clone()),
        };
        let members = &mut self.table[index as usize].members;
        members.push(slot);
        (index, small(members.len() - 1))
    }

    /// Takes a member out; returns the slot that now stands in its place, if another was moved
    /// there. The last one out removes the channel.
    pub(super) fn remove(&mut self, channel: u32, member: u32) -> Option<u32> {
        let entry = self.table.get_mut(channel as usize)?;
        entry.members.swap_remove(member as usize);
        let moved = entry.members.get(member as usize).copied();
        if entry.members.is_empty() {
            let entry = self.table.remove(channel as usize);
            self.names.remove(&entry.name);
            self.busy.retain(|busy| *busy != channel);
        } else if entry.members.len() * 4 < entry.members.capacity() {
            entry.members.shrink_to(entry.members.len() * 2);
        }
        moved
    }

    pub(super) fn index(&self, name: &ChannelName) -> Option<u32> {
        self.names.get(name).copied()
    }

    pub(super) fn get_mut(&mut self, channel: u32) -> Option<&mut Channel> {
        self.table.get_mut(channel as usize)
    }

    /// Adds work for all members of a channel; nothing if it has none here.
    pub(super) fn add_work(&mut self, name: &ChannelName, work: Work) {
        let Some(index) = self.index(name) else {
            return;
        };
        let channel = &mut self.table[index as usize];
        if channel.is_idle() {
            self.busy.push_back(index);
        }
        channel.add_work(work);
    }

    /// The channel whose turn it is.
    pub(super) fn next_busy(&mut self) -> Option<u32> {
        self.busy.pop_front()
    }

    /// Puts a channel whose turn is over at the end of the queue if it has more to do.
    pub(super) fn turn_over(&mut self, index: u32) {
        if self
            .table
            .get(index as usize)
            .is_some_and(|channel| !channel.is_idle())
        {
            self.busy.push_back(index);
        }
    }

    pub(super) fn has_work(&self) -> bool {
        !self.busy.is_empty()
    }

    fn open(&mut self, name: ChannelName) -> u32 {
        let index = small(self.table.insert(Channel::new(name.clone())));
        self.names.insert(name, index);
        index
    }
}

impl Channel {
    fn new(name: ChannelName) -> Self {
        Self {
            name,
            members: Vec::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            walk: None,
        }
    }

    fn add_work(&mut self, work: Work) {
        let bytes = work.bytes();
        let has_room = self.waiting.len() < WAITING_MAX
            && (self.waiting_bytes + bytes <= WAITING_BYTES_MAX || self.waiting_bytes == 0);
        let work = match work {
            Work::Deliver(_) if !has_room => Work::CatchUp,
            work => work,
        };
        if matches!(work, Work::CatchUp) && matches!(self.waiting.back(), Some(Work::CatchUp)) {
            return;
        }
        self.waiting_bytes += work.bytes();
        self.waiting.push_back(work);
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.walk.is_none()
    }

    /// The walk under way, or a new one over the next batch of what waits.
    pub(super) fn take_walk(&mut self, messages_max: usize, bytes_max: usize) -> Option<Walk> {
        if self.walk.is_none() && !self.waiting.is_empty() {
            let batch = self.take_batch(messages_max, bytes_max);
            self.walk = Some(Walk {
                batch,
                left: self.members.len(),
            });
        }
        self.walk.take()
    }

    /// Puts a walk back that has members left to visit.
    pub(super) fn put_walk(&mut self, walk: Walk) {
        if walk.left > 0 {
            self.walk = Some(walk);
        }
    }

    fn take_batch(&mut self, messages_max: usize, bytes_max: usize) -> Vec<Work> {
        let mut bytes = 0;
        let mut count = 0;
        for work in self.waiting.iter().take(messages_max) {
            bytes += work.bytes();
            if count > 0 && bytes > bytes_max {
                break;
            }
            count += 1;
        }
        let batch: Vec<Work> = self.waiting.drain(..count).collect();
        self.waiting_bytes -= batch.iter().map(Work::bytes).sum::<usize>();
        batch
    }
}

impl Work {
    fn bytes(&self) -> usize {
        match self {
            Self::Deliver(message) => message.payload().len(),
            Self::CatchUp | Self::End { .. } => 0,
        }
    }
}

fn small(index: usize) -> u32 {
    u32::try_from(index).expect("subscriptions of a shard are counted in 32 bits")
}

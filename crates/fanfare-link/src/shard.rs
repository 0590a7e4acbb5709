//! One thread's connections: a state machine without threads, clocks or system calls of its own.
//!
//! A driver tells it what happened ([`Shard::readable`], [`Shard::writable`], [`Shard::tick`],
//! [`Shard::turn`], …) and takes from it what it cannot do itself ([`Shard::take_output`]). The
//! reactor drives it with TCP sockets, the simulation with a network of its own making.
//!
//! Sketch of the costs. An idle subscriber: one slot of about 100 bytes, its protocol (a box of 16
//! to 64), one subscription of 64, four bytes in the channel's list and four in the wheel; no
//! buffer. A delivery: one index into the slot table, one virtual call that pushes a shared frame,
//! one `send`.

mod channels;
mod delivery;
mod intake;
mod waking;

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{EngineError, Hub, Inbox, Item, Page, PublishError, Receipt, Ticket};
use slab::Slab;

use self::channels::Channels;
use crate::connection::{Connection, Held, State};
use crate::front::{Front, Verdict};
use crate::head::Refusal;
use crate::limits::{LinkLimits, SCRATCH_BYTES, TURNED_AWAY_MAX};
use crate::metrics::ShardMetrics;
use crate::outbox::{Contents, Outbox, Request};
use crate::protocol::{Answer, Close, Farewell, Loss};
use crate::reply::Http;
use crate::wake::{Bell, Wakes};
use crate::wheel::{Timer, Wheel};
use crate::{Now, Socket, Tick};
use crate::{backlog, reply};

/// Seconds that a connection lingers after we have closed our side. Long enough for the last bytes
/// to cross any network, short enough not to collect idle sockets.
const LINGER_SECONDS: u32 = 2;

/// Time for a verdict that comes later. Whoever decides asks an engine, and an engine that takes
/// longer is not there: the client had better try again.
const VERDICT_TIME: Duration = Duration::from_secs(10);

/// The connections of one thread.
pub struct Shard<S> {
    hub: Hub,
    front: Arc<dyn Front>,
    inbox: Arc<Inbox>,
    wakes: Arc<Wakes>,
    limits: LinkLimits,
    metrics: Arc<ShardMetrics>,
    connections: Slab<Connection<S>>,
    /// The last one given to a connection or a hold.
    number: u32,
    channels: Channels,
    /// Connections with something to read that did not come from the kernel, or that had more to
    /// read than one turn allows.
    ready: VecDeque<Key>,
    /// Connections that read on from the engine.
    behind: VecDeque<Key>,
    /// Connections whose peers have ended, and that have something under way.
    ended: VecDeque<Key>,
    /// Bells that have been rung and wait for their turn.
    woken: VecDeque<Arc<Bell>>,
    /// Connections whose engine failed them; they try again at the next tick.
    stalled: Vec<Key>,
    wheel: Wheel,
    /// Timers that have come up, to be looked at in turns: those of a crowd that came together
    /// come up together.
    due: VecDeque<Timer>,
    items: Vec<Item>,
    contents: Contents,
    scratch: Vec<u8>,
    /// Connections that keep unused bytes.
    keeping: usize,
    output: Output<S>,
    is_draining: bool,
}

/// Names one connection for as long as it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    slot: u32,
    generation: u32,
}

/// What a shard cannot do itself.
pub struct Output<S> {
    /// Connections that now belong to the fallback, with the bytes read from them.
    pub handovers: Vec<Handover<S>>,
    /// Answers that come later: await each and give it to [`Shard::complete`].
    pub deferred: Vec<Deferred>,
}

/// A connection with a request that is not ours.
#[derive(Debug)]
pub struct Handover<S> {
    /// The connection.
    pub socket: S,
    /// Everything read from it and not used: a whole request head and perhaps more.
    pub received: Bytes,
}

/// An answer that comes later.
pub type Deferred = Pin<Box<dyn Future<Output = Completion> + Send>>;

/// The answer, when it has come.
#[derive(Debug)]
pub struct Completion {
    key: Key,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    Page {
        ticket: Ticket,
        page: Result<Page, EngineError>,
    },
    Published {
        /// The one that asked for it, by [`Held::number`].
        asker: Option<u32>,
        tag: u32,
        outcome: Result<Receipt, PublishError>,
    },
    Verdict(Verdict),
}

impl<S: Socket> Shard<S> {
    /// A shard without connections. `inbox` must wake the driver, which then calls
    /// [`Shard::turn`]. `seed` varies the jitter between shards.
    pub fn new(
        hub: Hub,
        front: Arc<dyn Front>,
        inbox: Arc<Inbox>,
        limits: LinkLimits,
        seed: u64,
        now: Now,
    ) -> Self {
        let wakes = Wakes::new(Arc::clone(&inbox));
        Self {
            hub,
            front,
            inbox,
            wakes: Arc::clone(&wakes),
            limits,
            metrics: Arc::default(),
            connections: Slab::new(),
            number: 0,
            channels: Channels::default(),
            ready: VecDeque::new(),
            behind: VecDeque::new(),
            ended: VecDeque::new(),
            woken: VecDeque::new(),
            stalled: Vec::new(),
            wheel: Wheel::new(now.tick),
            due: VecDeque::new(),
            items: Vec::new(),
            contents: Contents::new(seed, wakes),
            scratch: vec![0; SCRATCH_BYTES],
            keeping: 0,
            output: Output {
                handovers: Vec::new(),
                deferred: Vec::new(),
            },
            is_draining: false,
        }
    }

    /// What the shard counts.
    pub fn metrics(&self) -> &Arc<ShardMetrics> {
        &self.metrics
    }

    /// Connections now in the table.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// True without connections.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Takes in a connection that is about to send a request, or has sent some of it: `received`
    /// are the bytes read from it already.
    pub fn accept(&mut self, socket: S, received: &[u8], now: Now) -> Key {
        let key = self.insert(socket, now);
        if !received.is_empty() && self.keep(key.slot, received, now) {
            self.wake(key.slot);
        }
        key
    }

    /// Takes back a connection that was handed over, between two requests: `received` are the bytes
    /// read from it and not used.
    pub fn take_back(&mut self, socket: S, received: &[u8], now: Now) -> Key {
        let key = self.accept(socket, received, now);
        if let Some(connection) = self.connections.get_mut(key.slot as usize) {
            connection.is_new = false;
        }
        key
    }

    /// Takes in a connection whose request has been decided elsewhere (HTTP/2): what the protocol
    /// answers goes to [`Socket::respond`], what it writes to [`Socket::send`].
    pub fn adopt(&mut self, socket: S, hold: crate::Hold, now: Now) -> Key {
        let key = self.insert(socket, now);
        self.hold(key.slot, hold, Http::Two, now);
        key
    }

    /// Refuses a connection because the node is full: says so, and stays until the peer has read
    /// it. `None` when too many stay already: then it is closed at once.
    pub fn turn_away_connection(&mut self, mut socket: S, now: Now) -> Option<Key> {
        self.metrics.turned_away.add(1);
        let mut frames = Vec::new();
        let http = Http::One {
            minor: 1,
            keep_alive: false,
        };
        reply::write(Refusal::Full.response(), http, now, &mut frames);
        // One try: whoever does not take a few hundred bytes at once is not worth a slot.
        let _ = backlog::flush(&mut socket, &mut frames);
        let has_room = self.connections.len() < self.limits.connections_max + TURNED_AWAY_MAX;
        has_room.then(|| self.part(socket, now))
    }

    /// Takes in a connection on which everything has been said, until its peer closes it too.
    pub fn part(&mut self, mut socket: S, now: Now) -> Key {
        socket.finish();
        let key = self.insert(socket, now);
        self.finish(key.slot, Close::HangUp, now);
        key
    }

    /// The connection's socket, to be registered with a selector.
    pub fn socket_mut(&mut self, key: Key) -> Option<&mut S> {
        let slot = self.find(key)?;
        self.connections
            .get_mut(slot as usize)
            .map(|c| &mut c.socket)
    }

    /// The socket takes bytes again.
    pub fn writable(&mut self, key: Key, now: Now) {
        let Some(slot) = self.find(key) else {
            return;
        };
        let connection = &mut self.connections[slot as usize];
        let Some(backlog) = &mut connection.backlog else {
            return;
        };
        let before = backlog.bytes();
        let drained = backlog.drain(&mut connection.socket);
        let taken = before - backlog.bytes();
        self.metrics.backlog_bytes.subtract(taken as u64);
        if taken > 0 {
            connection.since = now.tick;
        }
        match drained {
            Ok(false) => {}
            Ok(true) => self.drained(slot, now),
            Err(_) => self.lose(slot, Loss::Failed, now),
        }
    }

    /// The peer is gone.
    pub fn hung_up(&mut self, key: Key, now: Now) {
        if let Some(slot) = self.find(key) {
            self.lose(slot, Loss::Failed, now);
        }
    }

    /// Finds what is due. Call it at least once per tick, and [`Shard::turn`] after it.
    pub fn tick(&mut self, now: Now) {
        self.wheel.advance(now.tick, &mut self.due);
        for key in std::mem::take(&mut self.stalled) {
            if let Some(slot) = self.find(key) {
                self.read_on(slot);
            }
        }
    }

    /// An answer that was deferred has come.
    pub fn complete(&mut self, completion: Completion, now: Now) {
        let Some(slot) = self.find(completion.key) else {
            return;
        };
        match completion.outcome {
            Outcome::Page { ticket, page } => self.page_arrived(slot, ticket, page, now),
            Outcome::Published {
                asker,
                tag,
                outcome,
            } => self.call(slot, now, |held, out| {
                if asker != Some(held.number) {
                    return Ok(());
                }
                held.protocol
                    .answer(Answer::Published { tag, outcome }, out)
            }),
            Outcome::Verdict(verdict) => self.decided(slot, verdict, now),
        }
    }

    /// What the driver has to do for the shard.
    pub fn take_output(&mut self) -> Output<S> {
        let empty = Output {
            handovers: Vec::new(),
            deferred: Vec::new(),
        };
        std::mem::replace(&mut self.output, empty)
    }

    /// Goes on closing connections: tells up to `count` of them goodbye. From the first call on,
    /// no connection is kept for another request, and one whose request waits for its verdict goes
    /// when it has got it. Returns how many are left.
    pub fn drain(&mut self, count: usize, now: Now) -> usize {
        self.is_draining = true;
        let slots: Vec<usize> = self
            .connections
            .iter()
            .filter(|(_, c)| matches!(c.state, State::Head | State::Held(_)))
            .map(|(slot, _)| slot)
            .take(count)
            .collect();
        for slot in slots {
            let slot = u32::try_from(slot).unwrap_or(u32::MAX);
            self.say_farewell(slot, Farewell::Shutdown, now);
        }
        self.connections.len()
    }

    fn insert(&mut self, socket: S, now: Now) -> Key {
        let generation = self.next_number();
        let slot = self
            .connections
            .insert(Connection::new(socket, generation, now.tick));
        let slot = u32::try_from(slot).expect("descriptors are counted in 32 bits");
        self.metrics.connections.add(1);
        self.arm(slot);
        Key { slot, generation }
    }

    /// A number that the shard has not used lately.
    fn next_number(&mut self) -> u32 {
        self.number = self.number.wrapping_add(1);
        self.number
    }

    fn find(&self, key: Key) -> Option<u32> {
        let connection = self.connections.get(key.slot as usize)?;
        (connection.generation == key.generation).then_some(key.slot)
    }

    fn key(&self, slot: u32) -> Key {
        let generation = self
            .connections
            .get(slot as usize)
            .map_or(0, |c| c.generation);
        Key { slot, generation }
    }

    /// Calls the protocol of a held connection, then writes and does what it asked for.
    fn call(
        &mut self,
        slot: u32,
        now: Now,
        act: impl FnOnce(&mut Held, &mut Outbox<'_>) -> Result<(), Close>,
    ) {
        let Some(connection) = self.connections.get_mut(slot as usize) else {
            return;
        };
        let State::Held(held) = &mut connection.state else {
            return;
        };
        let mut out = held.outbox(slot, &mut self.contents, now);
        let result = contained(|| act(held, &mut out));
        self.settle(slot, result, now);
    }

    /// Writes what is in the outbox, does what was asked for, and closes if that was the result.
    fn settle(&mut self, slot: u32, result: Result<(), Close>, now: Now) {
        if result == Err(Close::Abort) {
            self.contents.clear();
            return self.abort(slot, now);
        }
        if result.is_err() {
            // Before the last bytes go: whoever has its answer is not held any more, and no
            // publisher may find it counted.
            self.vacate_all(slot, now);
        }
        if let Err(loss) = self.flush(slot, now) {
            self.contents.clear();
            return match result {
                Ok(()) => self.lose(slot, loss, now),
                Err(_) => self.remove(slot, now),
            };
        }
        for request in std::mem::take(&mut self.contents.requests) {
            self.fulfil(slot, request, now);
        }
        match result {
            Err(close) => self.finish(slot, close, now),
            Ok(()) => self.arm(slot),
        }
    }

    /// Writes the outbox to the socket, or to the end of its backlog.
    fn flush(&mut self, slot: u32, now: Now) -> Result<(), Loss> {
        let Some(connection) = self.connections.get_mut(slot as usize) else {
            self.contents.clear();
            return Ok(());
        };
        if let Some(response) = self.contents.response.take() {
            connection.socket.respond(response);
        }
        let frames = &mut self.contents.frames;
        if frames.is_empty() {
            return Ok(());
        }
        if let Some(backlog) = &mut connection.backlog {
            let before = backlog.bytes();
            backlog.extend(frames.drain(..));
            self.metrics
                .backlog_bytes
                .add((backlog.bytes() - before) as u64);
            let is_over = before > self.limits.backlog_bytes_max;
            return if is_over {
                Err(self.slow_reader())
            } else {
                Ok(())
            };
        }
        let left = backlog::flush(&mut connection.socket, frames).map_err(|_| Loss::Failed)?;
        if let Some(backlog) = left {
            self.metrics.backlog_bytes.add(backlog.bytes() as u64);
            connection.backlog = Some(Box::new(backlog));
            connection.since = now.tick;
        }
        Ok(())
    }

    fn slow_reader(&self) -> Loss {
        self.metrics.slow_readers_cut.add(1);
        Loss::TooSlow
    }

    /// Lets a connection use what was kept or left unread when its turn comes.
    fn wake(&mut self, slot: u32) {
        let key = self.key(slot);
        if let Some(connection) = self.connections.get_mut(slot as usize)
            && !std::mem::replace(&mut connection.is_ready, true)
        {
            self.ready.push_back(key);
        }
    }

    /// Lets a connection read what it did not want before.
    fn wake_unread(&mut self, slot: u32) {
        let unread = |c: &Connection<S>| c.has_unread || c.carry.is_some();
        if self.connections.get(slot as usize).is_some_and(unread) {
            self.wake(slot);
        }
    }

    /// Ends what the connection was doing, once everything is written.
    fn finish(&mut self, slot: u32, close: Close, now: Now) {
        self.release(slot, now);
        let is_draining = self.is_draining;
        let Some(connection) = self.connections.get_mut(slot as usize) else {
            return;
        };
        let keeps_alive = match &connection.state {
            State::Held(held) => held.http.keep_alive(),
            _ => close == Close::Finished,
        };
        let close = if keeps_alive && !is_draining {
            close
        } else {
            close.max_hang_up()
        };
        connection.since = now.tick;
        connection.is_new = false;
        let next = if connection.backlog.is_some() {
            State::Closing(close)
        } else if close == Close::Finished {
            State::Head
        } else {
            connection.socket.finish();
            State::Lingering
        };
        dispose(std::mem::replace(&mut connection.state, next));
        if close != Close::Finished {
            // Nobody will look at another request.
            self.take_kept(slot);
        }
        // Also when it lingers: closing over unread bytes makes the kernel reset the connection,
        // and the peer may lose what it was sent last.
        self.wake_unread(slot);
        self.arm(slot);
    }

    fn say_farewell(&mut self, slot: u32, farewell: Farewell, now: Now) {
        let state = self
            .connections
            .get_mut(slot as usize)
            .map(|c| &mut c.state);
        if let Some(State::Held(held)) = state {
            // Its last answer says so.
            held.http = held.http.without_keep_alive();
            self.call(slot, now, |held, out| {
                Err(held.protocol.farewell(farewell, out))
            });
        } else {
            self.finish(slot, Close::HangUp, now);
        }
    }

    /// Drops a connection in a way that its peer notices.
    fn abort(&mut self, slot: u32, now: Now) {
        if let Some(connection) = self.connections.get_mut(slot as usize) {
            connection.socket.reset();
        }
        self.remove(slot, now);
    }

    /// Drops a connection.
    fn remove(&mut self, slot: u32, now: Now) {
        self.release(slot, now);
        self.take_kept(slot);
        if let Some(connection) = self.connections.try_remove(slot as usize) {
            self.forget(&connection);
            dispose(connection);
        }
    }

    fn forget(&self, connection: &Connection<S>) {
        self.metrics.connections.subtract(1);
        let waiting = connection.backlog.as_ref().map_or(0, |b| b.bytes());
        self.metrics.backlog_bytes.subtract(waiting as u64);
    }

    /// Does what a protocol asked for.
    fn fulfil(&mut self, slot: u32, request: Request, now: Now) {
        match request {
            Request::Publish {
                tag,
                channel,
                draft,
            } => {
                let asker = self.connections.get(slot as usize).and_then(holder);
                let pending = self.hub.publish(&channel, draft, now.wall);
                self.defer(self.key(slot), now, pending, move |outcome| {
                    Outcome::Published {
                        asker,
                        tag,
                        outcome,
                    }
                });
            }
            Request::Subscribe {
                tag,
                channel,
                start,
            } => {
                let outcome = self.subscribe(slot, channel, start, now);
                self.call(slot, now, |held, out| {
                    held.protocol
                        .answer(Answer::Subscribed { tag, outcome }, out)
                });
                self.read_on(slot);
            }
            Request::TellWhenDrained => self.tell_when_drained(slot, now),
            Request::Unsubscribe { tag, channel } => {
                let found = self.unsubscribe(slot, &channel, now);
                self.call(slot, now, |held, out| {
                    held.protocol
                        .answer(Answer::Unsubscribed { tag, found }, out)
                });
            }
        }
    }

    /// Completes now if the answer is there, or lets the driver wait for it.
    fn defer<T: Send + 'static>(
        &mut self,
        key: Key,
        now: Now,
        pending: fanfare_hub::Pending<T>,
        outcome: impl FnOnce(T) -> Outcome + Send + 'static,
    ) {
        match pending {
            fanfare_hub::Pending::Ready(answer) => self.complete(
                Completion {
                    key,
                    outcome: outcome(answer),
                },
                now,
            ),
            fanfare_hub::Pending::Later(future) => {
                self.output.deferred.push(Box::pin(async move {
                    Completion {
                        key,
                        outcome: outcome(future.await),
                    }
                }))
            }
        }
    }

    /// Makes sure that the wheel wakes the connection in time for its next deadline.
    fn arm(&mut self, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot as usize) else {
            return;
        };
        let Some(due) = deadline(connection, &self.limits) else {
            return;
        };
        if connection.alarm.is_none_or(|alarm| due < alarm) {
            connection.alarm = Some(self.wheel.schedule(slot, due));
        }
    }

    /// The wheel woke a connection, which may have moved its deadline since.
    fn alarm(&mut self, timer: Timer, now: Now) {
        let Some(connection) = self.connections.get_mut(timer.slot as usize) else {
            return;
        };
        if connection.alarm != Some(timer.at) {
            // Of an earlier connection in this slot, or of a deadline that was moved ahead.
            return;
        }
        connection.alarm = None;
        if deadline(connection, &self.limits).is_some_and(|due| due <= now.tick) {
            self.expire(timer.slot, now);
        }
        self.arm(timer.slot);
    }

    fn expire(&mut self, slot: u32, now: Now) {
        let connection = &mut self.connections[slot as usize];
        if connection.backlog.is_some() {
            connection.socket.reset();
            let loss = self.slow_reader();
            return self.lose(slot, loss, now);
        }
        match &connection.state {
            State::Head if connection.carry.is_some() => self.refuse(slot, Refusal::TooSlow, now),
            State::Closing(_) | State::Head | State::Lingering => self.remove(slot, now),
            State::Held(_) => self.call(slot, now, |held, out| held.protocol.tick(out)),
            State::Waiting { .. } => self.refuse(slot, Refusal::Undecided, now),
        }
    }
}

/// The number of the hold that a connection is in.
fn holder<S>(connection: &Connection<S>) -> Option<u32> {
    match &connection.state {
        State::Held(held) => Some(held.number),
        _ => None,
    }
}

/// Runs code of a protocol. If it panics its connection is dropped: the fault is ours, but nobody
/// else's connection shall pay for it. What it may have left half done is only its own value, which
/// goes with the connection, and the outbox, which is cleared.
fn contained(act: impl FnOnce() -> Result<(), Close>) -> Result<(), Close> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_panic| {
        // The panic hook has told what and where.
        tracing::error!("a protocol panicked; its connection is dropped");
        Err(Close::Abort)
    })
}

/// Drops what may have a protocol in it, whose [`Drop`] is its own code too.
fn dispose<T>(over: T) {
    // Whatever comes of it, it is gone.
    let _ = contained(|| {
        drop(over);
        Ok(())
    });
}

/// When a connection next wants attention without having been spoken to.
fn deadline<S>(connection: &Connection<S>, limits: &LinkLimits) -> Option<Tick> {
    if connection.backlog.is_some() {
        return Some(connection.since.after(limits.write_time));
    }
    match &connection.state {
        State::Closing(_) => None,
        State::Waiting { .. } => Some(connection.since.after(VERDICT_TIME)),
        State::Head if connection.is_new || connection.carry.is_some() => {
            Some(connection.since.after(limits.head_time))
        }
        State::Head => Some(connection.since.after(limits.keep_alive_time)),
        State::Held(held) => held.protocol.deadline(),
        State::Lingering => Some(Tick(connection.since.0.saturating_add(LINGER_SECONDS))),
    }
}

impl Close {
    /// The same end, but not for another request.
    fn max_hang_up(self) -> Self {
        match self {
            Self::Abort => Self::Abort,
            Self::Finished | Self::HangUp => Self::HangUp,
        }
    }
}

impl Key {
    /// As one word, for a selector's token.
    pub fn to_token(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.slot)
    }

    /// From [`Key::to_token`].
    pub fn from_token(token: u64) -> Self {
        let [slot, generation] =
            [token & 0xffff_ffff, token >> 32].map(|half| u32::try_from(half).unwrap_or(0));
        Self { slot, generation }
    }
}

impl<S> fmt::Debug for Output<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} handovers, {} deferred",
            self.handovers.len(),
            self.deferred.len()
        )
    }
}

impl<S> fmt::Debug for Shard<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shard")
            .field("connections", &self.connections.len())
            .finish_non_exhaustive()
    }
}

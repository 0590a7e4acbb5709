//! From bytes to requests, and from requests to held connections.

use std::io;

use bytes::Bytes;
use fanfare_hub::{ChannelName, Place, Start};
use http::{Response, StatusCode};

use super::{Completion, Handover, Key, Outcome, Shard};
use crate::connection::{Connection, Held, State, Subscription};
use crate::front::{Framing, Hold, Verdict, Via};
use crate::head::{self, Head, Refusal};
use crate::limits::{READS_PER_TURN, SCRATCH_BYTES};
use crate::protocol::{Close, Loss, Reads, SubscribeError};
use crate::reply::{self, Http};
use crate::{Now, Socket};

/// Requests of one connection that are looked at before others get a turn. Somebody who pipelines
/// has more than a few at a time only to keep a shard busy.
const REQUESTS_PER_READ: usize = 16;

/// How far to read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// To where the socket says that there is no more.
    Blocked,
    /// To a read that did not fill the buffer.
    Short,
}

impl<S: Socket> Shard<S> {
    /// The socket has bytes, or its end has come.
    pub fn readable(&mut self, key: Key, now: Now) {
        self.read(key, Until::Blocked, now);
    }

    /// The socket has bytes, and its end has not come: if it had, or comes, the driver is told
    /// anew. So a read that leaves room has taken everything, and no second one has to find out.
    pub fn readable_before_end(&mut self, key: Key, now: Now) {
        self.read(key, Until::Short, now);
    }

    fn read(&mut self, key: Key, until: Until, now: Now) {
        for _ in 0..READS_PER_TURN {
            let Some(slot) = self.find(key) else {
                return;
            };
            let connection = &mut self.connections[slot as usize];
            let room = room(connection, self.limits.head_bytes_max).min(SCRATCH_BYTES);
            if room == 0 {
                connection.has_unread = true;
                return;
            }
            let mut scratch = std::mem::take(&mut self.scratch);
            let received = connection.socket.receive(&mut scratch[..room]);
            match &received {
                Ok(0) => self.peer_ended(slot, now),
                Ok(length) => self.feed(key, &mut scratch[..*length], now),
                Err(error) if may_try_again(error) => {}
                Err(_) => self.lose(slot, Loss::Failed, now),
            }
            self.scratch = scratch;
            match received {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Ok(0) => return,
                Ok(length) if until == Until::Short && length < room => return,
                _ => {}
            }
        }
        if let Some(slot) = self.find(key) {
            self.wake(slot);
        }
    }

    /// The peer sends no more. Whoever closes half of a connection after its request, as `nc -N`
    /// does, gets what there is to have; whoever has closed all of it looks the same from here, so
    /// nobody is kept waiting for more.
    fn peer_ended(&mut self, slot: u32, now: Now) {
        if self.connections.get(slot as usize).is_some_and(is_busy) {
            let key = self.key(slot);
            self.ended.push_back(key);
        } else {
            self.lose(slot, Loss::Closed, now);
        }
    }

    /// Drops the connections whose peers have ended and that have got what there was.
    pub(super) fn drop_ended(&mut self, now: Now) {
        for _ in 0..self.ended.len() {
            if let Some(key) = self.ended.pop_front()
                && let Some(slot) = self.find(key)
            {
                self.peer_ended(slot, now);
            }
        }
    }

    /// A connection in the ready queue: first what was kept, then what the socket has.
    pub(super) fn resume(&mut self, key: Key, now: Now) {
        let Some(slot) = self.find(key) else {
            return;
        };
        let connection = &mut self.connections[slot as usize];
        connection.is_ready = false;
        connection.has_unread = false;
        if connection.carry.is_some() {
            self.feed(key, &mut [], now);
        }
        self.readable(key, now);
    }

    /// Gives bytes to whatever the connection is doing. A head comes behind what was kept of it.
    fn feed(&mut self, key: Key, bytes: &mut [u8], now: Now) {
        let Some(slot) = self.find(key) else {
            return;
        };
        if !matches!(self.connections[slot as usize].state, State::Head) {
            return self.spend(key, bytes, now);
        }
        match self.take_kept(slot) {
            Some(mut kept) => {
                kept.extend_from_slice(bytes);
                self.spend(key, &mut kept, now);
            }
            None => {
                self.connections[slot as usize].since = now.tick;
                self.spend(key, bytes, now);
            }
        }
    }

    /// Gives bytes to whatever the connection is doing, until they are used up or it has had its
    /// share of answers.
    fn spend(&mut self, key: Key, mut bytes: &mut [u8], now: Now) {
        let mut requests = 0;
        while !bytes.is_empty() {
            let Some(slot) = self.find(key) else {
                return;
            };
            let used = match &self.connections[slot as usize].state {
                State::Head if requests == REQUESTS_PER_READ => {
                    if self.keep(slot, bytes, now) {
                        self.wake(slot);
                    }
                    return;
                }
                State::Head => {
                    requests += 1;
                    self.examine(slot, bytes, now)
                }
                State::Held(held) => match held.protocol.reads() {
                    Reads::Frames => {
                        return self.call(slot, now, |held, out| held.protocol.receive(bytes, out));
                    }
                    Reads::NextRequest => {
                        self.keep(slot, bytes, now);
                        return;
                    }
                    Reads::Nothing => return,
                },
                State::Waiting { .. } | State::Closing(Close::Finished) => {
                    self.keep(slot, bytes, now);
                    return;
                }
                State::Closing(_) | State::Lingering => return,
            };
            bytes = bytes.get_mut(used..).unwrap_or_default();
        }
    }

    /// Looks for a request at the beginning of `bytes`, which begin with a head; returns how many
    /// of them are used.
    fn examine(&mut self, slot: u32, bytes: &[u8], now: Now) -> usize {
        match head::examine(bytes, self.limits.head_bytes_max) {
            Head::Get {
                request,
                http,
                length,
            } => {
                let http = self.lasting(http);
                let verdict = self.front.route(
                    &request,
                    Via {
                        framing: http.framing(),
                    },
                );
                return self.decide(slot, verdict, http, bytes.split_at(length), now);
            }
            Head::Other => self.hand_over(slot, bytes),
            Head::Partial => {
                self.keep(slot, bytes, now);
            }
            Head::Refused(refusal) => self.refuse(slot, refusal, now),
        }
        bytes.len()
    }

    /// What may follow on the connection: nothing when the shard is draining.
    fn lasting(&self, http: Http) -> Http {
        if self.is_draining {
            http.without_keep_alive()
        } else {
            http
        }
    }

    /// Acts on a verdict about a request head; returns how many bytes of head and rest are used.
    fn decide(
        &mut self,
        slot: u32,
        verdict: Verdict,
        http: Http,
        (head, rest): (&[u8], &[u8]),
        now: Now,
    ) -> usize {
        match verdict {
            Verdict::Answer(response) => self.answer(slot, response, http, now),
            Verdict::Hold(hold) => self.hold(slot, hold, http, now),
            Verdict::Later(future) => {
                if !self.keep(slot, head, now) {
                    return head.len();
                }
                let connection = &mut self.connections[slot as usize];
                connection.since = now.tick;
                connection.state = State::Waiting {
                    http,
                    length: head.len(),
                };
                self.arm(slot);
                let key = self.key(slot);
                let deferred = async move {
                    Completion {
                        key,
                        outcome: Outcome::Verdict(future.await),
                    }
                };
                self.output.deferred.push(Box::pin(deferred));
            }
            Verdict::Pass => {
                self.hand_over(slot, &[head, rest].concat());
                return head.len() + rest.len();
            }
        }
        head.len()
    }

    /// A verdict that came later. What was received meanwhile stands behind the head.
    pub(super) fn decided(&mut self, slot: u32, verdict: Verdict, now: Now) {
        let key = self.key(slot);
        let State::Waiting { http, length } = self.connections[slot as usize].state else {
            return;
        };
        self.connections[slot as usize].state = State::Head;
        let http = self.lasting(http);
        let mut kept = self.take_kept(slot).unwrap_or_default();
        let used = self.decide(
            slot,
            verdict,
            http,
            kept.split_at(length.min(kept.len())),
            now,
        );
        self.spend(key, kept.get_mut(used..).unwrap_or_default(), now);
        if let Some(slot) = self.find(key) {
            self.wake(slot);
        }
    }

    fn answer(&mut self, slot: u32, response: Response<Bytes>, http: Http, now: Now) {
        reply::write(response, http, now, &mut self.contents.frames);
        let close = if http.keep_alive() {
            Close::Finished
        } else {
            Close::HangUp
        };
        match self.flush(slot, now) {
            Ok(()) => self.finish(slot, close, now),
            Err(_) => self.remove(slot, now),
        }
    }

    /// Refuses a request head: says why and closes, because nobody knows where the next one begins.
    pub(super) fn refuse(&mut self, slot: u32, refusal: Refusal, now: Now) {
        self.metrics.heads_refused.add(1);
        self.take_kept(slot);
        self.answer(
            slot,
            refusal.response(),
            Http::One {
                minor: 1,
                keep_alive: false,
            },
            now,
        );
    }

    fn hand_over(&mut self, slot: u32, received: &[u8]) {
        let Some(connection) = self.connections.try_remove(slot as usize) else {
            return;
        };
        self.forget(&connection);
        let received = Bytes::copy_from_slice(received);
        self.output.handovers.push(Handover {
            socket: connection.socket,
            received,
        });
    }

    /// Keeps bytes that nobody can use yet, behind those kept before. `false` when there is no room
    /// for one more to keep some: then the connection has been refused.
    pub(super) fn keep(&mut self, slot: u32, bytes: &[u8], now: Now) -> bool {
        let connection = &mut self.connections[slot as usize];
        match &mut connection.carry {
            Some(kept) => kept.extend_from_slice(bytes),
            None if self.keeping >= self.limits.half_open_max => {
                self.refuse(slot, Refusal::TooMany, now);
                return false;
            }
            None => {
                connection.carry = Some(Box::new(bytes.to_vec()));
                self.keeping += 1;
                self.arm(slot);
            }
        }
        true
    }

    #[expect(clippy::box_collection, reason = "moved as it is kept")]
    pub(super) fn take_kept(&mut self, slot: u32) -> Option<Box<Vec<u8>>> {
        let kept = self.connections.get_mut(slot as usize)?.carry.take()?;
        self.keeping -= 1;
        Some(kept)
    }

    /// Holds a connection: lets its places in, sends the head, and begins to read.
    pub(super) fn hold(&mut self, slot: u32, hold: Hold, http: Http, now: Now) {
        let Hold {
            head,
            protocol,
            places,
            admission,
            refusal,
            laggard,
        } = hold;
        let kind = protocol.kind();
        let held = Held {
            protocol,
            subscriptions: Vec::with_capacity(places.len()),
            http,
            laggard,
            admission,
            number: self.next_number(),
            is_live: false,
        };
        self.connections[slot as usize].state = State::Held(held);
        self.metrics.held[usize::from(kind.0) % crate::Kind::COUNT].add(1);
        for (channel, start) in places {
            match self.subscribe(slot, channel, start, now) {
                Ok(()) | Err(SubscribeError::Already | SubscribeError::TooMany(_)) => {}
                Err(SubscribeError::Join(error)) => {
                    return self.turn_away(slot, refusal(&error), now);
                }
            }
        }
        if let Some(head) = head {
            if ends_by_closing(&head, http)
                && let State::Held(held) = &mut self.connections[slot as usize].state
            {
                held.http = http.without_keep_alive();
            }
            match http {
                Http::One { .. } => reply::write_head(&head, http, now, &mut self.contents.frames),
                Http::Two => self.contents.response = Some(head.map(|()| Bytes::new())),
            }
        }
        self.call(slot, now, |held, out| held.protocol.open(out));
        self.read_on(slot);
    }

    fn turn_away(&mut self, slot: u32, response: Response<Bytes>, now: Now) {
        self.call(slot, now, |_held, out| {
            out.reply(response);
            Err(Close::Finished)
        });
    }

    /// Adds a place to a held connection.
    pub(super) fn subscribe(
        &mut self,
        slot: u32,
        channel: ChannelName,
        start: Start,
        now: Now,
    ) -> Result<(), SubscribeError> {
        let Some(State::Held(held)) = self
            .connections
            .get_mut(slot as usize)
            .map(|c| &mut c.state)
        else {
            return Ok(());
        };
        if held
            .subscriptions
            .iter()
            .any(|s| *s.place.channel() == channel)
        {
            return Err(SubscribeError::Already);
        }
        if held.subscriptions.len() >= self.limits.channels_max {
            return Err(SubscribeError::TooMany(self.limits.channels_max));
        }
        let seat = if held.protocol.stays() {
            self.hub
                .join(&channel, &self.inbox, held.admission, now.wall)?
        } else {
            self.hub.look_in(&channel, held.admission, now.wall)?
        };
        let (index, member) = self.channels.add(&channel, slot);
        let place = Place::new(channel, start);
        held.subscriptions.push(Subscription {
            place,
            seat,
            channel: index,
            member,
            is_behind: true,
            is_fetching: false,
            is_live: false,
        });
        Ok(())
    }

    /// Takes a place out of a held connection; `false` if it had none in that channel.
    pub(super) fn unsubscribe(&mut self, slot: u32, channel: &ChannelName, now: Now) -> bool {
        let Some(index) = self.channels.index(channel) else {
            return false;
        };
        let held = self
            .connections
            .get(slot as usize)
            .and_then(|c| match &c.state {
                State::Held(held) => held.index_of(index),
                _ => None,
            });
        let Some(position) = held else {
            return false;
        };
        self.leave(slot, position, now);
        true
    }

    /// Gives one place back.
    pub(super) fn leave(&mut self, slot: u32, position: usize, now: Now) {
        let Some(State::Held(held)) = self
            .connections
            .get_mut(slot as usize)
            .map(|c| &mut c.state)
        else {
            return;
        };
        let gone = held.subscriptions.remove(position);
        self.vacate(&gone, now);
    }

    /// Gives back everything a held connection has; its state is over afterwards.
    pub(super) fn release(&mut self, slot: u32, now: Now) {
        let Some(State::Held(held)) = self
            .connections
            .get_mut(slot as usize)
            .map(|c| &mut c.state)
        else {
            return;
        };
        self.metrics.held[usize::from(held.protocol.kind().0) % crate::Kind::COUNT].subtract(1);
        self.vacate_all(slot, now);
    }

    /// Gives all places of a held connection back.
    pub(super) fn vacate_all(&mut self, slot: u32, now: Now) {
        let Some(State::Held(held)) = self
            .connections
            .get_mut(slot as usize)
            .map(|c| &mut c.state)
        else {
            return;
        };
        for gone in std::mem::take(&mut held.subscriptions) {
            self.vacate(&gone, now);
        }
    }

    fn vacate(&mut self, gone: &Subscription, now: Now) {
        self.hub
            .leave(gone.place.channel(), &self.inbox, gone.seat, now.wall);
        let Some(moved) = self.channels.remove(gone.channel, gone.member) else {
            return;
        };
        // The connection that was moved into the gap must know its new place in the list.
        if let Some(State::Held(held)) = self
            .connections
            .get_mut(moved as usize)
            .map(|c| &mut c.state)
            && let Some(index) = held.index_of(gone.channel)
        {
            held.subscriptions[index].member = gone.member;
        }
    }
}

/// Bytes that a connection may read now: none while what it would read could not be used yet and
/// would pile up.
fn room<S>(connection: &Connection<S>, kept_max: usize) -> usize {
    let kept = connection.carry.as_ref().map_or(0, |kept| kept.len());
    // One byte more than a head may have tells one that is too long from one that just fits.
    let room = (kept_max + 1).saturating_sub(kept);
    match &connection.state {
        State::Closing(Close::Finished) | State::Head | State::Waiting { .. } => room,
        State::Held(held) => match held.protocol.reads() {
            Reads::Frames if connection.backlog.is_some() => 0,
            Reads::Frames | Reads::Nothing => usize::MAX,
            Reads::NextRequest => room,
        },
        State::Closing(_) | State::Lingering => usize::MAX,
    }
}

/// True while something is under way for the peer that does not wait for anybody else.
fn is_busy<S>(connection: &Connection<S>) -> bool {
    let is_at_work = match &connection.state {
        State::Closing(_) | State::Waiting { .. } => true,
        State::Held(held) => held.subscriptions.iter().any(Subscription::must_read),
        State::Head | State::Lingering => false,
    };
    is_at_work || connection.backlog.is_some() || connection.is_reading_on || connection.is_ready
}

fn may_try_again(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
    )
}

/// True if no request can follow the response that begins with `head`.
fn ends_by_closing(head: &Response<()>, http: Http) -> bool {
    head.status() == StatusCode::SWITCHING_PROTOCOLS || http.framing() == Framing::UntilClose
}

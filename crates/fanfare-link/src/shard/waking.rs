//! What a protocol is told beside bytes and messages: that somebody woke it, that its frames are
//! out, that its connection is lost.

use std::sync::Arc;

use super::{Shard, contained, holder};
use crate::connection::State;
use crate::limits::SENDS_PER_TURN;
use crate::protocol::Loss;
use crate::wake::Bell;
use crate::{Now, Socket};

impl<S: Socket> Shard<S> {
    /// Calls the protocols that somebody woke, a bounded number of them.
    pub(super) fn rouse(&mut self, now: Now) {
        self.woken.extend(self.wakes.take());
        for _ in 0..self.woken.len().min(SENDS_PER_TURN) {
            if let Some(bell) = self.woken.pop_front() {
                self.hear(bell, now);
            }
        }
    }

    /// Calls the protocol of a bell. One that is gone never answers, so that those who ring it
    /// for nothing do so at the price of a look.
    fn hear(&mut self, bell: Arc<Bell>, now: Now) {
        let at = bell.holder();
        let Some(connection) = self.connections.get_mut(at.slot as usize) else {
            return;
        };
        if holder(connection) != Some(at.number) {
            return;
        }
        if let Some(backlog) = &mut connection.backlog {
            return backlog.hold_back(bell);
        }
        bell.answer();
        self.call(at.slot, now, |held, out| held.protocol.woken(out));
    }

    /// Tells a protocol that its frames are out, now or when they are.
    pub(super) fn tell_when_drained(&mut self, slot: u32, now: Now) {
        if let Some(connection) = self.connections.get_mut(slot as usize)
            && let Some(backlog) = &mut connection.backlog
        {
            backlog.is_awaited = true;
            return;
        }
        self.tell_drained(slot, now);
    }

    fn tell_drained(&mut self, slot: u32, now: Now) {
        self.call(slot, now, |held, _out| {
            held.protocol.drained();
            Ok(())
        });
    }

    /// The backlog is gone: go on with what had to wait for that.
    pub(super) fn drained(&mut self, slot: u32, now: Now) {
        let connection = &mut self.connections[slot as usize];
        let Some(mut backlog) = connection.backlog.take() else {
            return;
        };
        match connection.state {
            State::Closing(close) => self.finish(slot, close, now),
            State::Held(_) => {
                self.wake_unread(slot);
                self.read_on(slot);
                if backlog.is_awaited {
                    self.tell_drained(slot, now);
                }
                if let Some(bell) = backlog.take_bell() {
                    self.hear(bell, now);
                }
                self.arm(slot);
            }
            _ => {}
        }
    }

    /// Drops a connection that its protocol, if one speaks on it, has not given up itself.
    pub(super) fn lose(&mut self, slot: u32, loss: Loss, now: Now) {
        if let Some(connection) = self.connections.get_mut(slot as usize)
            && let State::Held(held) = &mut connection.state
        {
            // Whatever comes of it, the connection goes.
            let _ = contained(|| {
                held.protocol.lost(loss);
                Ok(())
            });
        }
        self.remove(slot, now);
    }
}

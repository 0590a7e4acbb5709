//! One connection, as small as it can be.

use fanfare_hub::{Admission, Message, Place, Seat, Standing, Ticket};

use crate::backlog::Backlog;
use crate::front::Laggard;
use crate::outbox::Contents;
use crate::reply::Http;
use crate::wake::Holder;
use crate::{Close, Now, Outbox, Protocol, Tick};

/// A slot of the shard's table. Everything that only some connections need is boxed.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    pub(crate) socket: S,
    /// Tells this connection from earlier ones in the same slot.
    pub(crate) generation: u32,
    pub(crate) state: State,
    /// Bytes received that nobody has used yet: the part of a head, or a pipelined request.
    #[expect(
        clippy::box_collection,
        reason = "8 bytes in every idle connection instead of 24"
    )]
    pub(crate) carry: Option<Box<Vec<u8>>>,
    pub(crate) backlog: Option<Box<Backlog>>,
    /// When the state began, or when a reader with a backlog last took something.
    pub(crate) since: Tick,
    /// The earliest tick at which the wheel will wake this connection; `None` if it will not.
    pub(crate) alarm: Option<Tick>,
    /// It has not had a request answered yet.
    pub(crate) is_new: bool,
    /// The kernel may hold bytes that we did not want to read yet.
    pub(crate) has_unread: bool,
    /// It stands in the shard's queue of connections with something to read.
    pub(crate) is_ready: bool,
    /// It stands in the shard's queue of connections that read on from the engine.
    pub(crate) is_reading_on: bool,
}

/// What a connection is doing.
pub(crate) enum State {
    /// All is said: the rest of the backlog goes out, then this.
    Closing(Close),
    /// Between two requests, or in the middle of a head.
    Head,
    /// A protocol speaks.
    Held(Held),
    /// We have closed our side and wait for the peer to close its own, so that the last bytes
    /// are not lost to a reset.
    Lingering,
    /// A request whose verdict comes later. Its head is the first `length` bytes of the carry.
    Waiting { http: Http, length: usize },
}

/// A connection that a protocol speaks on.
pub(crate) struct Held {
    pub(crate) protocol: Box<dyn Protocol>,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) http: Http,
    pub(crate) laggard: Laggard,
    pub(crate) admission: Admission,
    /// Tells what this protocol asked for from what an earlier one on the connection did.
    pub(crate) number: u32,
    /// Everything stored has been delivered once.
    pub(crate) is_live: bool,
}

/// One channel of a connection.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) place: Place,
    pub(crate) seat: Seat,
    /// Index in the shard's table of channels.
    pub(crate) channel: u32,
    /// Index in that channel's list of members.
    pub(crate) member: u32,
    /// The reader does not have everything that was announced: it reads on from the engine.
    ///
    /// Invariant: while it is set, something will see to it. The connection is reading on, or the
    /// engine has promised a page of this channel, or a backlog has to drain first, or the next
    /// tick tries again.
    pub(crate) is_behind: bool,
    /// The engine has promised a page and not given it yet.
    pub(crate) is_fetching: bool,
    /// The reader has had everything there was, once.
    pub(crate) is_live: bool,
}

impl Held {
    /// Index of the subscription to a channel of the shard's table.
    pub(crate) fn index_of(&self, channel: u32) -> Option<usize> {
        self.subscriptions.iter().position(|s| s.channel == channel)
    }

    /// An outbox for its protocol, on the connection in `slot`.
    pub(crate) fn outbox<'a>(&self, slot: u32, contents: &'a mut Contents, now: Now) -> Outbox<'a> {
        Outbox {
            now,
            http: self.http,
            holder: Holder {
                slot,
                number: self.number,
            },
            contents,
        }
    }

    /// Index of the subscription with this ticket.
    pub(crate) fn index_of_ticket(&self, ticket: Ticket) -> Option<usize> {
        self.subscriptions
            .iter()
            .position(|s| s.seat.ticket == ticket)
    }
}

impl Subscription {
    /// True while something is to come from the engine.
    pub(crate) fn must_read(&self) -> bool {
        self.is_behind || self.is_fetching
    }

    /// Compares a live message with what the reader has. While the engine owes it something, that
    /// comes first: given now, the message would come again with the page.
    pub(crate) fn judge(&mut self, message: &Message) -> Standing {
        if self.must_read() {
            Standing::Behind
        } else {
            self.place.judge(message)
        }
    }
}

impl<S> Connection<S> {
    pub(crate) fn new(socket: S, generation: u32, now: Tick) -> Self {
        Self {
            socket,
            generation,
            state: State::Head,
            carry: None,
            backlog: None,
            since: now,
            alarm: None,
            is_new: true,
            has_unread: false,
            is_ready: false,
            is_reading_on: false,
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Closing(_) => "Closing",
            Self::Head => "Head",
            Self::Held(_) => "Held",
            Self::Lingering => "Lingering",
            Self::Waiting { .. } => "Waiting",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node may hold a million of these: what only some connections need goes into a box.
    #[test]
    fn an_idle_connection_is_small() {
        // The socket is a descriptor of four bytes, and in debug builds more than that.
        assert!(size_of::<Connection<u32>>() <= 96);
        assert!(size_of::<Subscription>() <= 64);
    }
}

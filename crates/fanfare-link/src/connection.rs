//! One connection, as small as it can be.

use fanfare_hub::{Admission, Place, Seat};

use crate::backlog::Backlog;
use crate::front::Laggard;
use crate::reply::Http;
use crate::{Close, Protocol, Tick};

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
    /// The kernel may hold bytes that we did not want to read yet.
    pub(crate) has_unread: bool,
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
    /// Pages that the engine has promised and not yet given.
    pub(crate) fetching: u16,
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
}

impl Held {
    /// Index of the subscription to a channel of the shard's table.
    pub(crate) fn index_of(&self, channel: u32) -> Option<usize> {
        self.subscriptions.iter().position(|s| s.channel == channel)
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
            has_unread: false,
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

//! A wire protocol as a value without I/O.

use fanfare_hub::{
    ChannelName, EndReason, Gap, JoinError, Message, MessageId, PageLimit, PublishError, Receipt,
};

use crate::connection::Subscription;
use crate::{Outbox, Tick};

/// Speaks one wire protocol on one connection.
///
/// A driver calls it with what happened (bytes, messages, time) and writes what it puts into the
/// [`Outbox`]. It does no I/O, keeps no clock and never waits, so the same value runs parked in a
/// reactor, behind any byte stream, and in a simulation.
///
/// A call that panics ends its own connection, and no other; so does a [`Drop`].
///
/// Every call may end the connection by returning [`Close`]; what was put into the outbox before
/// is still written (except for [`Close::Abort`]).
///
/// # The end
/// The value is dropped when its time on the connection is over, however that came about; nothing
/// is called after that, and its wakers do nothing. What belongs to the connection elsewhere in
/// the process must be given up by [`Drop`]. Before that a protocol knows the reason: it has
/// returned [`Close`] itself, it was asked for its [`farewell`](Self::farewell), or it was told of
/// its [loss](Self::lost). Only one that has panicked, that was never opened, or whose shard goes
/// at the end of the grace time is dropped without a word.
pub trait Protocol: Send {
    /// What kind of connection this is, for the metrics. The same for as long as it is held.
    fn kind(&self) -> Kind;

    /// The connection is held and, if a head was given, its head is on the way. Called once, first.
    fn open(&mut self, _out: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    /// The cursor of one of the places is known now: it was not given by the peer. Called before
    /// the first message of that place.
    fn settled(&mut self, _at: At<'_>) {}

    /// A message for one of the places.
    fn deliver(&mut self, message: &Message, at: At<'_>, out: &mut Outbox<'_>)
    -> Result<(), Close>;

    /// Messages of one of the places are lost to this reader. It must be told.
    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close>;

    /// Everything stored has been delivered; from here on messages come as they are published.
    fn caught_up(&mut self, _out: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    /// The hub ended one of the places, which is still shown in `at` and gone after this call.
    fn ended(&mut self, reason: EndReason, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close>;

    /// What to do with bytes from the peer.
    fn reads(&self) -> Reads {
        Reads::Nothing
    }

    /// Bytes from the peer, all of which are used up. May be changed in place. Called only when
    /// [`Protocol::reads`] says [`Reads::Frames`].
    fn receive(&mut self, _bytes: &mut [u8], _out: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    /// The answer to a request that was put into the outbox.
    fn answer(&mut self, _answer: Answer, _out: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    /// Somebody has woken the connection, by a waker that [`Outbox::waker`] had made: put what there
    /// is to say into the outbox. Once for a burst of wakes, and again for every wake that comes
    /// after this call has begun; so look at the whole of what wakers stand for.
    ///
    /// Not called while the connection has a backlog, but when that has drained: whatever is sent
    /// to a slow reader waits, and finds its bound, with whoever sends it.
    fn woken(&mut self, _out: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    /// The kernel, or the carrier of a stream, has taken everything that was put into the outbox.
    /// Called once for all [`Outbox::tell_when_drained`] that came before. A connection that ends
    /// first is not told.
    fn drained(&mut self) {}

    /// When [`Protocol::tick`] wants to be called; it may come up to a second late.
    fn deadline(&self) -> Option<Tick>;

    /// The deadline has passed.
    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close>;

    /// The driver ends the connection: say goodbye. Returns how to close.
    fn farewell(&mut self, reason: Farewell, out: &mut Outbox<'_>) -> Close;

    /// The connection is gone, without a farewell and without the protocol's wish. The value is
    /// dropped next.
    fn lost(&mut self, _loss: Loss) {}

    /// False for a reader that is answered with what is stored, whatever that is, and goes: it is
    /// never counted among those who listen.
    fn stays(&self) -> bool {
        true
    }

    /// How much to read from the engine at once.
    fn appetite(&self) -> PageLimit {
        PageLimit::default()
    }
}

/// How a connection goes on after a protocol is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// Drop it at once, and what was still to be written.
    Abort,
    /// The response is complete: the next request may follow on this connection.
    Finished,
    /// Write what is in the outbox, then close.
    HangUp,
}

/// Why a driver ends a connection of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// The reader fell behind the history and the policy is to close.
    Behind,
    /// The node is going away; come back in a moment.
    Shutdown,
}

/// How a connection was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The peer has closed it in order.
    Closed,
    /// It broke: reset by the peer, timed out by the kernel, or the stream was cancelled.
    Failed,
    /// We cut it: the peer took too little for too long, or too much was waiting for it.
    TooSlow,
}

/// What a protocol does with bytes from the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// They are frames of its own: give them to [`Protocol::receive`].
    Frames,
    /// They are the next request on the connection: keep them until this one is answered.
    NextRequest,
    /// It never reads: throw them away.
    Nothing,
}

/// A small number for the kind of a connection. Link only counts by it; the application gives it
/// a name. Less than [`Kind::COUNT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(pub u8);

impl Kind {
    /// How many kinds there can be.
    pub const COUNT: usize = 16;
}

/// Where in its subscription a connection stands: one of its places, and all of them.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    pub(crate) subscriptions: &'a [Subscription],
    pub(crate) index: usize,
}

impl<'a> At<'a> {
    /// The channel concerned.
    pub fn channel(&self) -> &'a ChannelName {
        self.subscriptions[self.index].place.channel()
    }

    /// Position of that channel among all of the subscription, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// True when the connection has subscribed to this channel alone.
    pub fn is_only(&self) -> bool {
        self.subscriptions.len() == 1
    }

    /// The cursors reached in all channels, in their order; `None` where nothing was read yet.
    pub fn cursors(&self) -> impl Iterator<Item = Option<MessageId>> + 'a {
        self.subscriptions.iter().map(|s| s.place.cursor())
    }
}

/// What became of a request that a protocol put into its outbox. `tag` is the protocol's own.
#[derive(Debug)]
pub enum Answer {
    /// Of [`Outbox::publish`].
    Published {
        /// The protocol's tag.
        tag: u32,
        /// The receipt, or why not.
        outcome: Result<Receipt, PublishError>,
    },
    /// Of [`Outbox::subscribe`]; messages follow after it.
    Subscribed {
        /// The protocol's tag.
        tag: u32,
        /// Or why not.
        outcome: Result<(), SubscribeError>,
    },
    /// Of [`Outbox::unsubscribe`].
    Unsubscribed {
        /// The protocol's tag.
        tag: u32,
        /// True if there was such a subscription.
        found: bool,
    },
}

/// Why a connection could not subscribe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// It has this channel already.
    #[error("this connection has subscribed to that channel already")]
    Already,
    /// The channel does not let it in.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// It has as many channels as it may.
    #[error("this connection has {0} channels, which is the limit")]
    TooMany(usize),
}

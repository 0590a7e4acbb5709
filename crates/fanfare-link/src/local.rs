//! What the tasks of a shard's thread tell its reactor.

use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use fanfare_hub::Wake;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::front::Hold;
use crate::pipe::PipeSocket;
use crate::{Completion, Key};

/// Something a task wants the reactor to know.
pub(crate) enum Event {
    /// A connection whose request was decided in a task.
    Adopt(PipeSocket, Hold),
    /// A byte stream that is about to send a request.
    AcceptStream(PipeSocket),
    /// A deferred answer has come.
    Completed(Completion),
    /// A pipe's peer is gone.
    HungUp(Key),
    /// A pipe has bytes for the shard.
    Readable(Key),
    /// The fallback has answered one request; the connection waits for the next.
    Returned(TcpStream, Bytes),
    /// The fallback has answered the last request: say no more and wait for the peer to close.
    Spent(TcpStream),
    /// A pipe takes bytes again.
    Writable(Key),
}

/// A queue within one thread. Bounded by its sources: each connection has at most one task, and
/// each task says one thing and waits for the effect.
#[derive(Default)]
pub(crate) struct Local {
    events: RefCell<Vec<Event>>,
    notify: Arc<Notify>,
}

/// Wakes the reactor from anywhere. From its own thread, and while it is at work, that costs no
/// system call.
pub(crate) struct Cord(Arc<Notify>);

impl Wake for Cord {
    fn wake(&self) {
        self.0.notify_one();
    }
}

impl Local {
    pub(crate) fn push(&self, event: Event) {
        self.events.borrow_mut().push(event);
        self.notify.notify_one();
    }

    pub(crate) fn take(&self) -> Vec<Event> {
        mem::take(&mut *self.events.borrow_mut())
    }

    /// A way to wake whoever waits for [`Local::notified`].
    pub(crate) fn cord(&self) -> Cord {
        Cord(Arc::clone(&self.notify))
    }

    /// # Cancel safety
    /// Safe: a notification that nobody took is kept for the next caller.
    pub(crate) async fn notified(&self) {
        self.notify.notified().await;
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Local({} events)", self.events.borrow().len())
    }
}

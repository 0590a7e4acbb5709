//! A live session, as applications hold it.

use std::fmt;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

use super::application::Conversation;
use super::clock;
use super::live::{Effects, Live};
use super::mind::{Event, Talk};
use super::mount::Mount;
use super::parcel::Parcel;
use super::query::Transport;
use super::revision::Revision;
use super::session::CloseReason;
use super::sid::Sid;
use crate::limits;

/// A session and its client. Cloning makes another handle of the same; two are equal if they are
/// of the same session.
///
/// No method calls the application before it returns: what it causes [`Conversation`] to hear, its
/// end for example, is told from elsewhere. So it may be called with a lock held that the
/// application's side of the session takes as well.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    sid: Sid,
    revision: Revision,
    mount: Arc<Mount>,
    /// Held for short; neither the application nor a waker is called meanwhile. No other lock is
    /// taken while it is held.
    live: Mutex<Live>,
}

/// The session ended before what was waited for happened. The application hears why by
/// [`Conversation::closed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is over")]
pub struct SessionOver;

impl Client {
    pub(super) fn new(sid: Sid, mount: Arc<Mount>, live: Live) -> Self {
        Self(Arc::new(Inner {
            sid,
            revision: live.wire().revision,
            mount,
            live: Mutex::new(live),
        }))
    }

    /// Its id: 20 characters. Whoever knows it can speak for the client.
    pub fn sid(&self) -> &str {
        self.0.sid.as_str()
    }

    /// What the client speaks.
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// What the session lives on now, or lived on last.
    pub fn transport(&self) -> Transport {
        self.lock().session().transport()
    }

    /// False once it is closed or being closed: nothing more can be sent.
    pub fn is_open(&self) -> bool {
        self.lock().session().is_open()
    }

    /// Sends packets as one unit, in order and behind what was sent before. False if the session
    /// is over; then they are dropped.
    ///
    /// # Limits
    /// If more than [`Settings::buffer_bytes_max`](super::Settings::buffer_bytes_max) wait for a
    /// client that does not poll or reads too slowly, its session ends with
    /// [`CloseReason::TransportError`].
    pub fn send(&self, parcel: &Parcel) -> bool {
        self.send_all([parcel])
    }

    /// As [`Client::send`], with several parcels that leave together.
    pub fn send_all<'a>(&self, parcels: impl IntoIterator<Item = &'a Parcel>) -> bool {
        self.change(|live| {
            let (mut is_open, mut waker) = (live.session().is_open(), None);
            for parcel in parcels {
                let sent = live.send(parcel);
                is_open = sent.0;
                waker = waker.or(sent.1);
            }
            (is_open, waker)
        })
    }

    /// Sends packets if they can leave now, else drops them and returns false.
    ///
    /// They can if a poll waits and nothing is before them, or if the WebSocket has no more than
    /// [`limits::VOLATILE_BACKLOG_BYTES_MAX`] to write.
    pub fn send_volatile(&self, parcel: &Parcel) -> bool {
        self.change(
            |live| match live.is_writable(limits::VOLATILE_BACKLOG_BYTES_MAX) {
                true => live.send(parcel),
                false => (false, None),
            },
        )
    }

    /// Closes the session when what was sent has been fetched, or after
    /// [`Settings::close_timeout`](super::Settings::close_timeout).
    pub fn close(&self, reason: CloseReason) {
        let now = clock::now();
        self.change(|live| (live.session_mut().close(reason, now), None));
    }

    /// Ends the session at once. What has not left is dropped.
    pub fn abort(&self, reason: CloseReason) {
        self.change(|live| (live.abort(reason), None));
    }

    /// Waits until all that was sent before this call is in the kernel or in a poll's answer.
    ///
    /// # Errors
    /// [`SessionOver`] if the session ends before.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub fn flushed(&self) -> impl Future<Output = Result<(), SessionOver>> + Send + 'static {
        let promise = self.change(|live| (live.flushed(), None));
        async move { promise.ok_or(SessionOver)?.await.map_err(|_| SessionOver) }
    }

    pub(super) fn mount(&self) -> &Arc<Mount> {
        &self.0.mount
    }

    pub(super) fn key(&self) -> Sid {
        self.0.sid
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Live> {
        // Nothing that can panic is called under the lock; if it were, the session is what it is.
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something where the application may be told of what follows.
    pub(super) fn tell<R>(&self, change: impl FnOnce(&mut Live) -> (R, Option<Waker>)) -> R {
        let (result, has_news) = self.apply(change);
        if has_news {
            self.converse();
        }
        result
    }

    /// Changes something where the application may not be called: others do, soon.
    fn change<R>(&self, change: impl FnOnce(&mut Live) -> (R, Option<Waker>)) -> R {
        let (result, has_news) = self.apply(change);
        if has_news {
            self.0.mount.alarms().hand_over(self.clone());
        }
        result
    }

    fn apply<R>(&self, change: impl FnOnce(&mut Live) -> (R, Option<Waker>)) -> (R, bool) {
        let mut live = self.lock();
        let (result, waker) = change(&mut live);
        let effects = live.settle(waker);
        drop(live);
        (result, self.perform(effects))
    }

    /// Does what must not be done under the lock. True if the application has something to hear.
    fn perform(&self, effects: Effects) -> bool {
        // Who waited may be gone with its connection, of which the session hears.
        for (sender, answer) in effects.answers {
            let _ = sender.send(answer);
        }
        for sender in effects.flushed {
            let _ = sender.send(());
        }
        effects.waker.into_iter().for_each(Waker::wake);
        effects.other_wakers.into_iter().for_each(Waker::wake);
        if effects.is_over {
            self.0.mount.forget(self);
        }
        if let Some(at) = effects.alarm {
            self.0.mount.alarms().set(at, self);
        }
        effects.has_news
    }

    /// The application's side has been made.
    pub(super) fn greet(&self, conversation: Box<dyn Conversation>) {
        let wish = conversation.deadline();
        self.tell(|live| (live.mind().greet(conversation, wish), None));
    }

    /// Tells the application what it has not heard, unless somebody else is doing so.
    pub(super) fn converse(&self) {
        let mut next = self.lock().mind().begin();
        while let Some((mut conversation, event)) = next {
            let is_last = matches!(event, Event::Closed(_));
            let call = AssertUnwindSafe(|| {
                match event {
                    Event::Closed(reason) => conversation.closed(reason, self),
                    Event::Message(message) => conversation.message(message, self),
                    Event::Tick(now) => conversation.tick(now, self),
                }
                conversation.deadline()
            });
            next = match catch_unwind(call) {
                Ok(wish) if !is_last => self.go_on(conversation, wish),
                Ok(_) => self.part(None),
                // The panic has been reported where it happened.
                Err(_) => self.part(Some(CloseReason::ForcedClose)),
            };
        }
    }

    fn go_on(&self, conversation: Box<dyn Conversation>, wish: Option<Instant>) -> Option<Talk> {
        let mut live = self.lock();
        let next = live.mind().go_on(conversation, wish);
        let effects = live.settle(None);
        drop(live);
        // What came in between is told by who brought it, if the application is at rest again.
        match (self.perform(effects), next) {
            (true, None) => self.lock().mind().begin(),
            (_, next) => next,
        }
    }

    /// The application's side is no more. Ends the session if that is not why.
    fn part(&self, reason: Option<CloseReason>) -> Option<Talk> {
        let mut live = self.lock();
        live.mind().part();
        if let Some(reason) = reason {
            live.abort(reason);
        }
        let effects = live.settle(None);
        drop(live);
        self.perform(effects);
        None
    }
}

impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Client {}

impl Hash for Client {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sid().hash(state);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the id, which is a secret.
        f.debug_struct("Client")
            .field("revision", &self.revision())
            .finish_non_exhaustive()
    }
}

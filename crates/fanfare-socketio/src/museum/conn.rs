//! A session as the application sees it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tokio::sync::Notify;

use super::message::Message;
use super::mount::Museum;
use super::session::{CarrierId, Event, SendError, Session, Take};
use super::transport::Transport;

/// A session and its client. Cheap to clone; all clones are the same session.
#[derive(Clone)]
pub struct Conn {
    museum: Museum,
    slot: Arc<Slot>,
}

/// A session where everybody finds it.
pub(super) struct Slot {
    id: Box<str>,
    transport: Transport,
    state: Mutex<State>,
    /// The deadline has moved forward.
    rearmed: Notify,
    /// Something was taken, or the session has ended.
    moved: Notify,
}

struct State {
    session: Session,
    /// Of the carrier that waits.
    carrier: Option<Waker>,
    /// Somebody gives events to the application; whoever comes next leaves theirs to them, so that
    /// calls neither overlap nor overtake each other.
    is_draining: bool,
}

impl Slot {
    pub(super) fn new(id: &str, transport: Transport, session: Session) -> Self {
        Self {
            id: id.into(),
            transport,
            state: Mutex::new(State {
                session,
                carrier: None,
                is_draining: false,
            }),
            rearmed: Notify::new(),
            moved: Notify::new(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Nothing that can panic runs under the lock, so whatever poisoned it did no harm.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Conn {
    pub(super) fn new(museum: Museum, slot: Arc<Slot>) -> Self {
        Self { museum, slot }
    }

    /// The session's id, which its client knows, and nobody else should: whoever has it can speak
    /// for the client.
    pub fn id(&self) -> &str {
        self.slot.id()
    }

    /// What carries it.
    pub fn transport(&self) -> Transport {
        self.slot.transport
    }

    /// The museum that it belongs to.
    pub fn museum(&self) -> &Museum {
        &self.museum
    }

    /// Sends a message. It is in the queue when this returns, and goes out as soon as the client
    /// takes it; what waits while the client is away arrives when it comes back.
    ///
    /// # Errors
    /// [`SendError::Full`] if too much waits already, [`SendError::Over`] once the session has
    /// ended. Nothing was sent.
    pub fn send(&self, message: impl Into<Message>) -> Result<(), SendError> {
        self.send_frame(message.into().encode())
    }

    pub(super) fn send_frame(&self, frame: Arc<str>) -> Result<(), SendError> {
        self.act(|session, _| session.send_frame(frame))
    }

    /// Waits until all that was sent before is on its way: answered to a poll, or written.
    ///
    /// # Errors
    /// [`SendError::Over`] if the session ended before.
    ///
    /// # Cancel safety
    /// Dropping it does nothing.
    pub async fn flushed(&self) -> Result<(), SendError> {
        let sent = self.slot.lock().session.sent();
        loop {
            // Made before the look, so that nothing is missed in between.
            let moved = self.slot.moved.notified();
            if let Some(outcome) = self.outcome_of(sent) {
                return outcome;
            }
            moved.await;
        }
    }

    fn outcome_of(&self, sent: u64) -> Option<Result<(), SendError>> {
        let state = self.slot.lock();
        if state.session.written() >= sent {
            return Some(Ok(()));
        }
        state.session.is_over().then_some(Err(SendError::Over))
    }

    /// Closes the session, as soon as the client has taken what was sent. No message is heard any
    /// more.
    pub fn close(&self) {
        self.act(|session, _| session.close());
    }

    /// True once the session has ended.
    pub fn is_over(&self) -> bool {
        self.slot.lock().session.is_over()
    }

    pub(super) fn receive(&self, text: &str) {
        self.act(|session, now| session.receive(text, now));
    }

    pub(super) fn tick(&self) {
        self.act(|session, now| session.tick(now));
    }

    pub(super) fn attach(&self) -> CarrierId {
        self.act(|session, now| session.attach(now))
    }

    pub(super) fn detach(&self, carrier: CarrierId) {
        self.act(|session, now| session.detach(carrier, now));
    }

    /// What a carrier is to do, once there is something.
    pub(super) fn poll_take(&self, carrier: CarrierId, cx: &mut Context<'_>) -> Poll<Take> {
        let take = self.with(|state, now| {
            let take = state.session.take(carrier, now);
            if take.is_none() {
                state.carrier = Some(cx.waker().clone());
            }
            take
        });
        take.map_or(Poll::Pending, Poll::Ready)
    }

    /// Ready when the session has ended, for its only carrier while that is busy.
    pub(super) fn poll_over(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.slot.lock();
        if state.session.is_over() {
            return Poll::Ready(());
        }
        state.carrier = Some(cx.waker().clone());
        Poll::Pending
    }

    /// When [`Conn::tick`] has something to do. `None` once the session has ended.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.slot.lock().session.deadline()
    }

    /// Waits until the deadline may have moved forward.
    pub(super) async fn rearmed(&self) {
        self.slot.rearmed.notified().await;
    }

    /// Does something to the session that its carrier may want to know of.
    fn act<R>(&self, act: impl FnOnce(&mut Session, Instant) -> R) -> R {
        let (result, carrier) = self.with(|state, now| {
            let result = act(&mut state.session, now);
            (result, state.carrier.take())
        });
        if let Some(carrier) = carrier {
            carrier.wake();
        }
        result
    }

    fn with<R>(&self, act: impl FnOnce(&mut State, Instant) -> R) -> R {
        let now = tokio::time::Instant::now().into_std();
        let result = {
            let mut state = self.slot.lock();
            let before = state.session.deadline();
            let result = act(&mut state, now);
            if is_earlier(state.session.deadline(), before) {
                self.slot.rearmed.notify_one();
            }
            result
        };
        self.slot.moved.notify_waiters();
        self.drain();
        result
    }

    /// Gives all events to the application.
    fn drain(&self) {
        if std::mem::replace(&mut self.slot.lock().is_draining, true) {
            return;
        }
        let turn = Turn(&self.slot);
        while let Some(event) = self.next_event() {
            match event {
                Event::Connect => self.museum.app().connect(self),
                Event::Message(message) => self.museum.app().message(self, message),
                Event::Disconnect(reason) => {
                    self.museum.forget(self.id());
                    self.museum.app().disconnect(self, reason);
                }
            }
        }
        // Given back already.
        std::mem::forget(turn);
    }

    /// The next event. When there is none the turn is over, before anybody can add one.
    fn next_event(&self) -> Option<Event> {
        let mut state = self.slot.lock();
        let event = state.session.next_event();
        state.is_draining = event.is_some();
        event
    }
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The id is a secret between server and client.
        f.debug_struct("Conn")
            .field("transport", &self.slot.transport)
            .finish_non_exhaustive()
    }
}

/// The turn to call the application, given back when the application panics.
struct Turn<'a>(&'a Slot);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().is_draining = false;
    }
}

/// True if a timer that was set to `before` would be late. The end is as early as can be: nobody
/// needs the timer any more.
fn is_earlier(deadline: Option<Instant>, before: Option<Instant>) -> bool {
    before.is_some() && deadline.is_none_or(|deadline| before > Some(deadline))
}

//! A client in a namespace.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fanfare_hub::MessageId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;

use crate::ack::{AckError, Gathering};
use crate::context::{Context, Incoming, Occasion, SocketError};
use crate::data::Data;
use crate::emitter::{EmitError, Emitter, Flags, IntoArguments, IntoRooms, event_data};
use crate::engine::sid::Sid;
use crate::engine::{Client, CloseReason};
use crate::forms::Announcement;
use crate::handler::{Erased, Failed};
use crate::handshake::Handshake;
use crate::json::{Json, TypeError};
use crate::limits;
use crate::lock::lock;
use crate::namespace::Namespace;
use crate::packet::PacketBody;
use crate::peer::Peer;
use crate::reason::Reason;
use crate::rooms::{Identified, Selection};
use crate::run::run;

/// A client in a namespace. Cloning makes another handle of the same.
///
/// Handles may outlive the connection; what is sent then is dropped.
#[derive(Clone)]
pub struct Socket(Arc<Inner>);

struct Inner {
    id: SocketId,
    namespace: Namespace,
    peer: Arc<Peer>,
    handshake: Arc<Handshake>,
    /// None if it cannot be recovered.
    life: Option<Life>,
    state: Mutex<State>,
}

/// The id of a socket.
pub(crate) enum SocketId {
    /// A secret of its own.
    Own(Sid),
    /// Made of the session's, as clients 1.x and 2.x do themselves.
    Derived(Box<str>),
}

impl SocketId {
    fn as_str(&self) -> &str {
        match self {
            Self::Own(id) => id.as_str(),
            Self::Derived(id) => id,
        }
    }
}

/// The part of a socket that a reconnect can save.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    /// The secret under which it can be recovered.
    pub(crate) pid: Sid,
    /// Nothing that was said before is ever given to it again.
    pub(crate) since: MessageId,
    pub(crate) is_recovered: bool,
}

/// What a socket begins with that goes on for another one.
#[derive(Default)]
pub(crate) struct SavedState {
    pub(crate) data: Option<Box<str>>,
    pub(crate) rooms: Vec<Arc<str>>,
}

/// What changes while a socket lives. Small while nothing happens.
#[derive(Default)]
struct State {
    /// Handlers have been told of it.
    has_begun: bool,
    ended: Option<Reason>,
    /// Which rooms it was in when it ended, or is going to be in.
    left: Box<[Arc<str>]>,
    /// What waits for the handler that runs, or for the beginning; none while it waits for neither.
    queue: Option<Box<Queue>>,
    /// Who waits for the client's answers, by their number.
    #[expect(
        clippy::box_collection,
        reason = "8 bytes in every idle socket instead of 48"
    )]
    asked: Option<Box<HashMap<u64, Arc<Gathering>>>>,
    data: Option<Box<str>>,
}

#[derive(Default)]
struct Queue {
    occasions: VecDeque<Occasion>,
    bytes: usize,
}

/// Why a socket did not join a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// Names of rooms have a bound.
    #[error("the name of a room has at most {} bytes", limits::ROOM_BYTES_MAX)]
    NameTooLong,
    /// A socket has a bound of rooms.
    #[error("a socket is in at most {} rooms", limits::ROOMS_MAX)]
    TooMany,
}

impl Socket {
    pub(crate) fn new(
        id: SocketId,
        namespace: Namespace,
        peer: Arc<Peer>,
        handshake: Arc<Handshake>,
        life: Option<Life>,
        saved: SavedState,
    ) -> Self {
        Self(Arc::new(Inner {
            id,
            namespace,
            peer,
            handshake,
            life,
            state: Mutex::new(State {
                data: saved.data,
                left: saved.rooms.into(),
                // What the client says already is handled once it is in.
                queue: Some(Box::default()),
                ..State::default()
            }),
        }))
    }

    /// Its id: 20 characters, not the one of the session under it. For clients before 3.0 it is
    /// made of that: 1.x and 2.x compute it themselves.
    pub fn id(&self) -> &str {
        self.0.id.as_str()
    }

    /// Where it is.
    pub fn namespace(&self) -> &Namespace {
        &self.0.namespace
    }

    /// What the client said when it came.
    pub fn handshake(&self) -> &Handshake {
        &self.0.handshake
    }

    /// False once it has ended.
    pub fn is_connected(&self) -> bool {
        lock(&self.0.state).ended.is_none()
    }

    /// True if it goes on where an earlier connection of the same client broke off: with its id, its
    /// rooms, its data, and what it missed.
    pub fn is_recovered(&self) -> bool {
        self.life().is_some_and(|life| life.is_recovered)
    }

    /// The session under it, which other namespaces of the client share.
    pub fn client(&self) -> &Client {
        self.0.peer.client()
    }

    pub(crate) fn life(&self) -> Option<&Life> {
        self.0.life.as_ref()
    }

    /// Sends an event to this client.
    ///
    /// Never waits: what cannot leave yet is kept, up to a bound, over which the session ends with
    /// `transport error` for the client to come back. See [`Socket::flushed`].
    ///
    /// # Errors
    /// [`EmitError`]; nothing was sent then.
    pub fn emit(&self, event: &str, arguments: impl IntoArguments) -> Result<(), EmitError> {
        let data = event_data(event, arguments)?;
        self.0.namespace.tell(self, event, data, Flags::default())
    }

    /// Sends the event `message`.
    ///
    /// # Errors
    /// As for [`Socket::emit`].
    pub fn send(&self, arguments: impl IntoArguments) -> Result<(), EmitError> {
        self.emit("message", arguments)
    }

    /// Sends events that were made for many, see
    /// [`Namespace::announcement`](crate::Namespace::announcement). They leave together: over a
    /// WebSocket in one write.
    ///
    /// # Errors
    /// [`EmitError::Disconnected`].
    pub fn emit_shared<'a>(
        &self,
        announcements: impl IntoIterator<Item = &'a Announcement>,
    ) -> Result<(), EmitError> {
        let revision = self.client().revision();
        let parcels = announcements.into_iter().map(|it| it.0.of(revision));
        match self.is_connected() && self.client().send_all(parcels) {
            true => Ok(()),
            false => Err(EmitError::Disconnected),
        }
    }

    /// Sends an event if it can leave at once, else drops it.
    ///
    /// # Errors
    /// As for [`Socket::emit`]. That it was dropped is none.
    pub fn emit_volatile(
        &self,
        event: &str,
        arguments: impl IntoArguments,
    ) -> Result<(), EmitError> {
        let data = event_data(event, arguments)?;
        let flags = Flags {
            is_volatile: true,
            ..Flags::default()
        };
        self.0.namespace.tell(self, event, data, flags)
    }

    /// Sends an event and waits for the client's acknowledgement; returns its arguments.
    ///
    /// # Errors
    /// [`AckError`]: not in time, or the socket ended before.
    ///
    /// # Cancel safety
    /// The event is sent when the future is first polled; dropping it forgets the answer.
    pub async fn emit_with_ack(
        &self,
        event: &str,
        arguments: impl IntoArguments,
        timeout: Duration,
    ) -> Result<Data, AckError> {
        let data = event_data(event, arguments)?;
        let gathering = Gathering::new(1, true);
        let socket = vec![self.clone()];
        let asked = self
            .0
            .namespace
            .ask(socket, event, data, Flags::default(), &gathering);
        if asked.is_nobody() {
            return Err(EmitError::TooManyAcks.into());
        }
        let answers = gathering.wait(timeout).await?;
        answers.into_iter().next().ok_or(AckError::Disconnected)
    }

    /// Waits until all that was sent before has been handed to the kernel, or to a poll of the
    /// client. That it arrived only an acknowledgement tells.
    ///
    /// # Errors
    /// [`EmitError::Disconnected`] if the session ended before.
    pub fn flushed(&self) -> impl Future<Output = Result<(), EmitError>> + Send + 'static {
        let flushed = self.client().flushed();
        async { flushed.await.map_err(|_| EmitError::Disconnected) }
    }

    /// To everybody else in the namespace.
    pub fn broadcast(&self) -> Emitter {
        Emitter::new(self.0.namespace.clone()).except(self.id())
    }

    /// To everybody else in any of these rooms.
    pub fn to(&self, rooms: impl IntoRooms) -> Emitter {
        self.broadcast().to(rooms)
    }

    /// Enters rooms. Harmless if it is in them, or has ended.
    ///
    /// # Errors
    /// [`JoinError`]; the rooms named before the offending one are joined.
    pub fn join(&self, rooms: impl IntoRooms) -> Result<(), JoinError> {
        for room in rooms.into_rooms() {
            if room.len() > limits::ROOM_BYTES_MAX {
                return Err(JoinError::NameTooLong);
            }
            if !self.0.namespace.enter(self, &room) {
                return Err(JoinError::TooMany);
            }
        }
        Ok(())
    }

    /// Leaves rooms. Its own it cannot leave.
    pub fn leave(&self, rooms: impl IntoRooms) {
        for room in rooms.into_rooms() {
            self.0.namespace.exit(self, &room);
        }
    }

    /// The rooms that it is in, or was in when it ended; its own first.
    pub fn rooms(&self) -> Vec<String> {
        let joined = self.joined();
        let others = joined.iter().map(|room| room.to_string());
        std::iter::once(self.id().to_owned())
            .chain(others)
            .collect()
    }

    pub(crate) fn runtime(&self) -> Handle {
        self.0.peer.runtime()
    }

    /// Its rooms without its own.
    pub(crate) fn joined(&self) -> Vec<Arc<str>> {
        match self.0.namespace.rooms_of(self) {
            Some(rooms) => rooms,
            None => lock(&self.0.state).left.to_vec(),
        }
    }

    /// A value of the application's that stays with the socket, also through a recovery.
    /// `None` if there is none, or of another type.
    pub fn data<T: DeserializeOwned>(&self) -> Option<T> {
        let data = lock(&self.0.state).data.clone()?;
        serde_json::from_str(&data).ok()
    }

    /// Keeps a value with the socket, see [`Socket::data`].
    ///
    /// # Errors
    /// [`TypeError`] if it cannot be written as JSON.
    pub fn set_data(&self, value: &impl Serialize) -> Result<(), TypeError> {
        let json = Json::write(value)?;
        lock(&self.0.state).data = Some(json.as_str().into());
        Ok(())
    }

    pub(crate) fn saved_data(&self) -> Option<Box<str>> {
        lock(&self.0.state).data.clone()
    }

    /// Ends it. With `close` the session as well, and with that all namespaces of the client.
    pub fn disconnect(&self, close: bool) {
        if close {
            self.0.peer.disconnect();
        } else {
            self.0.peer.leave(self);
        }
    }

    /// Sends a packet to this client alone.
    pub(crate) fn send_body(&self, body: PacketBody) -> Result<(), EmitError> {
        if !self.is_connected() {
            return Err(EmitError::Disconnected);
        }
        let forms = self.0.namespace.forms(body, Flags::default(), None);
        match forms.send_to(self.client()) {
            true => Ok(()),
            false => Err(EmitError::Disconnected),
        }
    }

    /// Who this socket is, as a selection.
    pub(crate) fn selection(&self) -> Selection {
        Selection {
            rooms: vec![self.id().into()],
            except: Vec::new(),
        }
    }

    /// Remembers who waits for an answer of the client. False if too many do, or it has ended.
    pub(crate) fn expect_ack(&self, number: u64, gathering: &Arc<Gathering>) -> bool {
        let mut state = lock(&self.0.state);
        if state.ended.is_some() {
            drop(state);
            gathering.socket_ended();
            return true;
        }
        let asked = state.asked.get_or_insert_default();
        let has_room = asked.len() < limits::ACKS_MAX;
        if has_room {
            asked.insert(number, Arc::clone(gathering));
        }
        has_room
    }

    pub(crate) fn forget_ack(&self, number: u64) {
        drop(self.take_asked(number));
    }

    /// The client answers. An answer that nobody waits for is ignored.
    pub(crate) fn acknowledged(&self, number: u64, data: Data) {
        if let Some(gathering) = self.take_asked(number) {
            gathering.answer(data);
        }
    }

    fn take_asked(&self, number: u64) -> Option<Arc<Gathering>> {
        let mut state = lock(&self.0.state);
        let asked = state.asked.as_mut()?;
        let gathering = asked.remove(&number);
        if asked.is_empty() {
            state.asked = None;
        }
        gathering
    }

    /// It is in: from here on handlers are called. One that has ended already was never there.
    pub(crate) fn begin(&self) {
        {
            let mut state = lock(&self.0.state);
            if state.ended.is_some() {
                state.queue = None;
                return;
            }
            state.has_begun = true;
        }
        self.handle(Occasion::Connected);
    }

    /// The client says something.
    pub(crate) fn received(&self, incoming: Incoming) {
        self.handle_if(Occasion::Event(incoming), |_| true);
    }

    /// The end, once. Its namespace has forgotten it.
    pub(crate) fn end(&self, reason: Reason) {
        let asked = {
            let mut state = lock(&self.0.state);
            if state.ended.is_some() {
                return;
            }
            state.ended = Some(reason);
            state.asked.take()
        };
        {
            // In one step: whoever comes back meanwhile takes the rooms along.
            let mut state = lock(&self.0.state);
            if let Some(left) = self.0.namespace.remove(self) {
                state.left = left.into();
            }
        }
        for gathering in asked.into_iter().flat_map(|asked| asked.into_values()) {
            gathering.socket_ended();
        }
        self.handle_if(Occasion::Disconnected(reason), |state| state.has_begun);
    }

    /// Handles it now, or after what is being handled, if that is still to be done.
    fn handle_if(&self, occasion: Occasion, is_wanted: impl FnOnce(&mut State) -> bool) {
        {
            let mut state = lock(&self.0.state);
            if !is_wanted(&mut state) {
                return;
            }
            if let Some(queue) = &mut state.queue {
                let is_full = !queue.push(occasion);
                drop(state);
                if is_full {
                    tracing::warn!(
                        namespace = %self.0.namespace.name(),
                        "a client sends faster than its handlers work; it is cut off"
                    );
                    self.client().close(CloseReason::ForcedClose);
                }
                return;
            }
            state.queue = Some(Box::default());
        }
        self.handle(occasion);
    }

    /// Handles this and then what waits.
    fn handle(&self, occasion: Occasion) {
        let socket = self.clone();
        run(&self.0.peer.runtime(), async move {
            let mut next = Some(occasion);
            while let Some(occasion) = next {
                socket.call(occasion).await;
                next = socket.next();
            }
        });
    }

    fn next(&self) -> Option<Occasion> {
        let mut state = lock(&self.0.state);
        let next = state.queue.as_mut().and_then(|queue| queue.pop());
        if next.is_none() {
            state.queue = None;
        }
        next
    }

    async fn call(&self, occasion: Occasion) {
        let mut context = self.context(occasion);
        for guard in &self.0.namespace.handlers().event_guards {
            if !matches!(context.occasion, Occasion::Event(_)) {
                break;
            }
            match self.run_handler(guard, &mut context).await {
                Some(Ok(())) => {}
                Some(Err(refused)) => return self.fail(refused.into()).await,
                // One that could not say lets nothing pass.
                None => return,
            }
        }
        let handlers = self.0.namespace.handlers();
        let handler = match &context.occasion {
            Occasion::Event(event) => handlers.events.get(&event.name).or(handlers.other.as_ref()),
            Occasion::Connected => handlers.connect.as_ref(),
            Occasion::Disconnected(_) => handlers.disconnect.as_ref(),
            Occasion::Connecting(_) | Occasion::Error(_) => None,
        };
        if let Some(handler) = handler {
            self.run_handler(handler, &mut context).await;
        }
    }

    /// Calls a handler; what went wrong with that goes to the one for errors.
    async fn run_handler<R>(&self, handler: &Erased<R>, context: &mut Context) -> Option<R> {
        match handler.run(context).await {
            Ok(outcome) => Some(outcome),
            Err(Failed::Extract(error)) => {
                self.fail(SocketError::Handler(Arc::new(error))).await;
                None
            }
            Err(Failed::Panicked) => None,
        }
    }

    async fn fail(&self, error: SocketError) {
        let Some(handler) = &self.0.namespace.handlers().error else {
            tracing::debug!(namespace = %self.0.namespace.name(), %error, "an event was not handled");
            return;
        };
        let mut context = self.context(Occasion::Error(error));
        // What goes wrong there is in the log: there is nobody else to tell.
        let _ = handler.run(&mut context).await;
    }

    fn context(&self, occasion: Occasion) -> Context {
        Context {
            shared: Arc::clone(self.0.peer.shared()),
            namespace: self.0.namespace.clone(),
            handshake: Arc::clone(&self.0.handshake),
            socket: Some(self.clone()),
            occasion,
        }
    }
}

impl Queue {
    /// False if there is no room for it. The end always has.
    fn push(&mut self, occasion: Occasion) -> bool {
        if let Occasion::Event(event) = &occasion {
            self.bytes += event.weight();
            if self.bytes > limits::QUEUE_BYTES_MAX {
                return false;
            }
        }
        self.occasions.push_back(occasion);
        true
    }

    fn pop(&mut self) -> Option<Occasion> {
        let occasion = self.occasions.pop_front()?;
        if let Occasion::Event(event) = &occasion {
            self.bytes = self.bytes.saturating_sub(event.weight());
        }
        Some(occasion)
    }
}

impl PartialEq for Socket {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Socket {}

impl Identified for Socket {
    fn id(&self) -> &str {
        self.id()
    }
}

/// By identity: two handles are equal if they are of the same socket.
impl Hash for Socket {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket({} in {})", self.id(), self.0.namespace.name())
    }
}

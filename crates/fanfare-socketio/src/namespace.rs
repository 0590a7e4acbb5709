//! A namespace: its sockets, its rooms, and what is said to them.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use crate::ack::{AckError, Gathering};
use crate::data::Data;
use crate::emitter::{EmitError, Emitter, Flags, IntoArguments, IntoRooms, event_data};
use crate::forms::{Announcement, Forms};
use crate::handlers::Handlers;
use crate::limits;
use crate::lock::lock;
use crate::log::Log;
use crate::name::NamespaceName;
use crate::packet::PacketBody;
use crate::parser::Parser;
use crate::rooms::{Rooms, Selection};
use crate::socket::Socket;

/// A namespace and its sockets. Cloning makes another handle of the same.
#[derive(Clone)]
pub struct Namespace(Arc<Inner>);

struct Inner {
    name: NamespaceName,
    handlers: Arc<Handlers>,
    parser: Parser,
    /// What was said, for those who come back. None without recovery.
    log: Option<Log>,
    rooms: Mutex<Rooms<Socket>>,
    /// Numbers of events that want an acknowledgement: one for all sockets, so that a broadcast is
    /// the same packet for everybody.
    acks: AtomicU64,
}

/// A namespace that may be gone.
pub(crate) struct WeakNamespace(Weak<Inner>);

impl WeakNamespace {
    pub(crate) fn upgrade(&self) -> Option<Namespace> {
        self.0.upgrade().map(Namespace)
    }

    pub(crate) fn is_there(&self) -> bool {
        self.0.strong_count() > 0
    }
}

/// Sockets that owe an answer. They are let off when nobody waits any more.
pub(crate) struct Asked {
    number: u64,
    sockets: Vec<Socket>,
}

impl Asked {
    pub(crate) fn is_nobody(&self) -> bool {
        self.sockets.is_empty()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        for socket in &self.sockets {
            socket.forget_ack(self.number);
        }
    }
}

impl Namespace {
    pub(crate) fn new(
        name: NamespaceName,
        handlers: Arc<Handlers>,
        parser: Parser,
        log: Option<Log>,
    ) -> Self {
        Self(Arc::new(Inner {
            name,
            handlers,
            parser,
            log,
            rooms: Mutex::default(),
            acks: AtomicU64::new(0),
        }))
    }

    /// Its name.
    pub fn name(&self) -> &NamespaceName {
        &self.0.name
    }

    /// An emitter to everybody in any of these rooms.
    pub fn to(&self, rooms: impl IntoRooms) -> Emitter {
        self.everybody().to(rooms)
    }

    /// An emitter to everybody who is in none of these rooms.
    pub fn except(&self, rooms: impl IntoRooms) -> Emitter {
        self.everybody().except(rooms)
    }

    /// An emitter to everybody.
    pub fn everybody(&self) -> Emitter {
        Emitter::new(self.clone())
    }

    /// Sends an event to everybody.
    ///
    /// # Errors
    /// As for [`Emitter::emit`].
    pub fn emit(&self, event: &str, arguments: impl IntoArguments) -> Result<(), EmitError> {
        self.everybody().emit(event, arguments)
    }

    /// Sends an event to everybody and waits for all answers, see [`Emitter::emit_with_ack`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn emit_with_ack(
        &self,
        event: &str,
        arguments: impl IntoArguments,
        timeout: Duration,
    ) -> Result<Vec<Data>, AckError> {
        self.everybody()
            .emit_with_ack(event, arguments, timeout)
            .await
    }

    /// Makes an event that is encoded once, whoever it is sent to. It is in no log and carries no
    /// offset but what the application puts into it.
    ///
    /// # Errors
    /// [`EmitError`] if the arguments cannot be written, or the name is reserved.
    pub fn announcement(
        &self,
        event: &str,
        arguments: impl IntoArguments,
    ) -> Result<Announcement, EmitError> {
        let data = event_data(event, arguments)?;
        let body = event_body(event, data, None);
        Ok(Announcement(self.forms(body, Flags::default(), None)))
    }

    /// Everybody, at this moment.
    pub fn sockets(&self) -> Vec<Socket> {
        self.select(&Selection::default())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        lock(&self.0.rooms).len()
    }

    /// The socket of this id.
    pub fn socket(&self, id: &str) -> Option<Socket> {
        lock(&self.0.rooms).get(id).cloned()
    }

    /// The names of all rooms that somebody has joined, without those that sockets have for
    /// themselves. In no order.
    pub fn rooms(&self) -> Vec<Arc<str>> {
        lock(&self.0.rooms).names().cloned().collect()
    }

    pub(crate) fn downgrade(&self) -> WeakNamespace {
        WeakNamespace(Arc::downgrade(&self.0))
    }

    pub(crate) fn handlers(&self) -> &Handlers {
        &self.0.handlers
    }

    pub(crate) fn log(&self) -> Option<&Log> {
        self.0.log.as_ref()
    }

    /// The log, if it keeps events.
    fn events(&self) -> Option<&Log> {
        self.log().filter(|log| log.keeps_events())
    }

    pub(crate) fn select(&self, selection: &Selection) -> Vec<Socket> {
        lock(&self.0.rooms).select(selection)
    }

    pub(crate) fn insert(&self, socket: &Socket) {
        let mut rooms = lock(&self.0.rooms);
        // Whoever ends it marks it first and then takes it out.
        if socket.is_connected() {
            // The broken connection that this one goes on for may still be on its way out.
            rooms.remove(socket.id());
            rooms.insert(socket.clone());
        }
    }

    /// Forgets a socket and returns its rooms. None if it was not there.
    pub(crate) fn remove(&self, socket: &Socket) -> Option<Vec<Arc<str>>> {
        let mut rooms = lock(&self.0.rooms);
        // One that was recovered has the same id.
        let is_member = rooms.get(socket.id()) == Some(socket);
        is_member.then(|| rooms.remove(socket.id())).flatten()
    }

    pub(crate) fn enter(&self, socket: &Socket, room: &str) -> bool {
        lock(&self.0.rooms).join(socket.id(), room, limits::ROOMS_MAX)
    }

    pub(crate) fn exit(&self, socket: &Socket, room: &str) {
        lock(&self.0.rooms).leave(socket.id(), room);
    }

    pub(crate) fn rooms_of(&self, socket: &Socket) -> Option<Vec<Arc<str>>> {
        lock(&self.0.rooms).rooms_of(socket.id())
    }

    /// A packet of this namespace.
    pub(crate) fn forms(&self, body: PacketBody, flags: Flags, offset: Option<Box<str>>) -> Forms {
        Forms::new(self.0.parser, self.0.name.clone(), body, flags, offset)
    }

    /// Sends an event to all whom a selection means.
    pub(crate) fn announce(&self, selection: &Selection, event: &str, data: Data, flags: Flags) {
        match self.events() {
            Some(log) if !flags.is_volatile => {
                log.append(self, selection.clone(), event, data, flags)
            }
            log => {
                let offset = log.and_then(Log::offset);
                let forms = self.forms(event_body(event, data, None), flags, offset);
                deliver(&forms, &self.select(selection));
            }
        }
    }

    /// Sends an event to one socket.
    pub(crate) fn tell(
        &self,
        socket: &Socket,
        event: &str,
        data: Data,
        flags: Flags,
    ) -> Result<(), EmitError> {
        match self.events() {
            // One that has ended may come back for it.
            Some(log) if !flags.is_volatile => {
                log.append(self, socket.selection(), event, data, flags);
                Ok(())
            }
            _ if !socket.is_connected() => Err(EmitError::Disconnected),
            log => {
                let offset = log.and_then(Log::offset);
                let forms = self.forms(event_body(event, data, None), flags, offset);
                forms.send_to(socket.client());
                Ok(())
            }
        }
    }

    /// Sends an event that sockets have to answer, but for those that owe too many answers. It is in
    /// no log: an answer to a question from another life would find nobody.
    pub(crate) fn ask(
        &self,
        mut sockets: Vec<Socket>,
        event: &str,
        data: Data,
        flags: Flags,
        gathering: &Arc<Gathering>,
    ) -> Asked {
        let number = self.0.acks.fetch_add(1, Ordering::Relaxed);
        sockets.retain(|socket| socket.expect_ack(number, gathering));
        let forms = self.forms(event_body(event, data, Some(number)), flags, None);
        deliver(&forms, &sockets);
        Asked { number, sockets }
    }
}

/// Sends a packet to sockets.
pub(crate) fn deliver(forms: &Forms, sockets: &[Socket]) {
    for socket in sockets {
        forms.send_to(socket.client());
    }
}

pub(crate) fn event_body(event: &str, data: Data, ack: Option<u64>) -> PacketBody {
    PacketBody::Event {
        ack,
        name: event.into(),
        data,
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Namespace({})", self.0.name)
    }
}

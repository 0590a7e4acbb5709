//! Sending to many.

use std::sync::Arc;
use std::time::Duration;

use crate::ack::{AckError, Gathering};
use crate::data::Data;
use crate::json::{Json, TypeError};
use crate::namespace::Namespace;
use crate::packet::RESERVED_EVENTS;
use crate::rooms::Selection;
use crate::socket::{JoinError, Socket};
use crate::value::Value;

/// Says something to some of the sockets of a namespace. Made by [`Namespace`] and [`Socket`], and
/// narrowed by its own methods; those combine.
///
/// A packet is encoded once for all who receive it.
#[derive(Clone, Debug)]
#[must_use = "an emitter does nothing before it is told to"]
pub struct Emitter {
    namespace: Namespace,
    selection: Selection,
    flags: Flags,
}

/// How a packet is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    /// To nobody who would have to wait for it.
    pub(crate) is_volatile: bool,
    /// Never deflated.
    pub(crate) is_plain: bool,
}

/// Names of rooms: one, or several in an array, a slice or a vector.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no rooms",
    label = "pass a name, or several: `\"lobby\"`, `&name`, `[\"one\", \"other\"]`, `&names`",
    note = "a name is a `String`, an `Arc<str>` or a reference to text"
)]
pub trait IntoRooms {
    /// The names.
    fn into_rooms(self) -> Vec<Box<str>>;
}

/// What an event or an acknowledgement can carry: a reference to anything serializable (a tuple is
/// a list of arguments, `&()` is none), a `String`, a [`Value`], or [`Data`] as it came from somebody.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the arguments of an event",
    label = "pass a reference to something serializable",
    note = "a reference to whatever implements `serde::Serialize` is one argument: `&value`",
    note = "a reference to a tuple is a list of arguments, `&()` is none: `&(one, two)`"
)]
pub trait IntoArguments {
    /// The arguments.
    ///
    /// # Errors
    /// [`TypeError`] if they cannot be written.
    fn into_arguments(self) -> Result<Data, TypeError>;
}

/// Why an event was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmitError {
    /// The socket has ended.
    #[error("the socket is disconnected")]
    Disconnected,
    /// Clients take these names for call-backs and end the connection.
    #[error("{0:?} is the name of a call-back, no event can have it")]
    Reserved(String),
    /// As many answers are awaited of this one socket as
    /// [`ACKS_MAX`](crate::limits::ACKS_MAX). Wait for some of them.
    #[error("the client owes too many acknowledgements already")]
    TooManyAcks,
    /// The arguments cannot be written.
    #[error("the arguments cannot be written: {0}")]
    Type(String),
}

impl From<TypeError> for EmitError {
    fn from(error: TypeError) -> Self {
        Self::Type(error.to_string())
    }
}

impl<T: serde::Serialize + ?Sized> IntoArguments for &T {
    fn into_arguments(self) -> Result<Data, TypeError> {
        Data::write(self)
    }
}

/// One argument.
impl IntoArguments for String {
    fn into_arguments(self) -> Result<Data, TypeError> {
        Data::write(&self)
    }
}

impl IntoArguments for Data {
    fn into_arguments(self) -> Result<Data, TypeError> {
        Ok(self)
    }
}

/// Copies it: attachments are shared.
impl IntoArguments for &Data {
    fn into_arguments(self) -> Result<Data, TypeError> {
        Ok(self.clone())
    }
}

/// One argument.
impl IntoArguments for Json<'_> {
    fn into_arguments(self) -> Result<Data, TypeError> {
        Value::Json(self).into_arguments()
    }
}

/// One argument.
impl IntoArguments for Value<'_> {
    fn into_arguments(self) -> Result<Data, TypeError> {
        Ok(Data::of(&[self]))
    }
}

/// One argument after the other.
impl IntoArguments for Vec<Value<'_>> {
    fn into_arguments(self) -> Result<Data, TypeError> {
        Ok(Data::of(&self))
    }
}

/// Not for whatever is text: lists could not be told from it.
macro_rules! implement_into_rooms {
    ($($name:ty),*) => {$(
        impl IntoRooms for $name {
            fn into_rooms(self) -> Vec<Box<str>> {
                let name: &str = self.as_ref();
                vec![name.into()]
            }
        }
    )*};
}

implement_into_rooms!(&str, &&str, String, &String, Arc<str>, &Arc<str>);

impl<S: AsRef<str>> IntoRooms for &[S] {
    fn into_rooms(self) -> Vec<Box<str>> {
        self.iter().map(|room| room.as_ref().into()).collect()
    }
}

impl<S: AsRef<str>, const N: usize> IntoRooms for [S; N] {
    fn into_rooms(self) -> Vec<Box<str>> {
        self.as_slice().into_rooms()
    }
}

impl<S: AsRef<str>, const N: usize> IntoRooms for &[S; N] {
    fn into_rooms(self) -> Vec<Box<str>> {
        self.as_slice().into_rooms()
    }
}

impl<S: AsRef<str>> IntoRooms for Vec<S> {
    fn into_rooms(self) -> Vec<Box<str>> {
        self.as_slice().into_rooms()
    }
}

impl<S: AsRef<str>> IntoRooms for &Vec<S> {
    fn into_rooms(self) -> Vec<Box<str>> {
        self.as_slice().into_rooms()
    }
}

impl Emitter {
    pub(crate) fn new(namespace: Namespace) -> Self {
        Self {
            namespace,
            selection: Selection::default(),
            flags: Flags::default(),
        }
    }

    /// To everybody in any of these rooms, each once. Rooms add to those that were named before; a
    /// socket's id is a room.
    pub fn to(mut self, rooms: impl IntoRooms) -> Self {
        self.selection.rooms.extend(rooms.into_rooms());
        self
    }

    /// To nobody in any of these rooms.
    pub fn except(mut self, rooms: impl IntoRooms) -> Self {
        self.selection.except.extend(rooms.into_rooms());
        self
    }

    /// Only to those to whom it can be sent at once: for what is old in a moment.
    pub fn volatile(mut self) -> Self {
        self.flags.is_volatile = true;
        self
    }

    /// Not deflated: for what is compressed already.
    pub fn uncompressed(mut self) -> Self {
        self.flags.is_plain = true;
        self
    }

    /// To sockets of this node only. There is no other yet.
    pub fn local(self) -> Self {
        self
    }

    /// Sends an event.
    ///
    /// # Errors
    /// [`EmitError`]; nothing was sent then. That nobody is meant is no error.
    pub fn emit(&self, event: &str, arguments: impl IntoArguments) -> Result<(), EmitError> {
        let data = event_data(event, arguments)?;
        self.namespace
            .announce(&self.selection, event, data, self.flags);
        Ok(())
    }

    /// Sends the event `message`.
    ///
    /// # Errors
    /// As for [`Emitter::emit`].
    pub fn send(&self, arguments: impl IntoArguments) -> Result<(), EmitError> {
        self.emit("message", arguments)
    }

    /// Sends an event and waits until everybody to whom it went has acknowledged it. Returns the
    /// arguments of their answers in the order in which they came.
    ///
    /// # Errors
    /// [`AckError::Timeout`] with what came, if somebody did not answer. Who owes
    /// [`ACKS_MAX`](crate::limits::ACKS_MAX) answers already is not asked, and does not answer.
    ///
    /// # Cancel safety
    /// The event is sent when the future is first polled; dropping it forgets the answers.
    pub async fn emit_with_ack(
        &self,
        event: &str,
        arguments: impl IntoArguments,
        timeout: Duration,
    ) -> Result<Vec<Data>, AckError> {
        let data = event_data(event, arguments)?;
        let sockets = self.sockets();
        let gathering = Gathering::new(sockets.len(), false);
        let _asked = self
            .namespace
            .ask(sockets, event, data, self.flags, &gathering);
        gathering.wait(timeout).await
    }

    /// Those who are meant, at this moment.
    pub fn sockets(&self) -> Vec<Socket> {
        self.namespace.select(&self.selection)
    }

    /// Puts all of them into more rooms.
    ///
    /// # Errors
    /// The first [`JoinError`]; the others have joined.
    pub fn join(&self, rooms: impl IntoRooms) -> Result<(), JoinError> {
        let rooms = rooms.into_rooms();
        let joined = self
            .sockets()
            .into_iter()
            .map(|socket| socket.join(&*rooms));
        joined.fold(Ok(()), Result::and)
    }

    /// Takes all of them out of rooms.
    pub fn leave(&self, rooms: impl IntoRooms) {
        let rooms = rooms.into_rooms();
        for socket in self.sockets() {
            socket.leave(&*rooms);
        }
    }

    /// Ends all of them, see [`Socket::disconnect`].
    pub fn disconnect(&self, close: bool) {
        for socket in self.sockets() {
            socket.disconnect(close);
        }
    }
}

/// Name and arguments as they stand in a packet.
pub(crate) fn event_data(event: &str, arguments: impl IntoArguments) -> Result<Data, EmitError> {
    if RESERVED_EVENTS.contains(&event) {
        return Err(EmitError::Reserved(event.to_owned()));
    }
    Ok(arguments.into_arguments()?.with_first(event))
}

//! What a handler is called for, and what it can ask for.

use std::any::{TypeId, type_name};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::ack::Ack;
use crate::data::Data;
use crate::handlers::Refused;
use crate::handshake::Handshake;
use crate::io::Shared;
use crate::json::TypeError;
use crate::namespace::Namespace;
use crate::newcomer::Newcomer;
use crate::reason::Reason;
use crate::socket::Socket;

/// What a handler is called for.
#[derive(Debug)]
pub struct Context {
    pub(crate) shared: Arc<Shared>,
    pub(crate) namespace: Namespace,
    pub(crate) handshake: Arc<Handshake>,
    /// None while the client is not in yet.
    pub(crate) socket: Option<Socket>,
    pub(crate) occasion: Occasion,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Occasion {
    Connecting(Newcomer),
    Connected,
    Disconnected(Reason),
    Event(Incoming),
    Error(SocketError),
}

/// An event on its way to a handler.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    pub(crate) name: Box<str>,
    /// Name and arguments.
    pub(crate) data: Data,
    pub(crate) ack: Option<u64>,
}

impl Incoming {
    /// Bytes that it takes while it waits for a handler.
    pub(crate) fn weight(&self) -> usize {
        let attachments = self.data.attachments().iter().map(bytes::Bytes::len);
        size_of::<Self>() + self.data.json().as_str().len() + attachments.sum::<usize>()
    }
}

/// Something that a handler can ask for.
pub trait FromContext: Sized {
    /// Takes it out of the context.
    ///
    /// # Errors
    /// [`ExtractError`] if it is not there.
    fn from_context(context: &mut Context) -> Result<Self, ExtractError>;
}

/// Why a handler could not be called. Clients are not told: mistakes of the program are errors in
/// the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The handler asks for something that such an occasion does not have: a mistake in the
    /// program.
    #[error("a handler asks for {0}, which there is not here")]
    Missing(&'static str),
    /// The handler asks for state that was not given to
    /// [`Builder::state`](crate::Builder::state).
    #[error("a handler asks for state of type {0}, which was not given to the builder")]
    NoState(&'static str),
    /// What the client sent does not fit the type.
    #[error("what the client sent does not fit the handler: {0}")]
    Type(#[from] TypeError),
}

/// Why an event was not handled.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// A guard refused it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The handler could not be called.
    #[error("{0}")]
    Handler(Arc<ExtractError>),
}

/// Arguments of the event as a type: a tuple takes one after the other, `()` none, any other type
/// the first. Bytes are read where the client put them.
#[derive(Clone, Copy, Debug)]
pub struct Args<T>(pub T);

/// The client's credentials as a type.
#[derive(Clone, Copy, Debug)]
pub struct Auth<T>(pub T);

/// State of the application, as given to [`Builder::state`](crate::Builder::state).
#[derive(Debug)]
pub struct State<T>(pub Arc<T>);

/// An event as it came: to be sent on, or looked at.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name.
    pub name: Box<str>,
    /// Its arguments.
    pub arguments: Data,
}

impl ExtractError {
    /// Whether the program has to change, rather than what the client sends.
    pub(crate) fn is_of_program(&self) -> bool {
        !matches!(self, Self::Type(_))
    }
}

impl Context {
    /// The name of the event, if it is about one.
    pub(crate) fn event_name(&self) -> Option<&str> {
        self.incoming().ok().map(|event| &*event.name)
    }

    pub(crate) fn incoming(&self) -> Result<&Incoming, ExtractError> {
        match &self.occasion {
            Occasion::Event(incoming) => Ok(incoming),
            _ => Err(ExtractError::Missing("an event")),
        }
    }
}

impl FromContext for Socket {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        context
            .socket
            .clone()
            .ok_or(ExtractError::Missing("a socket"))
    }
}

impl FromContext for Namespace {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        Ok(context.namespace.clone())
    }
}

impl FromContext for Arc<Handshake> {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        Ok(Self::clone(&context.handshake))
    }
}

impl FromContext for Reason {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        match context.occasion {
            Occasion::Disconnected(reason) => Ok(reason),
            _ => Err(ExtractError::Missing("the reason of an end")),
        }
    }
}

impl FromContext for SocketError {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        match &context.occasion {
            Occasion::Error(error) => Ok(error.clone()),
            _ => Err(ExtractError::Missing("an error")),
        }
    }
}

impl FromContext for Event {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        let incoming = context.incoming()?;
        Ok(Self {
            name: incoming.name.clone(),
            arguments: incoming.data.without_first(),
        })
    }
}

/// The arguments as they came.
impl FromContext for Data {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        Ok(context.incoming()?.data.without_first())
    }
}

impl<T: DeserializeOwned> FromContext for Args<T> {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        Ok(Self(context.incoming()?.data.without_first().read()?))
    }
}

/// Does nothing if the client does not wait for an acknowledgement.
impl FromContext for Ack {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        let number = context.incoming()?.ack;
        let socket = Socket::from_context(context)?;
        Ok(Self::new(socket, number))
    }
}

impl<T: DeserializeOwned> FromContext for Auth<T> {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        Ok(Self(context.handshake.auth_as()?))
    }
}

impl<T: Send + Sync + 'static> FromContext for State<T> {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        let state = context.shared.state.get(&TypeId::of::<T>());
        let state = state.and_then(|it| Arc::clone(it).downcast().ok());
        state
            .map(Self)
            .ok_or_else(|| ExtractError::NoState(type_name::<T>()))
    }
}

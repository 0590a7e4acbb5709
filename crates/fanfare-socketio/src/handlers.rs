//! What a namespace does: its handlers.

use std::collections::HashMap;

use crate::handler::{Erased, Handler};
use crate::json::{Json, TypeError};

/// What a namespace does. Made once, then shared by all its sockets: a socket costs nothing for
/// them.
///
/// Handlers of one socket run one after the other, in the order of what happened; those of
/// different sockets beside each other. One that waits holds up the later events of its socket, so
/// spawn what takes long. Acknowledgements do not wait for handlers: one may await them.
///
/// A handler that panics costs its event and an error in the log.
#[derive(Debug, Default)]
pub struct Handlers {
    pub(crate) guards: Vec<Erased<Result<(), Refused>>>,
    pub(crate) event_guards: Vec<Erased<Result<(), Refused>>>,
    pub(crate) connect: Option<Erased<()>>,
    pub(crate) disconnect: Option<Erased<()>>,
    pub(crate) error: Option<Erased<()>>,
    pub(crate) events: HashMap<Box<str>, Erased<()>>,
    pub(crate) other: Option<Erased<()>>,
}

/// Why a guard does not let a client or an event pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    pub(crate) message: String,
    pub(crate) data: Option<Json<'static>>,
}

impl Refused {
    /// With a sentence for the client.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            data: None,
        }
    }

    /// And with data for its program: `error.data` there.
    ///
    /// # Errors
    /// [`TypeError`] if it cannot be written as JSON.
    pub fn with_data(self, data: &impl serde::Serialize) -> Result<Self, TypeError> {
        Ok(Self {
            data: Some(Json::write(data)?),
            ..self
        })
    }
}

/// For guards whose data cannot be written: the client hears no more than that.
impl From<TypeError> for Refused {
    fn from(_: TypeError) -> Self {
        Self::new("Internal error")
    }
}

impl Handlers {
    /// Nothing: everybody is let in, and nothing that they say has an effect.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asked before a client is let in, after the guards before it: the reference's `use` of a
    /// namespace. There is no [`Socket`](crate::Socket) yet.
    #[must_use]
    pub fn guard<M: 'static>(mut self, guard: impl Handler<M, Result<(), Refused>>) -> Self {
        self.guards.push(Erased::new(guard));
        self
    }

    /// Asked before an event is handled: the reference's `use` of a socket. What it refuses goes to
    /// [`Handlers::on_error`].
    #[must_use]
    pub fn guard_event<M: 'static>(mut self, guard: impl Handler<M, Result<(), Refused>>) -> Self {
        self.event_guards.push(Erased::new(guard));
        self
    }

    /// A client is in. Comes before everything that it says.
    #[must_use]
    pub fn on_connect<M: 'static>(mut self, handler: impl Handler<M, ()>) -> Self {
        self.connect = Some(Erased::new(handler));
        self
    }

    /// A socket has ended: once, last. Ask for the [`Reason`](crate::Reason). The socket still
    /// knows the rooms that it was in.
    #[must_use]
    pub fn on_disconnect<M: 'static>(mut self, handler: impl Handler<M, ()>) -> Self {
        self.disconnect = Some(Erased::new(handler));
        self
    }

    /// An event was not handled: a guard refused it, or its arguments do not fit the handler. Ask
    /// for the [`SocketError`](crate::SocketError). Without this it goes to the log.
    #[must_use]
    pub fn on_error<M: 'static>(mut self, handler: impl Handler<M, ()>) -> Self {
        self.error = Some(Erased::new(handler));
        self
    }

    /// An event of this name. The last handler of a name counts.
    #[must_use]
    pub fn on<M: 'static>(mut self, event: &str, handler: impl Handler<M, ()>) -> Self {
        self.events.insert(event.into(), Erased::new(handler));
        self
    }

    /// What clients send with `socket.send(…)`: the event `message`.
    #[must_use]
    pub fn on_message<M: 'static>(self, handler: impl Handler<M, ()>) -> Self {
        self.on("message", handler)
    }

    /// Every event that has no handler by its name. Ask for the [`Event`](crate::Event).
    #[must_use]
    pub fn on_other<M: 'static>(mut self, handler: impl Handler<M, ()>) -> Self {
        self.other = Some(Erased::new(handler));
        self
    }
}

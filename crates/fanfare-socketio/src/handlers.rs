//! What a namespace does: its handlers.

use std::collections::HashMap;

use crate::handler::{Erased, Failed, Handler};
use crate::json::{Json, TypeError};
use crate::packet::RESERVED_EVENTS;

/// What a namespace does. Made once, then shared by all its sockets: a socket costs nothing for
/// them.
///
/// Handlers of one socket run one after the other, in the order of what happened; those of
/// different sockets beside each other. One that waits holds up the later events of its socket, so
/// spawn what takes long. Acknowledgements do not wait for handlers: one may await them.
///
/// A handler that panics costs its event and an error in the log, as does one that asks for what
/// there is not. A guard of whom that is true lets nobody pass.
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

    fn internal() -> Self {
        Self::new("Internal error")
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
        Self::internal()
    }
}

/// For guards that have not answered: what is wrong with the program is not the client's business,
/// and of serde's sentences neither side has much.
impl From<Failed> for Refused {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Extract(error) if !error.is_of_program() => {
                Self::new("The credentials do not have the expected form")
            }
            Failed::Extract(_) | Failed::Panicked => Self::internal(),
        }
    }
}

impl Handlers {
    /// Nothing: everybody is let in, and nothing that they say has an effect.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asked before a client is let in, after the guards before it: the reference's `use` of a
    /// namespace. There is no [`Socket`](crate::Socket) yet.
    ///
    /// A client whose [`Auth`](crate::Auth) does not fit the type is refused as well.
    #[must_use]
    pub fn guard<M: 'static>(mut self, guard: impl Handler<M, Result<(), Refused>>) -> Self {
        self.guards.push(Erased::new("guard", guard));
        self
    }

    /// Asked before an event is handled: the reference's `use` of a socket. What it refuses goes to
    /// [`Handlers::on_error`].
    #[must_use]
    pub fn guard_event<M: 'static>(mut self, guard: impl Handler<M, Result<(), Refused>>) -> Self {
        self.event_guards.push(Erased::new("guard_event", guard));
        self
    }

    /// A client is in. Comes before everything that it says.
    #[must_use]
    pub fn on_connect<M: 'static>(mut self, handler: impl Handler<M, ()>) -> Self {
        self.connect = Some(Erased::new("on_connect", handler));
        self
    }

    /// A socket has ended: once, last. Ask for the [`Reason`](crate::Reason). The socket still
    /// knows the rooms that it was in.
    #[must_use]
    pub fn on_disconnect<M: 'static>(mut self, handler: impl Handler<M, ()>) -> Self {
        self.disconnect = Some(Erased::new("on_disconnect", handler));
        self
    }

    /// An event was not handled: a guard refused it, or its arguments do not fit the handler. Ask
    /// for the [`SocketError`](crate::SocketError). Without this it goes to the log.
    #[must_use]
    pub fn on_error<M: 'static>(mut self, handler: impl Handler<M, ()>) -> Self {
        self.error = Some(Erased::new("on_error", handler));
        self
    }

    /// An event of this name. The last handler of a name counts.
    ///
    /// Names that no client can send ([`RESERVED_EVENTS`]) are left out, with a warning in the log:
    /// for the beginning and the end of a socket there are [`on_connect`](Self::on_connect) and
    /// [`on_disconnect`](Self::on_disconnect).
    #[must_use]
    pub fn on<M: 'static>(mut self, event: &str, handler: impl Handler<M, ()>) -> Self {
        if RESERVED_EVENTS.contains(&event) {
            warn_of_reserved(event);
        } else {
            let handler = Erased::new("on", handler);
            self.events.insert(event.into(), handler);
        }
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
        self.other = Some(Erased::new("on_other", handler));
        self
    }
}

/// Somebody waits for what never comes: elsewhere these are events like others.
fn warn_of_reserved(event: &str) {
    let instead = match event {
        "connect" => Some("on_connect"),
        "disconnect" | "disconnecting" => Some("on_disconnect"),
        _ => None,
    };
    tracing::warn!(
        event,
        instead,
        "no client can send an event of this name; its handler is left out"
    );
}

//! What runs on top in these tests.

use std::sync::Arc;

use fanfare_socketio::engine::{
    Application, Client, CloseReason, Conversation, Parcel, Received, Refusal,
};
use http::request::Parts;
use tokio::sync::mpsc;

/// Sends every message back, as the contract wants it, and tells how sessions end.
pub(crate) struct Echo {
    ends: mpsc::Sender<CloseReason>,
}

/// The ends of sessions, in their order.
pub(crate) type Ends = mpsc::Receiver<CloseReason>;

struct Echoing {
    ends: mpsc::Sender<CloseReason>,
}

impl Echo {
    pub(crate) fn new() -> (Self, Ends) {
        let (ends, receiver) = mpsc::channel(1_024);
        (Self { ends }, receiver)
    }
}

impl Application for Echo {
    fn admit(&self, request: &Parts) -> Result<(), Refusal> {
        match request.uri.query() {
            Some(query) if query.contains("deny=1") => {
                Err(Refusal::Forbidden(Some("denied by contract".into())))
            }
            _ => Ok(()),
        }
    }

    fn open(&self, _client: &Client, _request: &Parts) -> Box<dyn Conversation> {
        let ends = self.ends.clone();
        Box::new(Echoing { ends })
    }
}

impl Conversation for Echoing {
    fn message(&mut self, message: Received, client: &Client) {
        client.send(&match message {
            Received::Binary(bytes) => Parcel::binary(bytes),
            Received::Text(text) => Parcel::text(&text),
        });
    }

    fn closed(&mut self, reason: CloseReason, _client: &Client) {
        // Nobody listens once the test is over.
        self.ends.try_send(reason).ok();
    }
}

/// A conversation made of closures, for tests that want their own.
pub(crate) struct With<M>(pub(crate) M);

/// What [`With`] is asked for: the reaction to a message.
pub(crate) type React = Box<dyn FnMut(&str, &Client) + Send>;

struct Reacting(React);

impl<M: Fn(&Client) -> React + Send + Sync + 'static> Application for With<M> {
    fn open(&self, client: &Client, _request: &Parts) -> Box<dyn Conversation> {
        Box::new(Reacting((self.0)(client)))
    }
}

impl Conversation for Reacting {
    fn message(&mut self, message: Received, client: &Client) {
        if let Received::Text(text) = message {
            (self.0)(&text, client);
        }
    }

    fn closed(&mut self, reason: CloseReason, client: &Client) {
        (self.0)(reason.as_str(), client);
    }
}

/// A place for what a test has seen.
pub(crate) type Seen = Arc<std::sync::Mutex<Vec<String>>>;

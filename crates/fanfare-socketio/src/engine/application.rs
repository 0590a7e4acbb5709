//! What runs on top of sessions.

use std::time::Instant;

use http::request::Parts;

use super::client::Client;
use super::refusal::Refusal;
use super::session::{CloseReason, Received};

/// What all sessions of a mount are for.
///
/// Nothing here may block: it runs where requests and frames are read.
pub trait Application: Send + Sync + 'static {
    /// Decides whether a handshake may open a session; the reference's `allowRequest`.
    ///
    /// # Errors
    /// What the client is told: [`Refusal::Forbidden`], as a rule.
    fn admit(&self, request: &Parts) -> Result<(), Refusal> {
        let _ = request;
        Ok(())
    }

    /// A session has opened. What is sent before this returns shares the first answer with the
    /// open packet.
    fn open(&self, client: &Client, request: &Parts) -> Box<dyn Conversation>;
}

/// The application's side of one session.
///
/// Calls never overlap and come in order, from whatever thread has something to say. No lock is
/// held meanwhile, so they may call any method of [`Client`], of this session or another. They must
/// not block. One that panics costs its session.
pub trait Conversation: Send + 'static {
    /// A message came.
    fn message(&mut self, message: Received, client: &Client);

    /// The session is over. Exactly once, and last.
    fn closed(&mut self, reason: CloseReason, client: &Client);

    /// When [`Conversation::tick`] wants to be called; asked for after each call.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The deadline has come.
    fn tick(&mut self, now: Instant, client: &Client) {
        let _ = (now, client);
    }
}

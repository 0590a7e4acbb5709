//! What runs on the sessions.

use super::conn::Conn;
use super::message::Message;
use super::session::DisconnectReason;

/// An application.
///
/// The calls about one session come one after another: [`App::connect`], its messages,
/// [`App::disconnect`] exactly once. Those about different sessions come at the same time, on
/// threads that serve requests: do not block. No lock is held meanwhile, so all of [`Conn`] and
/// [`Museum`](super::Museum) may be called.
pub trait App: Send + Sync + 'static {
    /// A session has opened. What is sent now goes out together with its id.
    fn connect(&self, conn: &Conn) {
        let _ = conn; // Not of interest to every application.
    }

    /// The client says something.
    fn message(&self, conn: &Conn, message: Message);

    /// The session has ended; it is not among those of the museum any more.
    fn disconnect(&self, conn: &Conn, reason: DisconnectReason) {
        let _ = (conn, reason); // Not of interest to every application.
    }
}

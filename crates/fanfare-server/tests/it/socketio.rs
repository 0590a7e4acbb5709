//! `/socket.io/`: channels for the official clients, and for bytes written by hand.

mod admission;
mod asking;
mod cursors;
mod every_transport;
mod generations;
mod hostile;
mod messages;
mod operation;
pub(crate) mod peer;
mod recovery;
mod requests;

//! `/socket.io/`: channels for the official clients, and for bytes written by hand.

mod admission;
mod cursors;
mod every_transport;
mod messages;
mod operation;
mod peer;
mod requests;

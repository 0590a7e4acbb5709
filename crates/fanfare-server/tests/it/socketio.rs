//! `/socket.io/`: channels for the official clients, and for bytes written by hand.

mod cursors;
mod every_transport;
mod messages;
mod peer;
mod requests;

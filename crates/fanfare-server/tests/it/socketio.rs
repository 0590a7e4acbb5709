//! `/socket.io/`: channels for the official clients, and for bytes written by hand.

mod every_transport;

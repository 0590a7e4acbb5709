//! RFC 6455 and RFC 7692 codec without I/O, made for one encoded frame shared by many connections.
//!
//! Two facts shape it. A connection that waits holds nothing: a [`Decoder`] is two words, and has a
//! buffer only between the first and the last byte of a frame or message that came in parts. A
//! message that a thousand connections hear is encoded once: what [`frame`] makes is a whole frame
//! in one [`Bytes`](bytes::Bytes), and compression never looks back at earlier messages (no context
//! takeover), so a compressed frame can be shared as well as a plain one.
//!
//! How the parts meet:
//!
//! ```text
//! header fields ─ Offer::read ─▶ Offer ─ accept_value, choose_protocol, deflate ─▶ 101 response
//! bytes read    ─ Decoder::decode ─▶ Event, or Violation ─ close_frame ─▶ bytes to write
//! messages      ─ frame::encode, encode_deflated, close, ping ─▶ Bytes to write, to whom it may concern
//! ```
//!
//! ```
//! use fanfare_websocket::{Decoder, Event, MessageKind, Role, Settings, frame};
//!
//! let mut decoder = Decoder::new(Settings {
//!     role: Role::Server,
//!     message_bytes_max: 1 << 20,
//!     deflate: false,
//! });
//! // What a client sends: masked frames, cut as the network likes.
//! let mut read = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
//! let mut write = Vec::new();
//! let mut input = &mut read[..];
//! while let Some(event) = decoder.decode(&mut input)? {
//!     match event {
//!         Event::Text(text) => write.push(frame::encode(MessageKind::Text, text.as_bytes())),
//!         Event::Binary(bytes) => write.push(frame::encode(MessageKind::Binary, &bytes)),
//!         Event::Ping(payload) => write.push(frame::pong(&payload)),
//!         Event::Pong(_) => {}
//!         Event::Close(received) => write.push(frame::close_echo(received.as_ref())),
//!     }
//! }
//! assert_eq!(write, [&b"\x81\x05Hello"[..]]);
//! # Ok::<(), fanfare_websocket::Violation>(())
//! ```
//!
//! Reading order: [`handshake`], [`frame`], [`close`], [`event`], [`decoder`], [`violation`],
//! [`limits`].
//!
//! Sockets, time, when to ping, how long to wait for the peer's close and what a message means
//! belong to others: nothing here knows of them.

pub mod close;
pub mod decoder;
mod deflate;
pub mod event;
pub mod frame;
pub mod handshake;
pub mod limits;
mod mask;
mod opcode;
mod text;
pub mod violation;

pub use close::{CloseCode, CloseFrame};
pub use decoder::{Decoder, Role, Settings};
pub use deflate::Level;
pub use event::Event;
pub use handshake::{Deflate, HandshakeError, Offer};
pub use opcode::{MessageKind, Opcode};
pub use violation::Violation;

//! Server-Sent Events: validated events, encoder, incremental decoder.
//!
//! An [`Event`] is what a server wants said; it is checked while it is built and becomes one block
//! of an event stream. A [`Decoder`] takes the bytes of such a stream, cut anywhere, and gives back
//! each [`MessageEvent`] that an `EventSource` would fire. [`last_event_id`] finds the place from
//! which a reconnecting client wants to go on.
//!
//! ```
//! use fanfare_sse::{Decoder, Event};
//!
//! let event = Event::data("up 2\nper cent").id("1763680000:3")?.event("rate")?;
//! let bytes = event.encode();
//! assert_eq!(bytes, "id: 1763680000:3\nevent: rate\ndata: up 2\ndata: per cent\n\n");
//!
//! let mut decoder = Decoder::default();
//! let mut input = bytes.as_ref();
//! let received = decoder.decode(&mut input)?.expect("the block is whole");
//! assert_eq!(received.event_type, "rate");
//! assert_eq!(received.data, "up 2\nper cent");
//! assert_eq!(received.last_event_id, "1763680000:3");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A server that writes one message to many clients encodes it once, with [`write_fields`], and
//! shares the bytes; [`KEEP_ALIVE`], [`retry_block`] and [`cursor_block`] are the blocks it sends
//! besides.
//!
//! Reading order: [`event`], [`block`], [`decoder`], [`cursor`], [`limits`].
//!
//! What is here does no I/O and reads no clock; it knows neither sockets nor HTTP nor the hub.
//!
//! Source: HTML standard, 9.2 "Server-sent events".

pub mod block;
pub mod cursor;
pub mod decoder;
pub mod event;
mod field;
pub mod limits;
mod line;

pub use block::{KEEP_ALIVE, cursor_block, retry_block, write_fields};
pub use cursor::{CursorError, last_event_id};
pub use decoder::{DecodeError, Decoder, MessageEvent};
pub use event::Event;
pub use field::InvalidField;

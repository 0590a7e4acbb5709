//! Packets of Socket.IO 1, which clients 0.7 to 0.9 speak.
//!
//! ```text
//! type ":" [number ["+"]] ":" [namespace] [":" data]
//! ```
//!
//! They say what those of today say, in other words: what is read here is a `Packet` like others,
//! and whatever is sent can be written here. Three things are different. The event `message` with
//! one argument has types of its own, for text and for JSON. A number without a plus asks for a
//! receipt, which nobody needs to think of. And there are no bytes: they are written as base64.
//!
//! Source: the parser of Socket.IO 0.9, in its server and in its client.

mod reader;
mod writer;

pub(crate) use reader::{read, receipt};
pub(crate) use writer::write;

/// The event that has types of its own.
const MESSAGE: &str = "message";

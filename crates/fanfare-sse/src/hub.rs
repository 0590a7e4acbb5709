//! Streams that follow the channels of a hub, with the feature `hub`.
//!
//! A message is one event: its `id` is the cursor, its name that of the publisher. It is encoded
//! once, whatever the number of its readers. What is not UTF-8 comes as base64 with a line
//! `encoding: base64` behind it, which a browser ignores and other clients can look for; the
//! content type does not travel.
//!
//! A gap is an event called `gap` with `{"channel":…,"after":…,"resumed":…}` as data. Publishers
//! may use that name too: whoever cares looks at the shape of the data.
//!
//! These are the bytes of Fanfare's server: a client may leave the one for the other and go on.

mod following;
mod format;
mod subscribe;

pub use format::{
    MESSAGE, MESSAGE_AFTER_ID, end_block, gap_block, message_block, message_block_after_id,
};
pub use subscribe::{Subscribe, SubscribeError};

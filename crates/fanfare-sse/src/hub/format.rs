//! Messages, gaps and ends as blocks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fanfare_hub::{Gap, Message, WireFormat};
use http::StatusCode;
use serde::Serialize;

use crate::block::write_fields;

/// The wire form that [`message_block`] makes. Fanfare's server has the same bytes under the same
/// number, so that one hub may serve both and still encodes once.
pub const MESSAGE: WireFormat = WireFormat(1);

/// The wire form that [`message_block_after_id`] makes; as for [`MESSAGE`].
pub const MESSAGE_AFTER_ID: WireFormat = WireFormat(3);

/// The whole event, for readers of one channel.
pub fn message_block(message: &Message) -> Bytes {
    let mut block = Vec::with_capacity(message.payload().len() + 64);
    if std::str::from_utf8(message.payload()).is_ok() {
        write_block(&mut block, message, message.payload());
    } else {
        let base64 = STANDARD.encode(message.payload());
        write_block(&mut block, message, base64.as_bytes());
        // In front of the blank line that ends the event.
        block.pop();
        block.extend_from_slice(b"encoding: base64\n\n");
    }
    block.into()
}

/// What follows the id, for readers of several channels, each of whom has a cursor of its own.
pub fn message_block_after_id(message: &Message) -> Bytes {
    let mut block = message_block(message);
    let id_bytes = block.iter().take_while(|byte| **byte != b'\n').count() + 1;
    block.split_off(id_bytes)
}

fn write_block(block: &mut Vec<u8>, message: &Message, data: &[u8]) {
    let id = message.id().to_string();
    if write_fields(block, &id, message.event(), data).is_err() {
        // The hub takes no name that a field could not hold. If an engine brings one all the same,
        // the message is worth more than its name; an id of digits is never refused.
        let written = write_fields(block, &id, None, data);
        debug_assert_eq!(written, Ok(()));
    }
}

/// Tells a reader what it has missed in a channel. `cursor` is the one it goes on from, an id or
/// the list of the ids of all its channels.
pub fn gap_block(cursor: &str, channel: &str, gap: &Gap) -> Bytes {
    let notice = GapNotice {
        channel,
        after: gap.after.to_string(),
        resumed: gap.resumed.to_string(),
    };
    let notice = serde_json::to_string(&notice).expect("texts under fixed names are always JSON");
    // Line ends in the name are escaped, so that the data is one line.
    format!("id: {cursor}\nevent: gap\ndata: {notice}\n\n").into()
}

/// `{"channel":"news","after":"1763680000:3","resumed":"1763680042:0"}`
#[derive(Serialize)]
struct GapNotice<'a> {
    channel: &'a str,
    after: String,
    resumed: String,
}

/// A comment in the form that Nchan's clients know, sent when the hub ends a subscription. A
/// browser comes back after it.
pub fn end_block(status: StatusCode) -> Bytes {
    format!(":{}: {status}\n\n", status.as_u16()).into()
}

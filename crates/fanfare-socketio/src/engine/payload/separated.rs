//! The payload of revision 4: packets with a record separator between them.
//!
//! Source: Engine.IO protocol 4, "HTTP long-polling".

use std::str::Split;

use bytes::Bytes;

use super::{Record, Revision, capacity, textual};
use crate::engine::Encoded;

/// Between two packets, never before the first or after the last.
const SEPARATOR: char = '\x1e';

/// The records of a body. An empty body is one empty record, which is no packet.
#[derive(Clone, Debug)]
pub(super) struct Records<'a>(Split<'a, char>);

impl<'a> Records<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text.split(SEPARATOR))
    }

    pub(super) fn next(&mut self) -> Option<Record<'a>> {
        self.0.next().map(Record::Text)
    }
}

pub(super) fn encode(packets: &[Encoded]) -> Bytes {
    let mut body = Vec::with_capacity(capacity(packets));
    for (index, packet) in packets.iter().enumerate() {
        if index > 0 {
            body.push(SEPARATOR as u8);
        }
        body.extend_from_slice(&textual(packet, Revision::V4));
    }
    body.into()
}

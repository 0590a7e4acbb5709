//! The protocol at the border of the crate.

#![allow(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach the functions that tests call"
)]

mod channels;
mod cursor_reading;
mod cursor_writing;
mod gap;
mod info;
mod outcome;
mod publish;
mod query;
mod services;
mod since;

use fanfare_hub::{ChannelName, MessageId};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

fn id(seconds: u64, tag: u32) -> MessageId {
    MessageId::new(seconds, tag)
}

fn channel(name: &str) -> ChannelName {
    ChannelName::new(name).unwrap()
}

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    let field = |(name, value): &(&'static str, &str)| {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        (HeaderName::from_static(name), value)
    };
    fields.iter().map(field).collect()
}

/// Any bytes that a header value can hold.
fn any_header_value() -> impl Strategy<Value = HeaderValue> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        // Near misses: pieces of what is expected, in any order.
        "(W/|\"|[0-9]{1,22}|:|,|-|\\[|\\]| |[a-z]|Fri, 20 Nov 2026 23:27:06 GMT){0,8}"
            .prop_map(String::into_bytes),
    ];
    bytes.prop_filter_map("not a header value", |bytes| {
        HeaderValue::from_bytes(&bytes).ok()
    })
}

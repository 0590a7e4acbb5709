//! Messages and gaps as JSON, for the protocols that speak it.

use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fanfare_hub::{ChannelName, EndReason, Gap, Message};
use fanfare_link::At;
use serde::Serialize;

/// What a publisher has given: `event`, `content_type` if there are any, then `data` with the text,
/// or `base64` if the payload is not UTF-8.
#[derive(Serialize)]
pub(crate) struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    #[serde(flatten)]
    payload: Payload<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Payload<'a> {
    Data(&'a str),
    Base64(String),
}

impl<'a> Content<'a> {
    pub(crate) fn of(message: &'a Message) -> Self {
        Self {
            event: message.event(),
            content_type: message.content_type(),
            payload: match str::from_utf8(message.payload()) {
                Ok(text) => Payload::Data(text),
                Err(_) => Payload::Base64(STANDARD.encode(message.payload())),
            },
        }
    }
}

/// `{"channel":"news","after":"1763680000:3","resumed":"1763680042:0"}`
#[derive(Serialize)]
pub(crate) struct GapNotice<'a> {
    channel: &'a str,
    after: String,
    resumed: String,
}

impl<'a> GapNotice<'a> {
    pub(crate) fn new(gap: &Gap, at: At<'a>) -> Self {
        Self::of(gap, at.channel())
    }

    pub(crate) fn of(gap: &Gap, channel: &'a ChannelName) -> Self {
        Self {
            channel: channel.as_str(),
            after: gap.after.to_string(),
            resumed: gap.resumed.to_string(),
        }
    }
}

/// Why a subscription is over: `conflict` or `deleted`.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    Conflict,
    Deleted,
}

impl From<EndReason> for Reason {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::Conflict => Self::Conflict,
            EndReason::Deleted => Self::Deleted,
        }
    }
}

/// Writes one object. Line ends in texts are escaped, so it is always a single line.
pub(crate) fn write(object: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(object).expect("texts and numbers under fixed names are always JSON")
}

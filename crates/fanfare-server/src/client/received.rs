//! What a subscription brings, whatever it came over.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fanfare_hub::{ChannelName, EndReason};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

/// One thing that a subscription brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// The server has ended it for good.
    End {
        /// Where, if the transport says it.
        channel: Option<String>,
        reason: EndReason,
    },
    /// Messages are missing here.
    Gap(Gap),
    /// A message.
    Message(Message),
}

/// A message as far as its transport carries it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// The cursor after it: its id, or a list with the ids of all channels.
    pub(super) id: String,
    pub(super) channel: Option<String>,
    pub(super) event: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) payload: Vec<u8>,
}

/// Everything after one id and up to another is lost.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Gap {
    pub(super) channel: Option<String>,
    pub(super) after: String,
    pub(super) resumed: String,
    /// Where to go on. `None` if the transport does not say it: then the last cursor stays, and the
    /// gap may be told again.
    #[serde(skip)]
    pub(super) cursor: Option<String>,
}

impl Received {
    /// Where to go on after this, if that is another place than before.
    pub(super) fn cursor(&self) -> Option<&str> {
        match self {
            Self::End { .. } => None,
            Self::Gap(gap) => gap.cursor.as_deref(),
            Self::Message(message) => Some(&message.id),
        }
    }

    /// Names the channel where the transport did not, and there is only one.
    pub(super) fn name(&mut self, only: &ChannelName) {
        let channel = match self {
            Self::End { channel, .. } => channel,
            Self::Gap(gap) => &mut gap.channel,
            Self::Message(message) => &mut message.channel,
        };
        channel.get_or_insert_with(|| only.to_string());
    }
}

impl Gap {
    /// A gap, if this is the notice of one and not a message that is called so.
    pub(super) fn read(notice: &[u8], cursor: &str) -> Option<Self> {
        let gap: Self = serde_json::from_slice(notice).ok()?;
        Some(Self {
            cursor: Some(cursor.to_owned()),
            ..gap
        })
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        let Self {
            channel,
            after,
            resumed,
            ..
        } = self;
        json!({"gap": {"channel": channel, "after": after, "resumed": resumed}})
    }
}

impl Message {
    /// The form of the JSON stream; what the transport does not carry is null.
    pub(super) fn to_json(&self) -> serde_json::Value {
        let mut object = json!({
            "id": self.id,
            "channel": self.channel,
            "event": self.event,
            "content_type": self.content_type,
        });
        match std::str::from_utf8(&self.payload) {
            Ok(text) => object["data"] = text.into(),
            Err(_) => object["base64"] = BASE64_STANDARD.encode(&self.payload).into(),
        }
        object
    }
}

/// The ends of a subscription as statuses, which is how most transports tell them.
pub(super) fn end_reason(status: StatusCode) -> Option<EndReason> {
    match status {
        StatusCode::CONFLICT => Some(EndReason::Conflict),
        StatusCode::GONE => Some(EndReason::Deleted),
        _ => None,
    }
}

/// Text from a server without what would be a command to a terminal.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) {
        return text.replace(char::is_control, " ").into();
    }
    text.into()
}

//! What a client is told that speaks JSON: at `/ws`, and in the acknowledgements of Socket.IO.

use fanfare_hub::{ChannelName, Message};
use fanfare_link::Answer;
use serde::Serialize;

use super::json::{Content, GapNotice, Reason};
use super::multiplex::RequestId;
use super::refusal::Refusal;

/// One frame to the client.
#[derive(Serialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Reply<'a> {
    End {
        channel: &'a str,
        reason: Reason,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RequestId>,
        code: &'static str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        setting: Option<&'static str>,
    },
    Gap(GapNotice<'a>),
    Message {
        channel: &'a str,
        message_id: String,
        #[serde(flatten)]
        content: Content<'a>,
    },
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RequestId>,
    },
    Published {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RequestId>,
        channel: &'a str,
        message_id: String,
        subscribers: usize,
        repeated: bool,
    },
    Subscribed {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RequestId>,
        channel: &'a str,
    },
    Unsubscribed {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RequestId>,
        channel: &'a str,
    },
}

impl<'a> Reply<'a> {
    pub(crate) fn error(id: Option<&'a RequestId>, refusal: &'a Refusal) -> Self {
        Self::Error {
            id,
            code: refusal.code,
            message: &refusal.message,
            setting: refusal.setting,
        }
    }

    pub(crate) fn message(message: &'a Message) -> Self {
        Self::Message {
            channel: message.channel().as_str(),
            message_id: message.id().to_string(),
            content: Content::of(message),
        }
    }

    /// What became of a request.
    pub(crate) fn to(
        answer: &Answer,
        id: Option<&'a RequestId>,
        channel: &'a ChannelName,
    ) -> Result<Self, Refusal> {
        let channel = channel.as_str();
        match answer {
            Answer::Published { outcome, .. } => {
                let receipt = outcome.as_ref()?;
                Ok(Self::Published {
                    id,
                    channel,
                    message_id: receipt.id.to_string(),
                    subscribers: receipt.info.subscribers,
                    repeated: receipt.repeated,
                })
            }
            Answer::Subscribed { outcome, .. } => {
                outcome.as_ref()?;
                Ok(Self::Subscribed { id, channel })
            }
            Answer::Unsubscribed { found: true, .. } => Ok(Self::Unsubscribed { id, channel }),
            Answer::Unsubscribed { found: false, .. } => Err(Refusal::not_subscribed()),
        }
    }
}

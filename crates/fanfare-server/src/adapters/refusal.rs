//! Why a request was refused. `docs/protocol-ws.md` has the table; codes never change.

use fanfare_hub::{JoinError, NameError, PublishError};
use fanfare_link::SubscribeError;
use fanfare_relay::RelayError;

/// Bytes of a sentence that quotes the client. Enough to find a misspelt name in it.
const QUOTED_BYTES_MAX: usize = 200;

/// A code for programs, a sentence for people, and the setting that decided, if one did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) setting: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            setting: None,
        }
    }

    pub(crate) fn decided_by(self, setting: &'static str) -> Self {
        Self {
            setting: Some(setting),
            ..self
        }
    }

    pub(crate) fn bad_base64() -> Self {
        Self::new(
            "bad_base64",
            "`base64` is not base64 with its padding (RFC 4648, section 4)",
        )
    }

    pub(crate) fn bad_json(error: &serde_json::Error) -> Self {
        Self::new("bad_json", quoted(&format!("this is not JSON: {error}")))
    }

    pub(crate) fn bad_request(error: &serde_json::Error) -> Self {
        Self::new("bad_request", quoted(&error.to_string()))
    }

    pub(crate) fn binary_frame() -> Self {
        Self::new(
            "binary_frame",
            "a request is JSON in a text frame; send bytes as `base64`",
        )
    }

    pub(crate) fn key_required() -> Self {
        Self::new(
            "key_required",
            "publishing takes a key, and the handshake had none of this server's: send it there as \
             `Authorization: Bearer KEY`",
        )
        .decided_by("publish.keys")
    }

    pub(crate) fn message_too_large(bytes_max: usize) -> Self {
        Self::new(
            "message_too_large",
            format!("the message is longer than {bytes_max} bytes, which is the limit"),
        )
        .decided_by("limits.message_bytes_max")
    }

    pub(crate) fn not_an_object() -> Self {
        Self::new("bad_request", "a request is a JSON object with a text `op`")
    }

    pub(crate) fn not_subscribed() -> Self {
        Self::new(
            "not_subscribed",
            "this connection has not subscribed to that channel",
        )
    }

    pub(crate) fn one_payload() -> Self {
        Self::new(
            "bad_request",
            "a message is either `data` with text or `base64` with bytes",
        )
    }

    pub(crate) fn too_many_requests(requests_max: usize) -> Self {
        Self::new(
            "too_many_requests",
            format!(
                "{requests_max} requests wait for their answers, which is the limit; send again later"
            ),
        )
    }

    pub(crate) fn unknown_op(known: &[&str]) -> Self {
        Self::new("unknown_op", format!("`op` is one of {}", known.join(", ")))
    }
}

/// Cut at the end of a character.
fn quoted(text: &str) -> String {
    text[..text.floor_char_boundary(QUOTED_BYTES_MAX)].to_owned()
}

impl From<NameError> for Refusal {
    fn from(error: NameError) -> Self {
        Self::new(RelayError::from(error).code(), error.to_string())
    }
}

impl From<RelayError> for Refusal {
    fn from(error: RelayError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<&PublishError> for Refusal {
    fn from(error: &PublishError) -> Self {
        let message = error.to_string();
        match error {
            PublishError::Engine(_) => Self::new("engine_unavailable", message),
            PublishError::TooManyChannels { .. } => {
                Self::new("too_many_channels", message).decided_by("limits.channels_max")
            }
            PublishError::Unfit { .. } => Self::new("unfit_field", message),
            _ => Self::new("unavailable", message),
        }
    }
}

impl From<&SubscribeError> for Refusal {
    fn from(error: &SubscribeError) -> Self {
        let message = error.to_string();
        match error {
            SubscribeError::Already => Self::new("already_subscribed", message),
            SubscribeError::Join(JoinError::Conflict) => Self::new("conflict", message),
            SubscribeError::Join(_) => Self::new("too_many_subscribers", message)
                .decided_by("limits.subscribers_per_channel_max"),
            SubscribeError::TooMany(_) => Self::new("too_many_channels", message)
                .decided_by("limits.channels_per_connection_max"),
            _ => Self::new("unavailable", message),
        }
    }
}

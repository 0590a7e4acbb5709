//! What a client asks for.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fanfare_hub::{ChannelName, Draft, Start};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::Rules;
use crate::adapters::refusal::Refusal;
use crate::adapters::wish::{given, lifetime, name, start};

/// Bytes of a textual id. It is kept until the answer; a UUID, a hash or a URN fits.
const ID_BYTES_MAX: usize = 64;

/// The largest whole number that every JSON reader keeps exactly (RFC 8259, section 6).
const ID_MAX: u64 = (1 << 53) - 1;

/// A request that is in order.
pub(crate) enum Request {
    Ping,
    Publish {
        channel: ChannelName,
        draft: Box<Draft>,
    },
    Subscribe {
        channel: ChannelName,
        start: Start,
    },
    Unsubscribe {
        channel: ChannelName,
    },
}

/// The client's name for a request, given back as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum RequestId {
    Number(u64),
    Text(Box<str>),
}

/// A request as it is written.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
enum Written<'a> {
    Ping {
        id: Option<RequestId>,
    },
    Publish {
        id: Option<RequestId>,
        #[serde(borrow)]
        channel: Cow<'a, str>,
        #[serde(borrow)]
        data: Option<Cow<'a, str>>,
        #[serde(borrow)]
        base64: Option<Cow<'a, str>>,
        event: Option<Box<str>>,
        content_type: Option<Box<str>>,
        ttl: Option<Box<str>>,
        key: Option<Box<str>>,
    },
    Subscribe {
        id: Option<RequestId>,
        #[serde(borrow)]
        channel: Cow<'a, str>,
        since: Option<Box<str>>,
    },
    Unsubscribe {
        id: Option<RequestId>,
        #[serde(borrow)]
        channel: Cow<'a, str>,
    },
}

/// What a request that is not in order wanted to be.
#[derive(Deserialize)]
struct Operation<'a> {
    #[serde(borrow)]
    op: Cow<'a, str>,
}

/// Which request is not in order.
#[derive(Deserialize)]
struct Identity {
    id: Option<RequestId>,
}

const OPERATIONS: [&str; 4] = ["ping", "publish", "subscribe", "unsubscribe"];

/// Reads a request and its id.
///
/// # Errors
/// What is wrong with it, and the id as far as it can be told.
pub(crate) fn read(
    text: &str,
    rules: &Rules,
) -> Result<(Option<RequestId>, Request), (Option<RequestId>, Refusal)> {
    // Left alone, serde would also take the fields of a request from an array, in their order.
    if !text.trim_ascii_start().starts_with('{') {
        let refusal = check_json(text).err();
        return Err((None, refusal.unwrap_or_else(Refusal::not_an_object)));
    }
    let written = serde_json::from_str(text).map_err(|error| explain(text, &error))?;
    let (id, request) = check(written, rules);
    match request {
        Ok(request) => Ok((id, request)),
        Err(refusal) => Err((id, refusal)),
    }
}

impl Request {
    /// The channel concerned, if there is one.
    pub(super) fn channel(&self) -> Option<&ChannelName> {
        match self {
            Self::Ping => None,
            Self::Publish { channel, .. }
            | Self::Subscribe { channel, .. }
            | Self::Unsubscribe { channel } => Some(channel),
        }
    }
}

fn check(written: Written<'_>, rules: &Rules) -> (Option<RequestId>, Result<Request, Refusal>) {
    match written {
        Written::Ping { id } => (id, Ok(Request::Ping)),
        Written::Publish {
            id,
            channel,
            data,
            base64,
            event,
            content_type,
            ttl,
            key,
        } => {
            let draft = || {
                Ok(Draft {
                    payload: payload(data, base64, rules)?,
                    content_type: given(content_type),
                    event: given(event),
                    idempotency_key: given(key),
                    history: Some(rules.history),
                    ttl: ttl.map(|ttl| lifetime(&ttl)).transpose()?.flatten(),
                })
            };
            (id, publish(&channel, draft, rules))
        }
        Written::Subscribe { id, channel, since } => {
            (id, subscribe(&channel, since.as_deref(), rules))
        }
        Written::Unsubscribe { id, channel } => {
            let request = name(&channel).map(|channel| Request::Unsubscribe { channel });
            (id, request)
        }
    }
}

fn publish(
    channel: &str,
    draft: impl FnOnce() -> Result<Draft, Refusal>,
    rules: &Rules,
) -> Result<Request, Refusal> {
    if !rules.may_publish {
        return Err(Refusal::key_required());
    }
    Ok(Request::Publish {
        channel: name(channel)?,
        draft: Box::new(draft()?),
    })
}

fn subscribe(channel: &str, since: Option<&str>, rules: &Rules) -> Result<Request, Refusal> {
    Ok(Request::Subscribe {
        channel: name(channel)?,
        start: match since {
            Some(since) => start(since, rules.first)?,
            None => rules.first,
        },
    })
}

fn payload(
    data: Option<Cow<'_, str>>,
    base64: Option<Cow<'_, str>>,
    rules: &Rules,
) -> Result<Bytes, Refusal> {
    let payload: Vec<u8> = match (data, base64) {
        (Some(text), None) => text.into_owned().into_bytes(),
        (None, Some(base64)) => STANDARD
            .decode(base64.as_bytes())
            .map_err(|_| Refusal::bad_base64())?,
        _ => return Err(Refusal::one_payload()),
    };
    if payload.len() > rules.message_bytes_max {
        return Err(Refusal::message_too_large(rules.message_bytes_max));
    }
    Ok(payload.into())
}

/// One JSON value and nothing else, within the depth to which a request is read.
fn check_json(text: &str) -> Result<(), Refusal> {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Refusal::bad_json(&error)),
    }
}

/// Finds words for what serde could not read, and the id to answer with.
fn explain(text: &str, error: &serde_json::Error) -> (Option<RequestId>, Refusal) {
    // Serde stops at the first field that does not fit; what follows may not even be JSON.
    if let Err(refusal) = check_json(text) {
        return (None, refusal);
    }
    let refusal = match serde_json::from_str(text) {
        Ok(Operation { op }) if OPERATIONS.contains(&&*op) => Refusal::bad_request(error),
        Ok(Operation { .. }) => Refusal::unknown_op(&OPERATIONS),
        Err(_) => Refusal::not_an_object(),
    };
    let id = serde_json::from_str(text).map_or(None, |Identity { id }| id);
    (id, refusal)
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = RequestId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an id: a whole number up to {ID_MAX}, or a text of up to {ID_BYTES_MAX} bytes"
        )
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<RequestId, E> {
        if number > ID_MAX {
            return Err(E::invalid_value(de::Unexpected::Unsigned(number), &self));
        }
        Ok(RequestId::Number(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RequestId, E> {
        if text.len() > ID_BYTES_MAX {
            return Err(E::invalid_value(
                de::Unexpected::Other("a longer text"),
                &self,
            ));
        }
        Ok(RequestId::Text(text.into()))
    }
}

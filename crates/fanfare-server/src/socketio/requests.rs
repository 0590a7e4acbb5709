//! What clients ask for.

use std::fmt::Display;

use bytes::Bytes;
use fanfare_hub::{ChannelName, Draft, Start};
use fanfare_link::{Answer, SubscribeError};
use fanfare_socketio::{Ack, Data, Socket, State, Value};
use serde::Deserialize;

use super::MAY_PUBLISH;
use super::errors::refuse;
use super::gallery::Gallery;
use crate::adapters::refusal::Refusal;
use crate::adapters::reply::Reply;
use crate::adapters::wish::{given, lifetime, name, start};

pub(super) type Galleries = State<Gallery>;

/// Bytes of a sentence that quotes the client. Enough to find a misspelt name in it, as at `/ws`.
const QUOTED_BYTES_MAX: usize = 200;

/// Options of `subscribe`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribing {
    since: Option<String>,
}

/// Options of `publish`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Publishing {
    event: Option<Box<str>>,
    content_type: Option<Box<str>>,
    ttl: Option<Box<str>>,
    key: Option<Box<str>>,
}

/// `subscribe(channel, {since}, ack)`.
///
/// Whoever has the channel keeps its place and is answered as if it had not: it may ask again only
/// because an answer was lost with a connection.
pub(super) async fn subscribe(
    State(gallery): Galleries,
    socket: Socket,
    arguments: Data,
    ack: Ack,
) {
    let (channel, start) = match read_subscribe(&gallery, &arguments) {
        Ok(read) => read,
        Err(refusal) => return refuse(ack, &socket, &refusal),
    };
    let subscribed = Reply::Subscribed {
        id: None,
        channel: channel.as_str(),
    };
    match gallery.subscribe(&socket, &channel, start) {
        Ok(()) => {}
        Err(SubscribeError::Already) => {
            let _ = ack.send(&subscribed);
            return;
        }
        Err(error) => return refuse(ack, &socket, &Refusal::from(&error)),
    }
    let page = gallery.settle(&socket, &channel).await;
    let _ = ack.send(&subscribed);
    // It may have gone while it asked.
    if !socket.is_connected() {
        gallery.leave(&socket);
    }
    gallery.read_on(&socket, &channel, page);
}

fn read_subscribe(gallery: &Gallery, arguments: &Data) -> Result<(ChannelName, Start), Refusal> {
    let (channel, options): (String, Option<Subscribing>) = read(arguments)?;
    let first = gallery.terms.first;
    let since = options.unwrap_or_default().since;
    let start = since.map_or(Ok(first), |since| start(&since, first))?;
    Ok((name(&channel)?, start))
}

/// `unsubscribe(channel, ack)`.
pub(super) async fn unsubscribe(
    State(gallery): Galleries,
    socket: Socket,
    arguments: Data,
    ack: Ack,
) {
    let outcome = read(&arguments).and_then(|(channel,): (String,)| {
        let channel = name(&channel)?;
        if gallery.unsubscribe(&socket, &channel) {
            Ok(channel)
        } else {
            Err(Refusal::not_subscribed())
        }
    });
    match outcome {
        Ok(channel) => {
            let reply = Reply::Unsubscribed {
                id: None,
                channel: channel.as_str(),
            };
            let _ = ack.send(&reply);
        }
        Err(refusal) => refuse(ack, &socket, &refusal),
    }
}

/// `publish(channel, data, {event, content_type, ttl, key}, ack)`.
pub(super) async fn publish(State(gallery): Galleries, socket: Socket, arguments: Data, ack: Ack) {
    let (channel, draft) = match read_publish(&gallery, &socket, &arguments) {
        Ok(read) => read,
        Err(refusal) => return refuse(ack, &socket, &refusal),
    };
    let outcome = gallery.hub().publish(&channel, draft, gallery.now()).await;
    let answer = Answer::Published { tag: 0, outcome };
    match Reply::to(&answer, None, &channel) {
        Ok(reply) => {
            let _ = ack.send(&reply);
        }
        Err(refusal) => refuse(ack, &socket, &refusal),
    }
}

fn read_publish(
    gallery: &Gallery,
    socket: &Socket,
    arguments: &Data,
) -> Result<(ChannelName, Draft), Refusal> {
    if socket.handshake().mark() & MAY_PUBLISH == 0 {
        return Err(Refusal::key_required());
    }
    let unreadable = || Refusal::new("bad_request", "publish takes a channel and data");
    let values = arguments.values().map_err(|_| unreadable())?;
    let [Value::Json(channel), data, options @ ..] = &*values else {
        return Err(unreadable());
    };
    let channel = name(&channel.read::<String>().map_err(|_| unreadable())?)?;
    let options = match options.first() {
        None => None,
        Some(Value::Json(options)) => options
            .read::<Option<Publishing>>()
            .map_err(|error| misread(&error))?,
        Some(_) => return Err(unreadable()),
    };
    let options = options.unwrap_or_default();
    let (payload, content_type) = payload(data)?;
    let bytes_max = gallery.terms.message_bytes_max;
    if payload.len() > bytes_max {
        return Err(Refusal::message_too_large(bytes_max));
    }
    let ttl = options.ttl.map(|ttl| lifetime(&ttl)).transpose()?.flatten();
    let draft = Draft {
        payload,
        content_type: given(options.content_type).or_else(|| Some(content_type.into())),
        event: given(options.event),
        idempotency_key: given(options.key),
        history: Some(gallery.terms.history),
        ttl,
    };
    Ok((channel, draft))
}

/// The bytes of an argument, and the type that says how to read them.
fn payload(data: &Value<'_>) -> Result<(Bytes, &'static str), Refusal> {
    match data {
        Value::Binary(bytes) => Ok((bytes.clone(), "application/octet-stream")),
        Value::Json(json) => Ok(match json.read::<String>() {
            Ok(text) => (text.into(), "text/plain; charset=utf-8"),
            Err(_) => (json.as_str().to_owned().into(), "application/json"),
        }),
        _ => Err(Refusal::new(
            "bad_request",
            "data is JSON or bytes; bytes inside of JSON no other transport could carry",
        )),
    }
}

fn read<T: serde::de::DeserializeOwned>(arguments: &Data) -> Result<T, Refusal> {
    arguments.read().map_err(|error| misread(&error))
}

/// What was found quotes the client.
fn misread(error: &impl Display) -> Refusal {
    let text = error.to_string();
    let end = text.floor_char_boundary(QUOTED_BYTES_MAX);
    Refusal::new("bad_request", &text[..end])
}

//! The door of clients 0.7 to 0.9: where they knock, how a session opens, and what they are told
//! that have none.
//!
//! Their requests have the number of their protocol, the transport and the session in the path. A
//! session opens with a request of its own, and goes on over whatever comes with its id: polls, or
//! a WebSocket, which takes over at once.
//!
//! Source: the server and the client of Socket.IO 0.9.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use super::answer::{Answer, HANDSHAKE_SCRIPT, SCRIPT, TEXT};
use super::packet::{BinaryForm, Encoded};
use super::payload::PayloadError;
use super::query::{Query, Transport, index};
use super::refusal::Refusal;
use super::revision::Revision;
use super::session::Settings;
use crate::form;
use crate::json::Json;

/// Begins what follows the path of the mount.
const PREFIX: &str = "1/";

/// The client is not known; it should begin anew.
const UNKNOWN: &str = "7:::1+0";

/// Reads the URL of a request, after the path of its mount. `None` if it is none of theirs.
pub(super) fn query(path: &str, query: &str) -> Option<Query> {
    let mut segments = path.strip_prefix(PREFIX)?.split('/');
    let mut segment = || segments.next().unwrap_or_default();
    let (transport, sid) = (segment(), segment());
    let is_complete = segment().is_empty() && segments.next().is_none();
    let argument = |name: &str| {
        let mut pairs = form::pairs(query.as_bytes());
        pairs
            .find(|(other, _)| other == name)
            .map(|(_, value)| value)
    };
    let ends_session = argument("disconnect").is_some();
    Some(Query {
        revision: Revision::V1,
        transport: match transport {
            _ if !is_complete => None,
            "xhr-polling" | "jsonp-polling" => Some(Transport::Polling),
            // A handshake, or a farewell without one.
            "" if sid.is_empty() || ends_session => Some(Transport::Polling),
            "websocket" => Some(Transport::WebSocket),
            _ => None,
        },
        sid: Some(sid).filter(|sid| !sid.is_empty()).map(str::to_owned),
        binary: BinaryForm::Base64,
        jsonp: match transport {
            "" => argument("jsonp").map(|value| index(&value)),
            "jsonp-polling" => Some(argument("i").map_or(0, |value| index(&value))),
            _ => None,
        },
        ends_session,
    })
}

/// The answer to a handshake: the id, two times in seconds, and the transports.
pub(super) fn welcome(
    sid: &str,
    settings: &Settings,
    transports: &[Transport],
    jsonp: Option<u64>,
) -> Answer {
    // On a WebSocket something comes as often as a ping, on polling as often as polls end.
    let heartbeat = settings.ping_interval + settings.ping_timeout;
    let poll = settings.poll_duration + settings.ping_timeout;
    let close = settings.close_timeout.max(heartbeat).max(poll);
    let (heartbeat, close) = (seconds(heartbeat), seconds(close));
    // In the order in which clients shall try.
    let names: Vec<_> = [Transport::WebSocket, Transport::Polling]
        .into_iter()
        .filter(|transport| transports.contains(transport))
        .map(|transport| match transport {
            Transport::WebSocket => "websocket",
            Transport::Polling => "xhr-polling,jsonp-polling",
        })
        .collect();
    let text = format!("{sid}:{heartbeat}:{close}:{}", names.join(","));
    let (content_type, body) = match jsonp {
        None => ("text/plain", Bytes::from(text)),
        Some(index) => (HANDSHAKE_SCRIPT, script(index, &text)),
    };
    Answer {
        status: StatusCode::OK,
        content_type: Some(content_type),
        body,
    }
}

/// Clients give up at that time, so it is rather later.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// What a client is told whose request is refused: with a session that nobody knows, to begin anew;
/// without one, in words.
pub(super) fn refuse(refusal: &Refusal, jsonp: Option<u64>) -> Answer {
    let (status, text) = match refusal {
        Refusal::SessionUnknown => (StatusCode::OK, UNKNOWN),
        Refusal::Forbidden(None) => (StatusCode::FORBIDDEN, "handshake unauthorized"),
        Refusal::Forbidden(_) => (StatusCode::FORBIDDEN, refusal.message()),
        _ => (StatusCode::BAD_REQUEST, refusal.message()),
    };
    let (status, content_type, body) = match (jsonp, status) {
        (None, status) => (status, TEXT, Bytes::from(text.to_owned())),
        (Some(index), StatusCode::OK) => (status, SCRIPT, script(index, text)),
        // A script is run whatever it says, and one of another status is not.
        (Some(index), _) => (StatusCode::OK, SCRIPT, error_script(index, text)),
    };
    Answer {
        status,
        content_type: Some(content_type),
        body,
    }
}

/// The message that has a client begin anew.
pub(super) fn unknown() -> Encoded {
    Encoded::text_message(UNKNOWN)
}

/// The call that hands text to the client's function number `index`.
pub(super) fn script(index: u64, text: &str) -> Bytes {
    format!("io.j[{index}]({});", string(text)).into()
}

fn error_script(index: u64, text: &str) -> Bytes {
    format!("io.j[{index}](new Error({}));", string(text)).into()
}

/// A string of JavaScript, in which U+2028 and U+2029 have to be escaped.
fn string(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// Takes the payload out of the form that a client posts: a JSON string, since forms change line
/// ends. Clients 0.7 had yet to learn that, and post it as it is; no payload begins with a quote.
pub(super) fn posted(body: &[u8]) -> Result<String, PayloadError> {
    let mut pairs = form::pairs(body);
    let (_, value) = pairs
        .find(|(name, _)| name == "d")
        .ok_or(PayloadError::Field)?;
    if !value.starts_with('"') {
        return Ok(value);
    }
    let json = Json::parse(&value).map_err(|_| PayloadError::FieldString)?;
    json.read().map_err(|_| PayloadError::FieldString)
}

//! A message as an event.

use fanfare_hub::Message;
use fanfare_socketio::packet::RESERVED_EVENTS;
use fanfare_socketio::{Json, Value};

/// The name of events whose publisher gave none.
const DEFAULT_NAME: &str = "message";

/// The name. One that clients use for call-backs of their own would end the connection.
pub(super) fn name(message: &Message) -> &str {
    let given = message
        .event()
        .filter(|name| !RESERVED_EVENTS.contains(name));
    given.unwrap_or(DEFAULT_NAME)
}

/// The arguments: the data, then the cursor.
///
/// JSON that says so is JSON, and so is what has no type of its own and reads like an object or an
/// array: `curl -d` names none that fits. Other text is a string, and all else bytes.
pub(super) fn arguments(message: &Message, cursor: &str) -> Vec<Value<'static>> {
    let cursor = Json::write(cursor).ok().map(Value::Json);
    std::iter::once(data(message)).chain(cursor).collect()
}

fn data(message: &Message) -> Value<'static> {
    let payload = message.payload();
    let kind = Kind::of(message.content_type());
    let text = match (kind, std::str::from_utf8(payload)) {
        (Kind::Bytes, _) | (_, Err(_)) => return Value::Binary(payload.clone()),
        (_, Ok(text)) => text,
    };
    let may_be_json = match kind {
        Kind::Json => true,
        Kind::Unsaid => matches!(text.trim_start().as_bytes(), [b'{' | b'[', ..]),
        Kind::Text | Kind::Bytes => false,
    };
    let json = may_be_json.then(|| Json::parse(text).ok()).flatten();
    let json = json
        .map(Json::into_owned)
        .or_else(|| Json::write(text).ok());
    json.map_or_else(|| Value::Binary(payload.clone()), Value::Json)
}

/// What a content type says of the payload.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bytes,
    Json,
    Text,
    /// None, or the one that tools send when nobody has said anything.
    Unsaid,
}

impl Kind {
    fn of(content_type: Option<&str>) -> Self {
        let media = content_type.and_then(|it| it.split(';').next());
        let media = media.unwrap_or_default().trim().to_ascii_lowercase();
        match &*media {
            "" | "application/x-www-form-urlencoded" => Self::Unsaid,
            "application/octet-stream" => Self::Bytes,
            "application/json" => Self::Json,
            media if media.ends_with("+json") => Self::Json,
            media
                if ["image/", "audio/", "video/"]
                    .iter()
                    .any(|it| media.starts_with(it)) =>
            {
                Self::Bytes
            }
            _ => Self::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use fanfare_hub::{ChannelName, Draft, MessageId, Timestamp};

    use super::*;

    fn message(content_type: Option<&str>, event: Option<&str>, payload: &[u8]) -> Message {
        let draft = Draft {
            content_type: content_type.map(Into::into),
            event: event.map(Into::into),
            ..Draft::new(Bytes::copy_from_slice(payload))
        };
        let channel = ChannelName::new("news").unwrap();
        let ids = (MessageId::ZERO, MessageId::new(1, 0));
        let times = (Timestamp::from_seconds(1), Timestamp::NEVER);
        Message::new(channel, ids, times, draft, Arc::default())
    }

    #[track_caller]
    fn check(content_type: Option<&str>, payload: &[u8], expected: Option<&str>) {
        let found = match data(&message(content_type, None, payload)) {
            Value::Json(json) => Some(json.as_str().to_owned()),
            _ => None,
        };
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn json_is_json() {
        check(Some("application/json"), b" 1.50 ", Some(" 1.50 "));
        check(Some("application/ld+json; a=b"), b"{}", Some("{}"));
        check(None, b"{\"a\":1}", Some("{\"a\":1}"));
        check(
            Some("application/x-www-form-urlencoded"),
            b"[1]",
            Some("[1]"),
        );
    }

    #[test]
    fn text_is_a_string() {
        check(Some("text/plain"), b"{\"a\":1}", Some(r#""{\"a\":1}""#));
        check(None, b"42", Some("\"42\""));
        check(None, b"{not json", Some("\"{not json\""));
        check(Some("application/json"), b"not json", Some("\"not json\""));
        check(None, b"", Some("\"\""));
    }

    #[test]
    fn everything_else_is_bytes() {
        check(Some("application/octet-stream"), b"text", None);
        check(Some("image/png"), b"text", None);
        check(None, b"\xff", None);
    }

    #[test]
    fn names_of_call_backs_are_not_used() {
        assert_eq!(name(&message(None, Some("disconnect"), b"")), "message");
        assert_eq!(name(&message(None, Some("greeting"), b"")), "greeting");
        assert_eq!(name(&message(None, None, b"")), "message");
    }
}

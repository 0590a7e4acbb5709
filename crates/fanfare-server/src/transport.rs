//! Which transport a subscriber asked for.

use fanfare_relay::Query;
use http::header::{ACCEPT, TE, UPGRADE};
use http::{HeaderMap, StatusCode};

use crate::problem::Problem;

/// The ways to subscribe at `/sub/{channel}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Chunked responses in which each chunk is a message (Nchan's `TE: chunked`).
    Chunked,
    /// Server-Sent Events.
    EventStream,
    /// Answered at once, 304 when there is nothing.
    IntervalPoll,
    /// Held until there is a message.
    LongPoll,
    /// `multipart/mixed` without an end.
    Multipart,
    /// One JSON object per line.
    Ndjson,
    /// Messages, each followed by a line feed.
    Stream,
    /// WebSocket.
    WebSocket,
}

/// The values of `?as=`, and after them those names of Nchan's that differ.
const NAMES: [(&str, Transport); 11] = [
    ("chunked", Transport::Chunked),
    ("interval", Transport::IntervalPoll),
    ("multipart", Transport::Multipart),
    ("ndjson", Transport::Ndjson),
    ("poll", Transport::LongPoll),
    ("sse", Transport::EventStream),
    ("stream", Transport::Stream),
    ("ws", Transport::WebSocket),
    ("eventsource", Transport::EventStream),
    ("longpoll", Transport::LongPoll),
    ("websocket", Transport::WebSocket),
];

impl Transport {
    /// Chooses by `?as=`, else by the headers: an upgrade to WebSocket, `Accept`, `TE`; a plain GET
    /// is a long-poll, as the relay protocol says.
    ///
    /// # Errors
    /// When `?as=` names no transport, or WebSocket without an upgrade. Whether the rest of the
    /// handshake is right is for whoever answers it.
    pub(crate) fn choose(headers: &HeaderMap, query: Query<'_>) -> Result<Self, Problem> {
        let asked = query.value("as").map_err(Problem::from)?;
        let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
            return Ok(Self::negotiate(headers));
        };
        let known = NAMES
            .iter()
            .find(|(name, _)| *name == asked)
            .map(|(_, transport)| *transport);
        match known {
            Some(Self::WebSocket) if !wants_websocket(headers) => Err(Problem::new(
                StatusCode::UPGRADE_REQUIRED,
                "upgrade_required",
                "`as=ws` needs a WebSocket client: the request has no `Upgrade: websocket`",
            )),
            Some(transport) => Ok(transport),
            None => Err(unknown(&asked)),
        }
    }

    fn negotiate(headers: &HeaderMap) -> Self {
        if wants_websocket(headers) {
            return Self::WebSocket;
        }
        let accepts = |media_type: &str| has_member(headers, &ACCEPT, media_type);
        if accepts("text/event-stream") {
            Self::EventStream
        } else if accepts("multipart/mixed") {
            Self::Multipart
        } else if accepts("application/x-ndjson") {
            Self::Ndjson
        } else if has_member(headers, &TE, "chunked") {
            Self::Chunked
        } else {
            Self::LongPoll
        }
    }
}

/// True for a handshake, also for one that is not right (RFC 6455, section 4.2.1): taken for a poll
/// it would wait for an answer that its client cannot read.
fn wants_websocket(headers: &HeaderMap) -> bool {
    has_member(headers, &UPGRADE, "websocket")
}

/// True if a list header has this member with a weight above zero.
fn has_member(headers: &HeaderMap, name: &http::HeaderName, wanted: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|member| {
            let mut parts = member.split(';').map(str::trim);
            let is_named = parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case(wanted));
            is_named && !parts.any(is_zero_weight)
        })
}

fn is_zero_weight(parameter: &str) -> bool {
    let weight = parameter
        .strip_prefix("q=")
        .or_else(|| parameter.strip_prefix("Q="));
    weight.is_some_and(|weight| {
        weight
            .trim()
            .parse::<f32>()
            .is_ok_and(|weight| weight <= 0.0)
    })
}

fn unknown(asked: &str) -> Problem {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let asked: String = asked.chars().take(32).collect();
    Problem::new(
        StatusCode::BAD_REQUEST,
        "unknown_transport",
        format!(
            "`as={asked}` names no transport; there are {}",
            names.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(query: &str, headers: &[(&'static str, &str)]) -> Result<Transport, &'static str> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        Transport::choose(&headers, Query::new(query)).map_err(|problem| problem.code)
    }

    const UPGRADE: [(&str, &str); 2] = [
        ("upgrade", "WebSocket"),
        ("connection", "keep-alive, Upgrade"),
    ];

    #[test]
    fn headers_choose_the_transport() {
        assert_eq!(chosen("", &[]), Ok(Transport::LongPoll));
        assert_eq!(chosen("", &[("accept", "*/*")]), Ok(Transport::LongPoll));
        assert_eq!(chosen("", &UPGRADE), Ok(Transport::WebSocket));
        assert_eq!(chosen("", &UPGRADE[..1]), Ok(Transport::WebSocket));
        assert_eq!(
            chosen("", &[("accept", "text/html, Text/Event-Stream;q=0.5")]),
            Ok(Transport::EventStream)
        );
        assert_eq!(
            chosen("", &[("accept", "text/event-stream;q=0")]),
            Ok(Transport::LongPoll)
        );
        assert_eq!(
            chosen("", &[("accept", "multipart/mixed")]),
            Ok(Transport::Multipart)
        );
        assert_eq!(
            chosen("", &[("accept", "application/x-ndjson")]),
            Ok(Transport::Ndjson)
        );
        assert_eq!(
            chosen("", &[("te", "chunked, trailers")]),
            Ok(Transport::Chunked)
        );
        assert_eq!(
            chosen("", &[("upgrade", "h2c"), ("connection", "upgrade")]),
            Ok(Transport::LongPoll)
        );
    }

    #[test]
    fn the_query_overrides_the_headers() {
        assert_eq!(
            chosen("as=poll", &[("accept", "text/event-stream")]),
            Ok(Transport::LongPoll)
        );
        assert_eq!(chosen("as=ws", &UPGRADE), Ok(Transport::WebSocket));
        assert_eq!(chosen("as=poll", &UPGRADE), Ok(Transport::LongPoll));
        assert_eq!(chosen("as=eventsource", &[]), Ok(Transport::EventStream));
        assert_eq!(chosen("as=", &UPGRADE), Ok(Transport::WebSocket));
        assert_eq!(chosen("as=ws", &[]), Err("upgrade_required"));
        assert_eq!(chosen("as=carrier-pigeon", &[]), Err("unknown_transport"));
    }
}

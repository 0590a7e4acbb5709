//! WebSocket handshakes: at subscriber locations and at `/ws`.

use std::sync::Arc;

use fanfare_hub::Admission;
use fanfare_link::{Framing, Verdict};
use fanfare_relay::Profile;
use fanfare_socketio::engine::Socket;
use fanfare_websocket::{Deflate, HandshakeError, Offer};
use http::header::{
    HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::{HeaderMap, Response, StatusCode};

use crate::adapters::{
    EngineSocket, Multiplex, MultiplexSettings, SocketSettings, SubscriberSocket,
};
use crate::front::{Request, Speaker};
use crate::problem::Problem;

/// The sub-protocol in which each message is preceded by its id, as Nchan's clients speak it.
const META: &str = "ws+meta.nchan";

/// A WebSocket that a client may have.
struct Agreement<'a> {
    offer: Offer<'a>,
    protocol: Option<&'static str>,
    deflate: Option<Deflate>,
}

/// A socket that only delivers.
pub(crate) fn subscriber(request: &Request<'_>) -> Result<Speaker, Problem> {
    let agreement = Agreement::reach(request, &[META])?;
    let settings = socket_settings(request, agreement.deflate);
    let protocol = SubscriberSocket::new(settings, agreement.protocol == Some(META));
    Ok(Speaker {
        head: Some(agreement.head()),
        protocol: Box::new(protocol),
    })
}

/// The bidirectional socket at `/ws`.
pub(crate) fn multiplex(request: &Request<'_>) -> Result<Verdict, Problem> {
    let node = request.node;
    if node.access.has_guard() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "subscribing_not_allowed",
            "this socket lets clients choose their channels later, and here each choice is checked",
        ));
    }
    if node.routes.rules(0).existing_channels_only {
        // There a client names its channels later, where nothing asks whether they exist.
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "existing_channels_only",
            "this socket lets clients choose their channels, and only existing ones may be chosen",
        )
        .decided_by("subscribe.existing_channels_only"));
    }
    let agreement = Agreement::reach(request, &[])?;
    let settings = MultiplexSettings {
        socket: socket_settings(request, agreement.deflate),
        may_publish: node
            .access
            .may_publish_over_socket(&request.parts.headers, request.authority()),
        history: node.routes.rules(0).history,
        first: node.first(),
        arrivals: Arc::clone(&node.arrivals),
    };
    let speaker = Speaker {
        head: Some(agreement.head()),
        protocol: Box::new(Multiplex::new(settings)),
    };
    Ok(Verdict::Hold(request.hold(
        speaker,
        Vec::new(),
        Admission::Broadcast,
        Profile::Relay,
    )))
}

/// True if a request asks to become a WebSocket.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// A WebSocket of Socket.IO, whose handshake is its own affair.
pub(crate) fn socketio(request: &Request<'_>) -> Result<Verdict, Problem> {
    let Some(mount) = &request.node.socketio else {
        return Ok(Verdict::Pass);
    };
    if request.via.framing != Framing::Chunked {
        return Err(http_1_1_required());
    }
    Ok(match mount.engine().accept(request.parts) {
        Socket::Refused(response) => Verdict::Answer(response),
        Socket::Accepted(head, carrier) => {
            let speaker = Speaker {
                head: Some(head),
                protocol: Box::new(EngineSocket::new(carrier)),
            };
            let hold = request.hold(speaker, Vec::new(), Admission::Broadcast, Profile::Relay);
            Verdict::Hold(hold)
        }
    })
}

fn http_1_1_required() -> Problem {
    Problem::new(
        StatusCode::UPGRADE_REQUIRED,
        "http_1_1_required",
        "a WebSocket begins with an HTTP/1.1 request here",
    )
}

fn socket_settings(request: &Request<'_>, deflate: Option<Deflate>) -> SocketSettings {
    let config = &request.node.config;
    SocketSettings {
        message_bytes_max: config.limits.message_bytes_max,
        deflate,
        ping: config.subscribe.ws_ping,
    }
}

impl<'a> Agreement<'a> {
    fn reach(request: &Request<'a>, protocols: &[&'static str]) -> Result<Self, Problem> {
        if request.via.framing != Framing::Chunked {
            return Err(http_1_1_required());
        }
        let offer = Offer::read(fields(&request.parts.headers)).map_err(|error| problem(&error))?;
        let protocol = offer.choose_protocol(protocols);
        let deflate = offer.deflate();
        Ok(Self {
            offer,
            protocol,
            deflate,
        })
    }

    fn head(&self) -> Response<()> {
        let mut head = Response::new(());
        *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = head.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        insert(headers, SEC_WEBSOCKET_ACCEPT, self.offer.accept_value());
        if let Some(protocol) = self.protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
        }
        if let Some(deflate) = &self.deflate {
            insert(headers, SEC_WEBSOCKET_EXTENSIONS, deflate.header_value());
        }
        head
    }
}

fn insert(headers: &mut HeaderMap, name: http::HeaderName, value: String) {
    // Base64 and parameter lists are visible ASCII.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

fn fields(headers: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
}

fn problem(error: &HandshakeError) -> Problem {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    Problem::new(status, "bad_websocket_handshake", error.to_string())
}

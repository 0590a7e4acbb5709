//! What becomes of a request, up to the session that it opens or finds.

use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::Bytes;
use fanfare_websocket::{Deflate, Offer, handshake};
use http::header::{
    CONNECTION, HeaderValue, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SET_COOKIE,
    UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode, Version};

use super::answer::Answer;
use super::carrier::WebSocketCarrier;
use super::client::Client;
use super::clock;
use super::judge::{Candidate, Handshake, Request, Verdict, judge};
use super::live::Live;
use super::mount::{Mount, Socket};
use super::packet::BinaryForm;
use super::parcel::Wire;
use super::protocol1;
use super::query::{Query, Transport};
use super::refusal::Refusal;
use super::response::respond;
use super::revision::Revision;
use super::session::{CloseReason, Session, SocketId};
use super::sid::Sid;

/// A request that was found good.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) query: Query,
    /// The session that it names.
    pub(super) client: Option<Client>,
    pub(super) verdict: Verdict,
}

/// Why there is no session.
#[derive(Debug)]
pub(super) enum Denied {
    Refusal(Refusal),
    /// The server goes away, or the system has no random numbers. Not the client's fault.
    Unavailable,
}

/// What of a URL is the protocol's.
pub(super) fn query(mount: &Mount, request: &Parts) -> Query {
    let query = request.uri.query().unwrap_or_default();
    let path = request.uri.path().strip_prefix(&*mount.settings().path);
    path.filter(|_| mount.served().revisions.contains(&Revision::V1))
        .and_then(|path| protocol1::query(path, query))
        .unwrap_or_else(|| Query::parse(query))
}

/// Judges a request.
pub(super) fn admit(mount: &Mount, request: &Parts, query: Query) -> Result<Admitted, Refusal> {
    let client = query.sid.as_deref().and_then(|sid| mount.find(sid));
    let known = client.as_ref().and_then(|it| it.lock().session().known());
    let judged = Request {
        method: &request.method,
        is_upgrade: is_upgrade(request),
        origin: request.headers.get(ORIGIN).map(HeaderValue::as_bytes),
        query: &query,
    };
    let verdict = judge(&judged, &mount.served(), known)?;
    Ok(Admitted {
        query,
        client,
        verdict,
    })
}

/// True if the request asks for a WebSocket.
pub(super) fn is_upgrade(request: &Parts) -> bool {
    request.version == Version::HTTP_11 && handshake::is_requested(fields(&request.headers))
}

/// Opens a session, if the application agrees. On polling, whoever asked still has to poll for the
/// answer.
pub(super) fn open(
    mount: &Arc<Mount>,
    request: &Parts,
    candidate: Candidate,
    deflate: Option<Deflate>,
) -> Result<Client, Denied> {
    if mount.is_closed() {
        return Err(Denied::Unavailable);
    }
    mount.application().admit(request)?;
    let handshake = candidate.agreed(&mount.served())?;
    let sid = Sid::random().ok_or(Denied::Unavailable)?;
    let client = Client::new(sid, Arc::clone(mount), live(mount, handshake, sid, deflate));
    if !mount.admit(client.clone()) {
        return Err(Refusal::Forbidden(Some("too many sessions".into())).into());
    }
    // From here on its deadlines count, whatever the application does.
    client.tell(|_| ((), None));
    client.greet(mount.application().open(&client, request));
    Ok(client)
}

/// Answers a WebSocket handshake.
pub(super) fn accept(mount: &Arc<Mount>, request: &Parts) -> Socket {
    let query = query(mount, request);
    let (revision, jsonp) = (query.revision, query.jsonp);
    match welcome(mount, request, query) {
        Ok((head, carrier)) => Socket::Accepted(head, carrier),
        Err(denied) => {
            let answer = denied.answer(revision, jsonp);
            Socket::Refused(finish(mount, request, answer))
        }
    }
}

/// The response to a request, with what the mount adds to all of them.
pub(super) fn finish(mount: &Mount, request: &Parts, answer: Answer) -> Response<Bytes> {
    let is_success = answer.status == StatusCode::OK;
    let compress_from = mount.settings().compression.filter(|_| is_success);
    let mut response = respond(answer, &request.headers, compress_from);
    add_cors(mount, request, response.headers_mut());
    response
}

/// What the answer to a handshake adds.
pub(super) fn add_cookie(mount: &Mount, client: &Client, headers: &mut HeaderMap) {
    let cookie = mount.settings().cookie.as_ref();
    if let Some(value) = cookie.and_then(|cookie| cookie.value(client.sid())) {
        headers.insert(SET_COOKIE, value);
    }
}

pub(super) fn add_cors(mount: &Mount, request: &Parts, headers: &mut HeaderMap) {
    if let Some(cors) = &mount.settings().cors {
        cors.apply(&request.headers, headers);
    }
}

fn welcome(
    mount: &Arc<Mount>,
    request: &Parts,
    query: Query,
) -> Result<(Response<()>, WebSocketCarrier), Denied> {
    let Admitted {
        client, verdict, ..
    } = admit(mount, request, query)?;
    let cors = mount.settings().cors.as_ref();
    if cors.is_some_and(|cors| !cors.admits_socket(&request.headers)) {
        return Err(Refusal::Forbidden(Some("Origin not allowed".into())).into());
    }
    if !is_upgrade(request) {
        return Err(Refusal::BadRequest.into());
    }
    let offer = Offer::read(fields(&request.headers)).map_err(|_| Refusal::BadRequest)?;
    let deflate = offer
        .deflate()
        .filter(|_| mount.settings().deflate.is_some());
    let mut head = switching(&offer, deflate);
    let (client, socket) = match (verdict, client) {
        (Verdict::Handshake(candidate), _) => {
            let client = open(mount, request, candidate, deflate)?;
            add_cookie(mount, &client, head.headers_mut());
            (client, Live::FIRST_SOCKET)
        }
        (Verdict::TurnAway, _) => (turn_away(mount, deflate)?, Live::FIRST_SOCKET),
        (Verdict::Upgrade, Some(client)) => {
            let socket = attach(&client, deflate);
            (client, socket)
        }
        _ => return Err(Refusal::BadRequest.into()),
    };
    add_cors(mount, request, head.headers_mut());
    Ok((head, WebSocketCarrier::new(client, socket, deflate)))
}

/// A WebSocket for a session that is on polling.
fn attach(client: &Client, deflate: Option<Deflate>) -> SocketId {
    let now = clock::now();
    client.tell(|live| {
        let socket = live.socket(deflate);
        live.session_mut().socket_opened(socket, now);
        (socket, None)
    })
}

/// A session of revision 1 that is over before anybody hears of it: its client begins anew.
fn turn_away(mount: &Arc<Mount>, deflate: Option<Deflate>) -> Result<Client, Denied> {
    let handshake = Handshake {
        revision: Revision::V1,
        transport: Transport::WebSocket,
        binary: BinaryForm::Base64,
    };
    let sid = Sid::random().ok_or(Denied::Unavailable)?;
    let client = Client::new(sid, Arc::clone(mount), live(mount, handshake, sid, deflate));
    client.tell(|live| {
        let session = live.session_mut();
        session.send(protocol1::unknown());
        session.abort(CloseReason::TransportError);
        ((), None)
    });
    Ok(client)
}

fn live(mount: &Mount, handshake: Handshake, sid: Sid, deflate: Option<Deflate>) -> Live {
    let (engine, now) = (mount.engine(), clock::now());
    let wire = Wire {
        revision: handshake.revision,
        binary: handshake.binary,
        deflate_from: mount.settings().deflate.map(bound),
    };
    match handshake.transport {
        Transport::Polling => {
            let session = Session::polling(engine, handshake, sid.as_str(), now);
            Live::on_polling(session, wire)
        }
        Transport::WebSocket => {
            let socket = Live::FIRST_SOCKET;
            let session = Session::websocket(engine, handshake, socket, sid.as_str(), now);
            Live::on_socket(session, wire, deflate)
        }
    }
}

/// A number of bytes of a message, as sessions keep it: no message is longer, and none that is empty
/// is worth it.
fn bound(bytes: usize) -> NonZeroU32 {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    NonZeroU32::new(bytes).unwrap_or(NonZeroU32::MIN)
}

/// The head that turns a connection into a WebSocket (RFC 6455, section 4.2.2).
fn switching(offer: &Offer<'_>, deflate: Option<Deflate>) -> Response<()> {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = head.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let extension = deflate.map(|deflate| deflate.header_value());
    let values = [
        (SEC_WEBSOCKET_ACCEPT, Some(offer.accept_value())),
        (SEC_WEBSOCKET_EXTENSIONS, extension),
    ];
    for (name, value) in values {
        // Base64 and parameter lists are visible ASCII.
        if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
            headers.insert(name, value);
        }
    }
    head
}

fn fields(headers: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
}

impl Denied {
    pub(super) fn answer(&self, revision: Revision, jsonp: Option<u64>) -> Answer {
        match self {
            Self::Refusal(refusal) => refusal.answer_in(revision, jsonp),
            Self::Unavailable => Answer::empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

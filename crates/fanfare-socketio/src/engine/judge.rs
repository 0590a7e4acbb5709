//! Which requests are served, before any session hears of them.
//!
//! Source: the reference server, which answers with the first rule that is broken, in this order.

use http::Method;

use super::packet::BinaryForm;
use super::query::{Query, Transport};
use super::refusal::Refusal;
use super::revision::Revision;

/// What counts of a request under the mount path.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its method.
    pub method: &'a Method,
    /// True if it asks to become a WebSocket.
    pub is_upgrade: bool,
    /// Its field `Origin`.
    pub origin: Option<&'a [u8]>,
    /// Its arguments.
    pub query: &'a Query,
}

/// What a mount serves.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// The transports.
    pub transports: &'a [Transport],
    /// The revisions.
    pub revisions: &'a [Revision],
}

/// What is known of the session that a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// What it speaks.
    pub revision: Revision,
    /// What it lives on now.
    pub transport: Transport,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It wants to open a session: ask the application, then [`Candidate::agreed`].
    Handshake(Candidate),
    /// The session shall end, if there is one: [`Session::leave`](super::Session::leave), and 200
    /// without a body.
    Leave,
    /// A poll: [`Session::get`](super::Session::get).
    Poll,
    /// Packets: [`Session::post_begins`](super::Session::post_begins).
    Post,
    /// A WebSocket for a session that is not known: it is told so over the WebSocket, which is
    /// where clients of revision 1 listen.
    TurnAway,
    /// A method that polling does not have: 500 without a body. The session goes on.
    Unsupported,
    /// A WebSocket for a session: [`Session::socket_opened`](super::Session::socket_opened).
    Upgrade,
}

/// A handshake that the application has yet to agree to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    revision: Revision,
    transport: Transport,
    binary: BinaryForm,
}

/// A handshake that opens a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// What the client speaks.
    pub revision: Revision,
    /// What the session begins on.
    pub transport: Transport,
    /// How the client takes binary.
    pub binary: BinaryForm,
}

impl Candidate {
    /// The application agrees. Only now is the revision looked at, as in the reference.
    ///
    /// # Errors
    /// [`Refusal::Revision`] if it is not served.
    pub fn agreed(self, served: &Served<'_>) -> Result<Handshake, Refusal> {
        if !served.revisions.contains(&self.revision) {
            return Err(Refusal::Revision);
        }
        Ok(Handshake {
            revision: self.revision,
            transport: self.transport,
            binary: self.binary,
        })
    }
}

/// Judges a request. `known` is the session that its `sid` names, if there is one.
///
/// # Errors
/// The first rule that it breaks. No session is touched by that.
pub fn judge(
    request: &Request<'_>,
    served: &Served<'_>,
    known: Option<Known>,
) -> Result<Verdict, Refusal> {
    if request.query.revision == Revision::V1 {
        return judge_protocol1(request, served, known);
    }
    let transport = request
        .query
        .transport
        .filter(|it| served.transports.contains(it))
        .ok_or(Refusal::TransportUnknown)?;
    if request.origin.is_some_and(|it| !is_field_value(it)) {
        return Err(Refusal::BadRequest);
    }
    // The reference switches protocols for an upgrade that says polling, and closes. Not we.
    if request.is_upgrade && transport == Transport::Polling {
        return Err(Refusal::BadRequest);
    }
    match (&request.query.sid, known) {
        (None, _) => judge_handshake(request, transport),
        (Some(_), None) => Err(Refusal::SessionUnknown),
        (Some(_), Some(known)) => judge_known(request, transport, known),
    }
}

/// The same for revision 1, where a handshake has no transport yet.
fn judge_protocol1(
    request: &Request<'_>,
    served: &Served<'_>,
    known: Option<Known>,
) -> Result<Verdict, Refusal> {
    if request.origin.is_some_and(|it| !is_field_value(it)) {
        return Err(Refusal::BadRequest);
    }
    let transport = request.query.transport.ok_or(Refusal::TransportUnknown)?;
    if request.query.sid.is_none() {
        return match (request.method, request.is_upgrade) {
            (&Method::GET, false) => Ok(Verdict::Handshake(Candidate {
                revision: Revision::V1,
                transport: Transport::Polling,
                binary: BinaryForm::Base64,
            })),
            (_, false) => Err(Refusal::HandshakeMethod),
            (_, true) => Err(Refusal::TransportUnknown),
        };
    }
    if request.query.ends_session {
        return Ok(Verdict::Leave);
    }
    if !served.transports.contains(&transport) {
        return Err(Refusal::TransportUnknown);
    }
    let is_known = known.is_some_and(|known| known.revision == Revision::V1);
    match (transport, request.is_upgrade, is_known) {
        (Transport::WebSocket, true, true) => Ok(Verdict::Upgrade),
        (Transport::WebSocket, true, false) => Ok(Verdict::TurnAway),
        (Transport::Polling, false, false) => Err(Refusal::SessionUnknown),
        (Transport::Polling, false, true) => Ok(exchange(request.method)),
        (Transport::WebSocket, false, _) | (Transport::Polling, true, _) => {
            Err(Refusal::TransportUnknown)
        }
    }
}

fn judge_handshake(request: &Request<'_>, transport: Transport) -> Result<Verdict, Refusal> {
    if request.method != Method::GET {
        return Err(Refusal::HandshakeMethod);
    }
    if transport == Transport::WebSocket && !request.is_upgrade {
        return Err(Refusal::BadRequest);
    }
    Ok(Verdict::Handshake(Candidate {
        revision: request.query.revision,
        transport,
        binary: request.query.binary,
    }))
}

fn judge_known(
    request: &Request<'_>,
    transport: Transport,
    known: Known,
) -> Result<Verdict, Refusal> {
    if request.query.revision != known.revision {
        return Err(Refusal::BadRequest);
    }
    match (transport, request.is_upgrade, known.transport) {
        (Transport::WebSocket, true, _) => Ok(Verdict::Upgrade),
        (Transport::Polling, _, Transport::Polling) => Ok(exchange(request.method)),
        _ => Err(Refusal::BadRequest),
    }
}

fn exchange(method: &Method) -> Verdict {
    match *method {
        Method::GET => Verdict::Poll,
        Method::POST => Verdict::Post,
        _ => Verdict::Unsupported,
    }
}

/// True if nothing in it could end a field: visible characters, blanks and bytes above ASCII
/// (RFC 9110, section 5.5).
fn is_field_value(value: &[u8]) -> bool {
    value
        .iter()
        .all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

//! What a client is told whose request is refused.

use std::borrow::Cow;

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;

use super::answer::Answer;
use super::protocol1;
use super::revision::Revision;

/// Why a request is refused: the protocol's table of codes.
///
/// Source: the reference server; the codes are not in the protocol's text, but clients and their
/// authors' suites know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 0: no transport, or none that is served.
    TransportUnknown,
    /// 1: no such session, or not any more.
    SessionUnknown,
    /// 2: a session begins with `GET`.
    HandshakeMethod,
    /// 3: what does not fit the session, or nothing at all.
    BadRequest,
    /// 4: the application does not want it, and may say why.
    Forbidden(Option<Cow<'static, str>>),
    /// 5: a revision that is not served.
    Revision,
}

#[derive(Serialize)]
struct Json<'a> {
    code: u8,
    message: &'a str,
}

impl Refusal {
    /// The number in the body.
    pub fn code(&self) -> u8 {
        match self {
            Self::TransportUnknown => 0,
            Self::SessionUnknown => 1,
            Self::HandshakeMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden(_) => 4,
            Self::Revision => 5,
        }
    }

    /// The text in the body.
    pub fn message(&self) -> &str {
        match self {
            Self::TransportUnknown => "Transport unknown",
            Self::SessionUnknown => "Session ID unknown",
            Self::HandshakeMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden(message) => message.as_deref().unwrap_or("Forbidden"),
            Self::Revision => "Unsupported protocol version",
        }
    }

    /// The response for a client of a revision; in revision 1 it may have to be a script.
    pub fn answer_in(&self, revision: Revision, jsonp: Option<u64>) -> Answer {
        match revision {
            Revision::V1 => protocol1::refuse(self, jsonp),
            Revision::V3 | Revision::V4 => self.answer(),
        }
    }

    /// The response. The same for upgrade requests, where the reference writes bare text: clients
    /// look only at whether it is a 101.
    pub fn answer(&self) -> Answer {
        let json = Json {
            code: self.code(),
            message: self.message(),
        };
        let body = serde_json::to_vec(&json).expect("a number and a string can be written");
        Answer {
            status: match self {
                Self::Forbidden(_) => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_REQUEST,
            },
            content_type: Some("application/json"),
            body: Bytes::from(body),
        }
    }
}

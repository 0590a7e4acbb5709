//! The response to a polling request.

use bytes::Bytes;
use http::StatusCode;

use super::packet::{BinaryForm, Encoded};
use super::payload::{self, Payload, jsonp};
use super::protocol1;
use super::revision::Revision;

/// A complete response. Whoever writes it adds `Cache-Control: no-store`, the length, and what the
/// application wants (CORS, cookies); with a script also `X-Content-Type-Options: nosniff`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// `Content-Type`; none without a body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Bytes,
}

/// The content type of scripts. The reference says `text/plain`, which browsers refuse to run once
/// told not to guess.
pub const SCRIPT: &str = "text/javascript; charset=UTF-8";

/// The content type of the handshake of revision 1 as a script.
pub(super) const HANDSHAKE_SCRIPT: &str = "application/javascript";

/// The content type of packets as text.
pub(super) const TEXT: &str = "text/plain; charset=UTF-8";

impl Answer {
    /// To a `POST` whose packets were taken, good or not.
    pub fn taken(revision: Revision) -> Self {
        let (content_type, body) = match revision {
            Revision::V1 => (TEXT, "1"),
            Revision::V3 | Revision::V4 => ("text/html", "ok"),
        };
        Self {
            status: StatusCode::OK,
            content_type: Some(content_type),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    /// A status and no body.
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            content_type: None,
            body: Bytes::new(),
        }
    }

    /// To a poll. With `jsonp` the body is a script that calls the function of that number; binary
    /// is base64 then, whatever the client said, for a script cannot hold bytes.
    pub fn packets(
        packets: &[Encoded],
        revision: Revision,
        form: BinaryForm,
        jsonp: Option<u64>,
    ) -> Self {
        let form = if jsonp.is_some() {
            BinaryForm::Base64
        } else {
            form
        };
        let (content_type, body) = match (payload::encode(packets, revision, form), jsonp) {
            (Payload::Binary(body), _) => ("application/octet-stream", body),
            (Payload::Text(body), None) => (TEXT, body),
            (Payload::Text(body), Some(index)) => {
                let text = String::from_utf8_lossy(&body);
                let script = match revision {
                    Revision::V1 => protocol1::script(index, &text),
                    Revision::V3 | Revision::V4 => jsonp::encode(index, &text),
                };
                (SCRIPT, script)
            }
        };
        Self {
            status: StatusCode::OK,
            content_type: Some(content_type),
            body,
        }
    }
}

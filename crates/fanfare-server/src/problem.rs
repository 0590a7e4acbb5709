//! What a client is told when something is wrong.

use bytes::Bytes;
use fanfare_relay::RelayError;
use fanfare_relay::headers::FANFARE_ERROR;
use http::header::{
    ACCEPT, CONTENT_TYPE, HeaderValue, SEC_WEBSOCKET_VERSION, UPGRADE, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Response, StatusCode};
use serde_json::json;

/// The code for a key that was sent and is not one of ours.
pub(crate) const WRONG_KEY: &str = "wrong_key";

/// An error for a client: a status, a code for programs, a sentence for people, and the setting
/// that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Lower case with underscores; never changes once released.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// The setting that decided, if one did.
    pub setting: Option<&'static str>,
}

impl Problem {
    /// A problem that no setting decides.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            setting: None,
        }
    }

    /// Names the setting that decided.
    #[must_use]
    pub fn decided_by(mut self, setting: &'static str) -> Self {
        self.setting = Some(setting);
        self
    }

    /// The answer, in the form that the request asks for: JSON if it accepts that, else text.
    pub fn response(&self, request: &HeaderMap) -> Response<Bytes> {
        let (content_type, body) = if wants_json(request) {
            let body = json!({"code": self.code, "message": self.message, "setting": self.setting});
            ("application/json", format!("{body}\n"))
        } else {
            ("text/plain; charset=utf-8", self.text())
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(FANFARE_ERROR, HeaderValue::from_static(self.code));
        match self.status {
            StatusCode::UNAUTHORIZED => {
                // RFC 6750, section 3.
                let challenge = match self.code {
                    WRONG_KEY => "Bearer error=\"invalid_token\"",
                    _ => "Bearer",
                };
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
            // RFC 9110, section 15.5.22; RFC 6455, section 4.4.
            StatusCode::UPGRADE_REQUIRED => {
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            _ => {}
        }
        response
    }

    fn text(&self) -> String {
        match self.setting {
            Some(setting) => format!(
                "{} ({}, see the setting {setting})\n",
                self.message, self.code
            ),
            None => format!("{} ({})\n", self.message, self.code),
        }
    }
}

impl From<RelayError> for Problem {
    fn from(error: RelayError) -> Self {
        Self::new(error.status(), error.code(), error.to_string())
    }
}

fn wants_json(request: &HeaderMap) -> bool {
    let accepted = request
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted
        .split(',')
        .any(|member| member.trim().starts_with("application/json"))
}

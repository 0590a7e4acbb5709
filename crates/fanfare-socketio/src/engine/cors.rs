//! Which pages of other origins may read the answers.
//!
//! Source: Fetch standard, "CORS protocol"; the defaults of the reference's middleware.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, CONTENT_LENGTH, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

/// Cross-origin rules of a mount. All answers carry them, errors as well.
#[derive(Clone, Debug)]
pub struct Cors {
    /// Who may.
    pub origins: Origins,
    /// Whether cookies may come along. Without effect with [`Origins::Any`]: browsers refuse that.
    pub credentials: bool,
    /// Whether WebSockets of origins that may not are refused. Browsers open WebSockets to anybody
    /// and leave the decision to the server. A request without `Origin` is no page's and passes.
    pub guards_sockets: bool,
}

/// A set of origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// All, said as `*`.
    Any,
    /// These, as browsers write them: `https://example.org`, without a slash at the end.
    List(Vec<String>),
    /// All, each told that it may.
    Mirror,
}

/// What the reference allows.
const METHODS: HeaderValue = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");

impl Cors {
    /// Answers a preflight.
    pub(super) fn preflight(&self, request: &Parts) -> Option<Response<()>> {
        if request.method != Method::OPTIONS {
            return None;
        }
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        if let Some(wanted) = request.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        headers.append(VARY, HeaderValue::from(ACCESS_CONTROL_REQUEST_HEADERS));
        Some(response)
    }

    /// Adds what an answer to this request has to say.
    pub(super) fn apply(&self, request: &HeaderMap, response: &mut HeaderMap) {
        let origin = request.get(ORIGIN);
        let allowed = match &self.origins {
            Origins::Any => Some(HeaderValue::from_static("*")),
            Origins::List(_) | Origins::Mirror => {
                response.append(VARY, HeaderValue::from(ORIGIN));
                origin.filter(|origin| self.allows(origin)).cloned()
            }
        };
        if let Some(allowed) = allowed {
            response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            if self.credentials {
                let yes = HeaderValue::from_static("true");
                response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
            }
        }
    }

    /// True if a WebSocket may be opened.
    pub(super) fn admits_socket(&self, request: &HeaderMap) -> bool {
        let origin = request.get(ORIGIN);
        !self.guards_sockets || origin.is_none_or(|origin| self.allows(origin))
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        match &self.origins {
            Origins::Any | Origins::Mirror => true,
            Origins::List(list) => list.iter().any(|it| it.as_bytes() == origin.as_bytes()),
        }
    }
}

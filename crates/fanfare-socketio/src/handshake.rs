//! What a client said when it came.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use http::{HeaderMap, Uri};

use crate::form;
use crate::json::{Json, TypeError};

/// What a client said when it connected to a namespace, and when it opened the session under that.
#[derive(Clone, Debug)]
pub struct Handshake {
    pub(crate) auth: Json<'static>,
    pub(crate) request: Option<Arc<OpenRequest>>,
    pub(crate) mark: u32,
}

impl Handshake {
    /// The credentials: an object, `{}` if there were none. For clients 2.x the query that they put
    /// behind the name of the namespace.
    pub fn auth(&self) -> &Json<'static> {
        &self.auth
    }

    /// The credentials as a type.
    ///
    /// # Errors
    /// [`TypeError`] if they do not fit.
    pub fn auth_as<T: serde::de::DeserializeOwned>(&self) -> Result<T, TypeError> {
        self.auth.read()
    }

    /// What [`Builder::mark`](crate::Builder::mark) made of that request; 0 without.
    pub fn mark(&self) -> u32 {
        self.mark
    }

    /// The request that opened the session. `None` if the mount forgets them, see
    /// [`Builder::forget_requests`](crate::Builder::forget_requests).
    pub fn request(&self) -> Option<&OpenRequest> {
        self.request.as_deref()
    }
}

/// The HTTP request that opened a session.
#[derive(Clone, Debug)]
pub struct OpenRequest {
    /// Its fields.
    pub headers: HeaderMap,
    /// Path and query.
    pub uri: Uri,
    /// Where it came from, if whoever accepts connections put a [`SocketAddr`] into the extensions
    /// of the request.
    pub address: Option<SocketAddr>,
    /// When it came.
    pub issued: SystemTime,
}

impl OpenRequest {
    pub(crate) fn new(parts: &http::request::Parts) -> Self {
        Self {
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
            address: parts.extensions.get().copied(),
            issued: SystemTime::now(),
        }
    }

    /// The arguments of its query, in order.
    pub fn query(&self) -> Vec<(String, String)> {
        form::pairs(self.uri.query().unwrap_or_default().as_bytes()).collect()
    }

    /// One argument of its query: the first of that name.
    pub fn argument(&self, name: &str) -> Option<String> {
        form::pairs(self.uri.query().unwrap_or_default().as_bytes())
            .find_map(|(key, value)| (key == name).then_some(value))
    }
}

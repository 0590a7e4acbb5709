//! What a client said when it came.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use crate::json::{Json, TypeError};
use crate::{clock, form};

/// What a client said when it connected to a namespace, and when it opened the session under that.
#[derive(Clone, Debug)]
pub struct Handshake {
    pub(crate) auth: Json<'static>,
    pub(crate) request: Option<Arc<OpenRequest>>,
    pub(crate) mark: u32,
}

impl Handshake {
    /// The credentials: an object, `{}` if there were none. For clients before 3.0 the query that
    /// they put behind the name of the namespace.
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

/// The HTTP request that opened a session, in memory of its own: as it came, it would keep the
/// buffer that it was read into.
#[derive(Clone, Debug)]
pub struct OpenRequest {
    /// Each field as a name, a colon and a value; then a line feed, which none of them contains.
    fields: Box<[u8]>,
    uri: Box<str>,
    address: Option<SocketAddr>,
    issued: SystemTime,
}

impl OpenRequest {
    pub(crate) fn new(parts: &http::request::Parts) -> Self {
        let mut fields = Vec::new();
        for (name, value) in &parts.headers {
            for part in [name.as_str().as_bytes(), b":", value.as_bytes(), b"\n"] {
                fields.extend_from_slice(part);
            }
        }
        Self {
            fields: fields.into(),
            uri: parts.uri.to_string().into(),
            address: parts.extensions.get().copied(),
            issued: clock::today(),
        }
    }

    /// Its fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields
            .split(|&byte| byte == b'\n')
            .filter_map(|field| {
                let colon = field.iter().position(|&byte| byte == b':')?;
                let name = std::str::from_utf8(&field[..colon]).ok()?;
                Some((name, &field[colon + 1..]))
            })
    }

    /// The value of a field if it is text: the first of that name, which is written in lower case.
    pub fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields().find(|(other, _)| *other == name)?;
        std::str::from_utf8(value).ok()
    }

    /// Path and query.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Where it came from, if whoever accepts connections put a [`SocketAddr`] into the extensions
    /// of the request.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// When it came.
    pub fn issued(&self) -> SystemTime {
        self.issued
    }

    /// The arguments of its query, in order.
    pub fn query(&self) -> Vec<(String, String)> {
        form::pairs(self.query_text().as_bytes()).collect()
    }

    /// One argument of its query: the first of that name.
    pub fn argument(&self, name: &str) -> Option<String> {
        form::pairs(self.query_text().as_bytes())
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    fn query_text(&self) -> &str {
        self.uri.split_once('?').map_or("", |(_, query)| query)
    }
}

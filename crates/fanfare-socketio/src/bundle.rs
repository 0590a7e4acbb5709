//! The official browser client, which pages load from below the mount:
//! `<script src="/socket.io/socket.io.js">`.
//!
//! The files are those of the npm package, in `client-dist/` of this crate with their licence, and
//! stay compressed in the program: 302 KiB instead of 1.2 MB. `client-dist/refresh` replaces them.

use std::io::Read as _;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::engine::accepts_gzip;

/// The version of the client.
pub const VERSION: &str = "4.8.4";

/// The version in quotes, as the reference tags all files.
const TAG: &str = "\"4.8.4\"";

static FILES: [File; 8] = [
    File::new(
        "socket.io.js",
        include_bytes!("../client-dist/socket.io.js.gz"),
    ),
    File::new(
        "socket.io.js.map",
        include_bytes!("../client-dist/socket.io.js.map.gz"),
    ),
    File::new(
        "socket.io.min.js",
        include_bytes!("../client-dist/socket.io.min.js.gz"),
    ),
    File::new(
        "socket.io.min.js.map",
        include_bytes!("../client-dist/socket.io.min.js.map.gz"),
    ),
    File::new(
        "socket.io.esm.min.js",
        include_bytes!("../client-dist/socket.io.esm.min.js.gz"),
    ),
    File::new(
        "socket.io.esm.min.js.map",
        include_bytes!("../client-dist/socket.io.esm.min.js.map.gz"),
    ),
    File::new(
        "socket.io.msgpack.min.js",
        include_bytes!("../client-dist/socket.io.msgpack.min.js.gz"),
    ),
    File::new(
        "socket.io.msgpack.min.js.map",
        include_bytes!("../client-dist/socket.io.msgpack.min.js.map.gz"),
    ),
];

struct File {
    name: &'static str,
    /// As `gzip` made it.
    packed: &'static [u8],
    /// Made when somebody first asks who does not take gzip, and kept: unpacking for each such
    /// request would be work that strangers can order.
    plain: OnceLock<Bytes>,
}

/// Answers a request for one of the files: whatever its method, with the file, or 304 for who has
/// this version. `None` if no file has that name; such a request is Engine.IO's.
///
/// `name` is what follows the path of the mount, without the query.
///
/// ```
/// use fanfare_socketio::bundle;
/// use http::{HeaderMap, Method};
///
/// let answer = |name| bundle::answer(&Method::GET, name, &HeaderMap::new());
/// assert!(answer("socket.io.min.js").unwrap().body().starts_with(b"/*!\n * Socket.IO v4."));
/// assert!(answer("favicon.ico").is_none());
/// ```
pub fn answer(method: &Method, name: &str, request: &HeaderMap) -> Option<Response<Bytes>> {
    let file = FILES.iter().find(|file| file.name == name)?;
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_static(TAG));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=0"));
    headers.insert(VARY, HeaderValue::from(ACCEPT_ENCODING));
    if is_known(request) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Some(response);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type()));
    let content = if accepts_gzip(request) {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        Bytes::from_static(file.packed)
    } else {
        file.plain()
    };
    headers.insert(CONTENT_LENGTH, HeaderValue::from(content.len()));
    if method != Method::HEAD {
        *response.body_mut() = content;
    }
    Some(response)
}

/// True if the client has this version already (RFC 9110, section 13.1.2: any of a list, weak or
/// strong, or `*`).
fn is_known(request: &HeaderMap) -> bool {
    let values = request.get_all(IF_NONE_MATCH).into_iter();
    let mut tags = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == TAG)
}

impl File {
    const fn new(name: &'static str, packed: &'static [u8]) -> Self {
        Self {
            name,
            packed,
            plain: OnceLock::new(),
        }
    }

    fn content_type(&self) -> &'static str {
        match self.name.ends_with(".map") {
            true => "application/json; charset=utf-8",
            false => "application/javascript; charset=utf-8",
        }
    }

    fn plain(&self) -> Bytes {
        let unpacked = self.plain.get_or_init(|| {
            let mut plain = Vec::new();
            let mut decoder = GzDecoder::new(self.packed);
            decoder
                .read_to_end(&mut plain)
                .expect("a file of ours, which a test unpacks");
            plain.into()
        });
        unpacked.clone()
    }
}

#[cfg(test)]
mod tests;

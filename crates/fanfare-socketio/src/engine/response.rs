//! Answers as responses.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response};

use super::answer::{self, Answer};

/// Compresses an answer if its client accepts that and it is long enough, and gives it its fields.
pub(super) fn respond(
    answer: Answer,
    request: &HeaderMap,
    compress_from: Option<usize>,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(content_type) = answer.content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if matches!(
        answer.content_type,
        Some(answer::SCRIPT | answer::HANDSHAKE_SCRIPT)
    ) {
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    let is_long = compress_from.is_some_and(|bytes| answer.body.len() >= bytes);
    let compressed = (is_long && accepts_gzip(request)).then(|| gzip(&answer.body));
    let body = match compressed.flatten() {
        Some(body) => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.append(VARY, HeaderValue::from(ACCEPT_ENCODING));
            body
        }
        None => answer.body,
    };
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = body;
    response
}

/// Fast rather than small: it is done for each client again, while others wait.
fn gzip(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// True if `gzip`, or everything, is accepted, and not with the weight zero (RFC 9110, section
/// 12.5.3).
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).into_iter();
    let codings = values.filter_map(|value| value.to_str().ok());
    let mut weights = codings
        .flat_map(|value| value.split(','))
        .filter_map(weight);
    weights.any(|weight| weight > 0.0)
}

/// The weight of an element that covers gzip.
fn weight(element: &str) -> Option<f32> {
    let mut parts = element.split(';').map(str::trim);
    let coding = parts.next()?;
    if !["gzip", "x-gzip", "*"]
        .iter()
        .any(|it| coding.eq_ignore_ascii_case(it))
    {
        return None;
    }
    let quality = parts.find_map(|it| it.strip_prefix("q=").or_else(|| it.strip_prefix("Q=")));
    quality.map_or(Some(1.0), |quality| quality.trim().parse().ok())
}

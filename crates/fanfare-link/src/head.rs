//! Request heads: where one ends, whether it is sound, and whether it is simple enough for us.
//!
//! Every head that comes over a plain connection passes here, also those that hyper will answer.
//! What two parsers could read in two ways is refused before either of them acts on it; what is
//! sound but not a `GET` without a body goes to hyper untouched.

use std::ops::ControlFlow;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, Version,
};
use memchr::memchr2_iter;

use crate::extent::{Chunks, Extent};
use crate::limits::HEADERS_MAX;
use crate::reply::Http;

/// What the bytes at the beginning of a connection are.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one call, on the stack"
)]
pub(crate) enum Head {
    /// A `GET` without a body, `length` bytes long.
    Get {
        request: Parts,
        http: Http,
        length: usize,
    },
    /// A sound head of another kind: hyper's.
    Other,
    /// Not complete yet.
    Partial,
    /// Answer this and close.
    Refused(Refusal),
}

/// Why a request head is refused. The peer must send another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A line ended with a line feed alone, or a carriage return stood alone.
    #[error("lines of a request head must end with CR LF")]
    BareLineEnd,
    /// The node has as many connections as it may. Retryable.
    #[error("this node has as many connections as it may, see limits.connections_max")]
    Full,
    /// A header was continued on the next line (RFC 9112, section 5.2).
    #[error("a header field must not be continued on the next line")]
    Folded,
    /// Both `Content-Length` and `Transfer-Encoding`, two of one of them, or one that says nothing
    /// (RFC 9112, section 6.3): the usual shapes of request smuggling.
    #[error("the length of the request body is stated in two ways, or in none that can be read")]
    AmbiguousLength,
    /// Not exactly one `Host` (RFC 9112, section 3.2).
    #[error("a request must have exactly one Host header")]
    Host,
    /// Not HTTP, or characters where they do not belong.
    #[error("this is not an HTTP request")]
    Syntax,
    /// The node keeps as many unfinished requests as it may. Retryable.
    #[error("too many requests are unfinished at the moment, see limits.half_open_max")]
    TooMany,
    /// Too many header fields.
    #[error("a request can have at most {HEADERS_MAX} header fields")]
    TooManyHeaders,
    /// The head is longer than allowed.
    #[error("the request head is longer than {0} bytes, the limit set by limits.head_bytes_max")]
    TooLong(usize),
    /// It took too long to decide about the request. Retryable.
    #[error("it took too long to decide about this request; try again")]
    Undecided,
    /// The head did not arrive in time.
    #[error("the request head did not arrive in time, see limits.head_time")]
    TooSlow,
}

impl Refusal {
    /// The answer: a status, a sentence, and the end of the connection.
    pub(crate) fn response(self) -> Response<Bytes> {
        let (status, code) = match self {
            Self::TooLong(_) | Self::TooManyHeaders => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "head_too_large",
            ),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "head_too_slow"),
            Self::Full => (StatusCode::SERVICE_UNAVAILABLE, "node_full"),
            Self::Undecided => (StatusCode::SERVICE_UNAVAILABLE, "undecided"),
            Self::TooMany => (StatusCode::SERVICE_UNAVAILABLE, "too_many_half_open"),
            _ => (StatusCode::BAD_REQUEST, "bad_request"),
        };
        let mut response = Response::new(Bytes::from(format!("{self}\n")));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            "content-type",
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        headers.insert("fanfare-error", HeaderValue::from_static(code));
        response
    }
}

/// Looks at the beginning of `bytes`. `length_max` bounds a head that is still incomplete.
pub(crate) fn examine(bytes: &[u8], length_max: usize) -> Head {
    let length = match end(bytes) {
        Ok(Some(length)) => length,
        Ok(None) if bytes.len() > length_max => {
            return Head::Refused(Refusal::TooLong(length_max));
        }
        Ok(None) => return Head::Partial,
        Err(refusal) => return Head::Refused(refusal),
    };
    if length > length_max {
        return Head::Refused(Refusal::TooLong(length_max));
    }
    let head = &bytes[..length];
    if head == HTTP2_PREFACE_HEAD {
        return Head::Other;
    }
    match parse(head) {
        Ok(ControlFlow::Continue((request, http))) => Head::Get {
            request,
            http,
            length,
        },
        Ok(ControlFlow::Break(())) => Head::Other,
        Err(refusal) => Head::Refused(refusal),
    }
}

/// The request that the narrow front reads at the beginning of `bytes`, and the length of its
/// head; `None` for whatever it does not take. For tests that compare it with other parsers.
#[doc(hidden)]
pub fn examine_for_tests(bytes: &[u8]) -> Option<(Parts, usize)> {
    match examine(bytes, usize::MAX) {
        Head::Get {
            request, length, ..
        } => Some((request, length)),
        Head::Other | Head::Partial | Head::Refused(_) => None,
    }
}

/// The part of HTTP/2's connection preface that looks like a head (RFC 9113, section 3.4).
const HTTP2_PREFACE_HEAD: &[u8] = b"PRI * HTTP/2.0\r\n\r\n";

/// Where the head ends, its empty line included; `None` while that is not there yet. Refuses lines
/// that two parsers could divide in two ways as soon as they are seen: waiting for more of such a
/// head would be in vain. Empty lines before a request are not ours to skip (RFC 9112, section
/// 2.2, lets a server do so).
fn end(bytes: &[u8]) -> Result<Option<usize>, Refusal> {
    let mut line = 0;
    let mut marks = memchr2_iter(b'\r', b'\n', bytes);
    while let Some(at) = marks.next() {
        match bytes.get(at..at + 2) {
            Some(b"\r\n") => marks.next(),
            None if bytes[at] == b'\r' => return Ok(None),
            _ => return Err(Refusal::BareLineEnd),
        };
        let next = at + 2;
        if at == line {
            return if line == 0 {
                Err(Refusal::Syntax)
            } else {
                Ok(Some(next))
            };
        }
        if matches!(bytes.get(next), Some(b' ' | b'\t')) {
            return Err(Refusal::Folded);
        }
        line = next;
    }
    Ok(None)
}

/// Continues with what our front takes, breaks with what is hyper's.
type Parsed = ControlFlow<(), (Parts, Http)>;

fn parse(head: &[u8]) -> Result<Parsed, Refusal> {
    // Copied once; target and values are slices of the copy.
    let head = Bytes::copy_from_slice(head);
    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(&head) {
        // What is not all of the head is something before it: empty lines, mostly.
        Ok(status) if status != httparse::Status::Complete(head.len()) => {
            return Err(Refusal::Syntax);
        }
        Ok(_) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Refusal::TooManyHeaders),
        Err(_) => return Err(Refusal::Syntax),
    }
    let headers = headers(&head, request.headers)?;
    let minor = request.version.unwrap_or(1);
    check_host(&headers, minor)?;
    let length = check_length(&headers)?;
    if request.method != Some("GET") || length != Length::Bytes(0) || headers.contains_key(EXPECT) {
        return Ok(ControlFlow::Break(()));
    }
    let target = request.path.unwrap_or_default();
    // A target in absolute form names the same resource (RFC 9112, section 3.2.2).
    match Uri::from_maybe_shared(head.slice_ref(target.as_bytes())) {
        Ok(uri) if target.starts_with('/') || uri.scheme().is_some() => {
            let http = Http::One {
                minor,
                keep_alive: keep_alive(&headers, minor),
            };
            Ok(ControlFlow::Continue((parts(uri, headers, minor), http)))
        }
        Ok(_) => Ok(ControlFlow::Break(())),
        Err(_) => Err(Refusal::Syntax),
    }
}

fn headers(head: &Bytes, fields: &[httparse::Header<'_>]) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::with_capacity(fields.len());
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| Refusal::Syntax)?;
        let value = head.slice_ref(field.value);
        let value = HeaderValue::from_maybe_shared(value).map_err(|_| Refusal::Syntax)?;
        headers.append(name, value);
    }
    Ok(headers)
}

fn check_host(headers: &HeaderMap, minor: u8) -> Result<(), Refusal> {
    match headers.get_all(HOST).iter().count() {
        1 => Ok(()),
        0 if minor == 0 => Ok(()),
        _ => Err(Refusal::Host),
    }
}

/// How long a request body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    /// So many bytes.
    Bytes(u64),
    /// It ends with an empty chunk.
    Chunked,
}

/// Says how long the body is, and refuses what two parsers could measure in two ways.
fn check_length(headers: &HeaderMap) -> Result<Length, Refusal> {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (
        lengths.next(),
        lengths.next(),
        codings.next(),
        codings.next(),
    ) {
        (None, None, None, None) => Ok(Length::Bytes(0)),
        (Some(length), None, None, None) => digits(length.as_bytes()),
        (None, None, Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => {
            Ok(Length::Chunked)
        }
        _ => Err(Refusal::AmbiguousLength),
    }
}

/// Digits of a length. No body has more bytes than this says, and no sum with it overflows.
const LENGTH_DIGITS_MAX: usize = 18;

/// `parse` would take a sign, which no length has.
fn digits(text: &[u8]) -> Result<Length, Refusal> {
    let text = std::str::from_utf8(text).map_err(|_| Refusal::AmbiguousLength)?;
    if text.len() > LENGTH_DIGITS_MAX || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::AmbiguousLength);
    }
    let bytes = text.parse().map_err(|_| Refusal::AmbiguousLength)?;
    Ok(Length::Bytes(bytes))
}

/// Where the request at the beginning of `bytes` ends, whose head has been examined.
pub(crate) fn extent(bytes: &[u8]) -> Extent {
    measure(bytes).unwrap_or(Extent::Endless)
}

fn measure(bytes: &[u8]) -> Option<Extent> {
    let length = end(bytes).ok()??;
    let head = Bytes::copy_from_slice(&bytes[..length]);
    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut fields);
    request.parse(&head).ok()?;
    let length = length as u64;
    match check_length(&headers(&head, request.headers).ok()?).ok()? {
        Length::Bytes(body) => Some(Extent::Bytes(length.checked_add(body)?)),
        Length::Chunked => Some(Extent::Chunks {
            head: length,
            chunks: Chunks::default(),
        }),
    }
}

/// RFC 9112, section 9.3.
fn keep_alive(headers: &HeaderMap, minor: u8) -> bool {
    let has = |token: &str| {
        headers
            .get_all(CONNECTION)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .any(|value| {
                value
                    .split(',')
                    .any(|part| part.trim().eq_ignore_ascii_case(token))
            })
    };
    !has("close") && (minor == 1 || has("keep-alive"))
}

fn parts(uri: Uri, headers: HeaderMap, minor: u8) -> Parts {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = Method::GET;
    parts.uri = uri;
    parts.headers = headers;
    parts.version = if minor == 0 {
        Version::HTTP_10
    } else {
        Version::HTTP_11
    };
    parts
}

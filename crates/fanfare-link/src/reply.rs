//! HTTP/1 responses as bytes.

use std::fmt::Write as _;

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use http::{HeaderMap, Response, StatusCode};

use crate::{Framing, Now};

/// A body up to this size is copied behind its head, so that one `send` carries both; a larger one
/// is shared. At 4 KiB the copy costs less than the second element of a `writev`.
const COPY_BYTES_MAX: usize = 4096;

/// What a response has to look like on its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Http {
    /// Written by us.
    One {
        /// The minor version of the request.
        minor: u8,
        /// Another request may follow.
        keep_alive: bool,
    },
    /// Written by the carrier.
    Two,
}

impl Http {
    pub(crate) fn framing(self) -> Framing {
        match self {
            Self::One { minor: 0, .. } => Framing::UntilClose,
            Self::One { .. } => Framing::Chunked,
            Self::Two => Framing::Carrier,
        }
    }

    pub(crate) fn without_keep_alive(self) -> Self {
        match self {
            Self::One { minor, .. } => Self::One {
                minor,
                keep_alive: false,
            },
            Self::Two => Self::Two,
        }
    }

    pub(crate) fn keep_alive(self) -> bool {
        matches!(
            self,
            Self::One {
                keep_alive: true,
                ..
            }
        )
    }
}

/// Wraps `frame` as one chunk of a chunked body (RFC 9112, section 7.1). An empty frame stays
/// empty: an empty chunk would end the body.
pub fn chunk(frame: &[u8]) -> Bytes {
    if frame.is_empty() {
        return Bytes::new();
    }
    let mut chunk = BytesMut::with_capacity(frame.len() + 12);
    chunk.put_slice(format!("{:x}\r\n", frame.len()).as_bytes());
    chunk.put_slice(frame);
    chunk.put_slice(b"\r\n");
    chunk.freeze()
}

/// Ends a chunked body.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Appends a whole response to `frames`.
pub(crate) fn write(response: Response<Bytes>, http: Http, now: Now, frames: &mut Vec<Bytes>) {
    let (parts, body) = response.into_parts();
    let mut out = BytesMut::with_capacity(256 + body.len().min(COPY_BYTES_MAX));
    put_fields(&mut out, parts.status, &parts.headers);
    let length = (!is_bodiless(parts.status)).then_some(body.len());
    finish(out, length, body, http, now, frames);
}

/// What is the same in a response for everybody who gets it: status line and fields, without the
/// date and without what concerns the connection. For responses with a body.
///
/// Made once for a message that many polls are answered with, and shared by
/// [`Outbox::reply_shared`](crate::Outbox::reply_shared).
pub fn shared_head(status: StatusCode, headers: &HeaderMap) -> Bytes {
    let mut out = BytesMut::with_capacity(512);
    put_fields(&mut out, status, headers);
    Bytes::copy_from_slice(&out)
}

/// Appends a response that begins with a [`shared_head`] to `frames`.
pub(crate) fn write_shared(
    head: &Bytes,
    body: Bytes,
    http: Http,
    now: Now,
    frames: &mut Vec<Bytes>,
) {
    let mut out = BytesMut::with_capacity(head.len() + 128 + body.len().min(COPY_BYTES_MAX));
    out.put_slice(head);
    finish(out, Some(body.len()), body, http, now, frames);
}

/// Completes a head with what is this connection's and this second's, and appends the body.
fn finish(
    mut out: BytesMut,
    length: Option<usize>,
    body: Bytes,
    http: Http,
    now: Now,
    frames: &mut Vec<Bytes>,
) {
    put_date(&mut out, now);
    if let Some(length) = length {
        // Writing to memory that grows cannot fail.
        let _ = write!(out, "content-length: {length}\r\n");
    }
    out.put_slice(connection(http));
    if body.len() <= COPY_BYTES_MAX {
        out.put_slice(&body);
        frames.push(out.freeze());
    } else {
        frames.extend([out.freeze(), body]);
    }
}

/// Appends the head of a stream or of an upgrade to `frames`.
pub(crate) fn write_head(head: &Response<()>, http: Http, now: Now, frames: &mut Vec<Bytes>) {
    let mut out = BytesMut::with_capacity(256);
    put_fields(&mut out, head.status(), head.headers());
    if head.status() == StatusCode::SWITCHING_PROTOCOLS {
        out.put_slice(b"connection: upgrade\r\n\r\n");
    } else if http.framing() == Framing::Chunked {
        put_date(&mut out, now);
        out.put_slice(b"transfer-encoding: chunked\r\n");
        out.put_slice(connection(http));
    } else {
        put_date(&mut out, now);
        out.put_slice(b"connection: close\r\n\r\n");
    }
    frames.push(out.freeze());
}

fn put_fields(out: &mut BytesMut, status: StatusCode, headers: &HeaderMap) {
    out.put_slice(b"HTTP/1.1 ");
    out.put_slice(status.as_str().as_bytes());
    out.put_u8(b' ');
    out.put_slice(status.canonical_reason().unwrap_or("Status").as_bytes());
    out.put_slice(b"\r\n");
    for (name, value) in headers.iter().filter(|(name, _)| !is_ours(name)) {
        out.put_slice(name.as_str().as_bytes());
        out.put_slice(b": ");
        out.put_slice(value.as_bytes());
        out.put_slice(b"\r\n");
    }
}

/// What marks off the message is decided here and nowhere else.
fn is_ours(name: &http::HeaderName) -> bool {
    [CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING].contains(name)
}

/// RFC 9110, sections 8.6 and 15: these have no body, and a length would speak of another one's.
fn is_bodiless(status: StatusCode) -> bool {
    status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

fn connection(http: Http) -> &'static [u8] {
    match http {
        Http::One {
            minor: 0,
            keep_alive: true,
        } => b"connection: keep-alive\r\n\r\n",
        Http::One {
            keep_alive: false, ..
        } => b"connection: close\r\n\r\n",
        Http::One { .. } | Http::Two => b"\r\n",
    }
}

thread_local! {
    /// The formatted date of one second, as every response of that second needs it.
    static DATE_CACHE: std::cell::RefCell<(u64, String)> = const { std::cell::RefCell::new((u64::MAX, String::new())) };
}

fn put_date(out: &mut BytesMut, now: Now) {
    let seconds = now.wall.seconds();
    DATE_CACHE.with_borrow_mut(|(cached, text)| {
        if *cached != seconds {
            // Far beyond any date a clock shows; past year 9999 the format has no room.
            let time = std::time::UNIX_EPOCH
                + std::time::Duration::from_secs(seconds.min(253_402_300_799));
            *text = httpdate::fmt_http_date(time);
            *cached = seconds;
        }
        out.put_slice(b"date: ");
        out.put_slice(text.as_bytes());
        out.put_slice(b"\r\n");
    });
}

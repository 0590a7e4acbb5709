//! The requests that the floor knows, and what it says.

use anyhow::{Context as _, Result, bail};
use httparse::{EMPTY_HEADER, Status};

/// Answer to the key that every client of the bench sends (the one of RFC 6455, section 1.3).
pub(super) const WEBSOCKET_HEAD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Connection: upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

pub(super) const SSE_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
    Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n: ok\n\n\r\n";

pub(super) const PUBLISHED: &[u8] = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

pub(super) const END_OF_HEAD: &[u8] = b"\r\n\r\n";

const HEADERS_MAX: usize = 32;

/// Payload bytes from which the length of a frame takes two bytes more (RFC 6455, section 5.2).
const LONG_FRAME_BYTES: usize = 126;

/// A request, told apart by the little that is needed.
pub(super) enum Request<'a> {
    Poll,
    Publish(&'a [u8]),
    Sse,
    WebSocket,
}

impl<'a> Request<'a> {
    /// Reads one request and its length in bytes; nothing while it is incomplete.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Option<(Self, usize)>> {
        if bytes.starts_with(b"GET") {
            let is_whole = bytes.ends_with(END_OF_HEAD);
            return Ok(is_whole.then(|| (Self::subscriber(bytes), bytes.len())));
        }
        let mut headers = [EMPTY_HEADER; HEADERS_MAX];
        let mut request = httparse::Request::new(&mut headers);
        let Status::Complete(head_length) = request.parse(bytes)? else {
            return Ok(None);
        };
        if request.method != Some("POST") {
            bail!("the floor knows GET and POST only");
        }
        let length = content_length(&request).context("a publish without a length")?;
        let payload = bytes.get(head_length..head_length + length);
        Ok(payload.map(|payload| (Self::Publish(payload), head_length + length)))
    }

    fn subscriber(head: &[u8]) -> Self {
        let has = |needle: &[u8]| head.windows(needle.len()).any(|window| window == needle);
        if has(b"Upgrade: websocket") {
            Self::WebSocket
        } else if has(b"text/event-stream") {
            Self::Sse
        } else {
            Self::Poll
        }
    }
}

fn content_length(request: &httparse::Request<'_, '_>) -> Option<usize> {
    let header = request
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))?;
    std::str::from_utf8(header.value).ok()?.parse().ok()
}

/// A message, ready for each transport and as long as a real server makes it.
pub(super) struct Frames {
    pub(super) event: Vec<u8>,
    pub(super) response: Vec<u8>,
    pub(super) websocket: Vec<u8>,
}

impl Frames {
    pub(super) fn of(payload: &[u8]) -> Self {
        Self {
            event: event(payload),
            response: response(payload),
            websocket: websocket(payload),
        }
    }
}

fn event(payload: &[u8]) -> Vec<u8> {
    let fields = [b"id: 1763680000:12\ndata: ".as_slice(), payload, b"\n\n"].concat();
    let size = format!("{:x}\r\n", fields.len());
    [size.as_bytes(), &fields, b"\r\n"].concat()
}

fn response(payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nDate: Thu, 20 Nov 2025 23:06:40 GMT\r\nContent-Type: text/plain\r\n\
         Last-Modified: Thu, 20 Nov 2025 23:06:40 GMT\r\nEtag: 12\r\n\
         Vary: If-None-Match, If-Modified-Since\r\nContent-Length: {}\r\n\r\n",
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

/// A text frame, not masked. Messages of the bench are shorter than 64 KiB.
fn websocket(payload: &[u8]) -> Vec<u8> {
    const TEXT: u8 = 0x81;
    let [high, low] = u16::try_from(payload.len())
        .unwrap_or(u16::MAX)
        .to_be_bytes();
    if payload.len() < LONG_FRAME_BYTES {
        [&[TEXT, low], payload].concat()
    } else {
        [&[TEXT, 126, high, low], payload].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &str, expected: Option<(&str, usize)>) {
        let found = Request::read(bytes.as_bytes()).unwrap();
        let found = found.map(|(request, length)| {
            let name = match request {
                Request::Poll => "poll".to_owned(),
                Request::Publish(payload) => String::from_utf8_lossy(payload).into_owned(),
                Request::Sse => "sse".to_owned(),
                Request::WebSocket => "websocket".to_owned(),
            };
            (name, length)
        });
        let expected = expected.map(|(name, length)| (name.to_owned(), length));
        assert_eq!(found, expected, "{bytes}");
    }

    #[test]
    fn requests_are_told_apart() {
        check("GET / HTTP/1.1\r\n\r\n", Some(("poll", 18)));
        check(
            "GET / HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n",
            Some(("sse", 45)),
        );
        check(
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
            Some(("websocket", 38)),
        );
        let publish = "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi";
        check(publish, Some(("hi", publish.len())));
        check(&format!("{publish}{publish}"), Some(("hi", publish.len())));
    }

    #[test]
    fn incomplete_requests_wait() {
        check("GET / HTTP/1.1\r\n", None);
        check("POST / HTTP/1.1\r\nContent-Le", None);
        check("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nh", None);
    }

    #[test]
    fn frames_have_the_length_of_their_transport() {
        assert_eq!(websocket(b"hi"), b"\x81\x02hi");
        assert_eq!(websocket(&[b'x'; 1000])[..4], [0x81, 126, 3, 232]);
        assert_eq!(event(b"hi"), b"1c\r\nid: 1763680000:12\ndata: hi\n\n\r\n");
        assert!(response(b"hi").ends_with(b"Content-Length: 2\r\n\r\nhi"));
    }
}

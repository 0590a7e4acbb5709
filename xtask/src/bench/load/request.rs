//! Requests as a browser makes them, of about 420 bytes: what a server keeps of them, it pays for.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::bench::plan::{CHANNEL, Transport};

use super::head::Validators;

/// Header fields that browsers send with each of these requests.
const OF_EVERY_BROWSER: &str = "\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept-Language: en-US,en;q=0.5\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Sec-Fetch-Mode: cors\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Pragma: no-cache\r\n\
    Cache-Control: no-cache\r\n";

/// Of the transport alone. No extension is offered on WebSocket: a compressed message is another
/// comparison.
fn of_transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Poll => "Connection: keep-alive\r\nSec-Fetch-Dest: empty\r\nAccept: */*\r\n",
        Transport::Sse => {
            "Connection: keep-alive\r\nSec-Fetch-Dest: empty\r\nAccept: text/event-stream\r\n"
        }
        Transport::SocketIo | Transport::WebSocket => {
            "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        }
    }
}

/// Subscribes to what is published from now on; on Socket.IO the room is asked for later.
pub(super) fn subscribe(address: SocketAddr, transport: Transport) -> String {
    let path = match transport {
        Transport::Poll | Transport::Sse | Transport::WebSocket => {
            format!("/sub/{CHANNEL}?since=now")
        }
        Transport::SocketIo => "/socket.io/?EIO=4&transport=websocket".to_owned(),
    };
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\n{OF_EVERY_BROWSER}{}\r\n",
        of_transport(transport)
    )
}

/// Polls for what comes after a message.
pub(super) fn poll_after(address: SocketAddr, cursor: &Validators) -> String {
    format!(
        "GET /sub/{CHANNEL} HTTP/1.1\r\nHost: {address}\r\n{OF_EVERY_BROWSER}{}\
         If-Modified-Since: {}\r\nIf-None-Match: {}\r\n\r\n",
        of_transport(Transport::Poll),
        cursor.last_modified,
        cursor.etag,
    )
}

/// Adds a publish to what is to be sent.
pub(super) fn publish(requests: &mut String, address: SocketAddr, payload: &str) {
    // Writing to a string does not fail.
    let _ = write!(
        requests,
        "POST /pub/{CHANNEL} HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/plain\r\n\
         Content-Length: {}\r\n\r\n{payload}",
        payload.len()
    );
}

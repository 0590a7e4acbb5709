//! Clients that mean harm, or are broken. Whatever they do costs them their own session at most.

mod floods;
mod packets;
mod polls;

use std::net::SocketAddr;

use crate::websocket::{Frame, WebSocket};

const V4: &str = "/sio/?EIO=4&transport=websocket";

/// A client that has entered the main namespace.
fn enter(address: SocketAddr) -> WebSocket {
    let mut socket = WebSocket::open(address, V4);
    socket.hear();
    socket.text("40");
    socket.hear();
    assert_eq!(socket.hear(), r#"42["auth",{}]"#);
    socket
}

/// Says something harmless that is answered, and reads up to that answer; returns what came
/// before. None if the session has ended.
fn is_heard(socket: &mut WebSocket) -> Option<Vec<String>> {
    socket.text(r#"42987654["message-with-ack","still here"]"#);
    let mut before = Vec::new();
    loop {
        match socket.next() {
            Frame::Text(text) if text == r#"43987654["still here"]"# => return Some(before),
            Frame::Text(text) => before.push(text),
            Frame::Binary(_) => {}
            Frame::End => return None,
        }
    }
}

/// The others do not notice.
fn all_is_well(address: SocketAddr) {
    let mut other = enter(address);
    assert_eq!(is_heard(&mut other), Some(Vec::new()));
}

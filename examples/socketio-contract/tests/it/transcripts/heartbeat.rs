//! Who does not answer a ping is gone: 12.12.

use std::time::{Duration, Instant};

use crate::site::start;
use crate::websocket::{Frame, WebSocket};

/// What the mount says; timers of two machines may differ by this much.
const INTERVAL: Duration = Duration::from_millis(295);
const TIMEOUT: Duration = Duration::from_millis(195);

#[test]
fn a_client_that_answers_one_ping_only() {
    let server = start();
    let target = "/socket.io/?EIO=4&transport=websocket";
    let mut socket = WebSocket::open(server.address(), target);
    let opened = Instant::now();
    assert!(matches!(socket.frame(), Frame::Text(open) if open.starts_with("0{")));
    socket.text("40");
    assert!(matches!(socket.frame(), Frame::Text(text) if text.starts_with("40{")));
    assert_eq!(socket.frame(), Frame::Text(r#"42["auth",{}]"#.to_owned()));
    let mut pinged = opened;
    for answers in [true, false] {
        assert_eq!(socket.frame(), Frame::Text("2".to_owned()));
        assert!(pinged.elapsed() >= INTERVAL, "no ping before its time");
        pinged = Instant::now();
        if answers {
            socket.text("3");
        }
    }
    assert_eq!(socket.frame(), Frame::End);
    assert!(pinged.elapsed() >= TIMEOUT, "time to answer");
}

//! Who does not answer a ping is gone: 12.12.

use std::time::{Duration, Instant};

use crate::site::start;
use crate::websocket::{Frame, WebSocket};

/// What the mount says.
const INTERVAL: Duration = Duration::from_millis(300);
const TIMEOUT: Duration = Duration::from_millis(200);

/// Timers may be off by this much.
const SLACK: Duration = Duration::from_millis(5);

#[test]
fn a_client_that_answers_one_ping_only() {
    let server = start();
    let target = "/socket.io/?EIO=4&transport=websocket";
    // Taken before what the server counts from: whatever is late on the way makes times longer.
    let opened = Instant::now();
    let mut socket = WebSocket::open(server.address(), target);
    assert!(matches!(socket.frame(), Frame::Text(open) if open.starts_with("0{")));
    socket.text("40");
    assert!(matches!(socket.frame(), Frame::Text(text) if text.starts_with("40{")));
    assert_eq!(socket.frame(), Frame::Text(r#"42["auth",{}]"#.to_owned()));
    assert_eq!(socket.frame(), Frame::Text("2".to_owned()));
    assert!(
        opened.elapsed() + SLACK >= INTERVAL,
        "no ping before its time"
    );
    let answered = Instant::now();
    socket.text("3");
    assert_eq!(socket.frame(), Frame::Text("2".to_owned()));
    assert!(
        answered.elapsed() + SLACK >= INTERVAL,
        "no ping before its time"
    );
    assert_eq!(socket.frame(), Frame::End);
    assert!(
        answered.elapsed() + SLACK >= INTERVAL + TIMEOUT,
        "time to answer"
    );
}

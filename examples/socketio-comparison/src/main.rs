//! The same Socket.IO application over two libraries, for `cargo xtask bench socketio`.
//!
//! `socketio-comparison fanfare-socketio` and `socketio-comparison socketioxide` each serve
//! `/socket.io/` and `POST /pub/{room}` in axum, on one thread, with the defaults of the library.
//! `node/server.js` is the same application on the Node server.
//!
//! - `subscribe(room, options, ack)` enters a room; the options are for servers that have some.
//! - `publish(room, text, ack)` sends the room the event `message`, and so does the route.

mod with_fanfare;
mod with_socketioxide;

use std::net::Ipv4Addr;

use axum::serve::ListenerExt as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let router = match std::env::args().nth(1).as_deref() {
        Some("fanfare-socketio") => with_fanfare::router()?,
        Some("socketioxide") => with_socketioxide::router(),
        _ => return Err("which library: fanfare-socketio or socketioxide?".into()),
    };
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    // The Node server does so of its own accord: a small packet does not wait for the last.
    let listener = listener.tap_io(|connection| {
        // Without, it works as well, but later.
        let _ = connection.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

//! Socket.IO 0.7 to 0.9: an echo in each of the ways that their clients have.

use std::time::Duration;

use axum::body::Bytes;
use fanfare_socketio::{Ack, Args, Data, Event, Handlers, Socket, Value};
use serde_json::json;

pub fn handlers() -> Handlers {
    let handlers = Handlers::new()
        .on_connect(async |socket: Socket| {
            // It may have gone again.
            let _ = socket.emit("welcome", &json!({"ok": true}));
        })
        .on_message(async |socket: Socket, message: Data| {
            let _ = socket.send(message);
        })
        .on("echo", async |socket: Socket, arguments: Data| {
            let _ = socket.emit("echo-back", arguments);
        })
        .on("with-ack", async |arguments: Data, ack: Ack| {
            let _ = ack.send(arguments);
        });
    crate::full::telling_reasons(beyond_the_contract(handlers))
}

/// What it takes to see the rest.
fn beyond_the_contract(handlers: Handlers) -> Handlers {
    handlers
        .on("ask", ask)
        .on("ask-by-message", ask)
        .on("send-to-all", async |socket: Socket, arguments: Data| {
            let _ = socket.namespace().emit("for-all", arguments);
        })
        .on("send-bytes", async |socket: Socket| {
            let bytes = |bytes| Value::Binary(Bytes::from_static(bytes));
            let list = Value::Array(vec![bytes(&[0xff])]);
            let _ = socket.emit("bytes", vec![bytes(&[1, 2, 3]), list]);
        })
        .on(
            "leave-me",
            async |socket: Socket, Args((close,)): Args<(bool,)>| {
                socket.disconnect(close);
            },
        )
}

/// Asks the client in turn, while others are handled.
async fn ask(socket: Socket, event: Event, ack: Ack) {
    let name = match &*event.name {
        "ask" => "question",
        _ => "message",
    };
    tokio::spawn(async move {
        let soon = Duration::from_secs(10);
        if let Ok(answer) = socket.emit_with_ack(name, event.arguments, soon).await {
            let _ = ack.send(answer);
        }
    });
}

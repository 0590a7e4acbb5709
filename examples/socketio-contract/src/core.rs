//! What every Socket.IO mount does: greets, echoes, acknowledges.

use std::time::Duration;

use fanfare_socketio::{Ack, Data, Handlers, Socket};

pub fn handlers() -> Handlers {
    Handlers::new()
        .on_connect(async |socket: Socket| {
            // The suites of the protocol's authors look at one message at a time, and would not see
            // one that comes in the same segment as the packet before.
            tokio::time::sleep(Duration::from_millis(20)).await;
            // It may have gone again.
            let _ = socket.emit("auth", socket.handshake().auth().clone());
        })
        .on("message", async |socket: Socket, arguments: Data| {
            let _ = socket.emit("message-back", arguments);
        })
        .on("message-with-ack", async |arguments: Data, ack: Ack| {
            let _ = ack.send(arguments);
        })
}

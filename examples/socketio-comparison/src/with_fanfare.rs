//! `fanfare_socketio` in axum.

use std::error::Error;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use fanfare_socketio::{Ack, Args, Handlers, Namespace, Socket, SocketIo};
use serde::de::IgnoredAny;

pub fn router() -> Result<Router, Box<dyn Error>> {
    let (layer, io) = SocketIo::new();
    let handlers = Handlers::new()
        .on("subscribe", subscribe)
        .on("publish", publish);
    let sockets = io.of("/", handlers)?;
    Ok(Router::new()
        .route("/pub/{room}", post(publish_by_route))
        .with_state(sockets)
        .layer(layer))
}

async fn subscribe(socket: Socket, Args((room, _)): Args<(String, IgnoredAny)>, ack: Ack) {
    let is_in = socket.join(&room).is_ok();
    // Whoever has gone needs no answer.
    let _ = ack.send(&is_in);
}

async fn publish(socket: Socket, Args((room, text)): Args<(String, String)>, ack: Ack) {
    let is_sent = socket.namespace().to(&room).emit("message", &text).is_ok();
    let _ = ack.send(&is_sent);
}

async fn publish_by_route(
    State(sockets): State<Namespace>,
    Path(room): Path<String>,
    text: String,
) -> StatusCode {
    match sockets.to(&room).emit("message", &text) {
        Ok(()) => StatusCode::CREATED,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

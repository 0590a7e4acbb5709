//! `socketioxide` in axum.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde::de::IgnoredAny;
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef};

pub fn router() -> Router {
    let (layer, io) = SocketIo::new_layer();
    io.ns("/", async |socket: SocketRef| {
        socket.on("subscribe", subscribe);
        socket.on("publish", publish);
    });
    Router::new()
        .route("/pub/{room}", post(publish_by_route))
        .with_state(io)
        .layer(layer)
}

async fn subscribe(socket: SocketRef, Data((room, _)): Data<(String, IgnoredAny)>, ack: AckSender) {
    socket.join(room);
    // Whoever has gone needs no answer.
    let _ = ack.send(&true);
}

async fn publish(io: SocketIo, Data((room, text)): Data<(String, String)>, ack: AckSender) {
    let is_sent = io.to(room).emit("message", &text).await.is_ok();
    let _ = ack.send(&is_sent);
}

async fn publish_by_route(
    State(io): State<SocketIo>,
    Path(room): Path<String>,
    text: String,
) -> StatusCode {
    match io.to(room).emit("message", &text).await {
        Ok(()) => StatusCode::CREATED,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

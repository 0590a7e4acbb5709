//! A chat over Socket.IO, with the official client.
//!
//! Everybody hears who comes and goes and what the others say; newcomers hear the end of it first.

use std::collections::VecDeque;
use std::sync::Mutex;

use axum::{Router, response::Html, routing::get};
use fanfare_socketio::{Args, Handlers, Reason, Socket, SocketIo, State};

/// What newcomers hear.
const KEPT: usize = 20;

/// Who said what, the newest last.
type Said = Mutex<VecDeque<(String, String)>>;

/// A name for somebody who has told none.
fn name(socket: &Socket) -> String {
    format!("{}[{}]", socket.id(), socket.client().transport().name())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let chat = Handlers::new()
        .on_connect(async |socket: Socket, State(said): State<Said>| {
            // That somebody has gone meanwhile is no error of ours, here and below.
            let _ = socket.emit("said", &*said.lock().unwrap());
            let news = format!("{} connected", name(&socket));
            let _ = socket.broadcast().emit("announcement", &news);
        })
        .on_disconnect(async |socket: Socket, reason: Reason| {
            let news = format!("{} disconnected: {reason}", name(&socket));
            let _ = socket.broadcast().emit("announcement", &news);
        })
        .on_message(
            async |socket: Socket, Args(text): Args<String>, State(said): State<Said>| {
                let message = (name(&socket), text);
                let mut said = said.lock().unwrap();
                let _ = socket.broadcast().send(&message);
                said.push_back(message);
                if said.len() > KEPT {
                    said.pop_front();
                }
            },
        );
    let (layer, io) = SocketIo::builder().state(Said::default()).build();
    io.of("/", chat)?;
    let app = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .layer(layer);
    let port = std::env::var("PORT").map_or(Ok(8000), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

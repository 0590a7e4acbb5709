//! An application with routes of its own, and Socket.IO in it.
//!
//! Both share the boards of the application: what comes by a route is pushed to sockets, what comes
//! by a socket is there for the routes.

mod boards;
mod live;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use boards::{Boards, Note};
use bytes::Bytes;
use fanfare_socketio::{Namespace, SocketIo};

#[derive(Clone)]
struct App {
    boards: Arc<Boards>,
    sockets: Namespace,
}

async fn notes(State(app): State<App>, Path(board): Path<String>) -> Json<Vec<Note>> {
    Json(app.boards.notes(&board))
}

/// From a script, say: `curl -d 'The build is green.' localhost:8000/boards/team`
async fn add(State(app): State<App>, Path(board): Path<String>, text: String) -> StatusCode {
    let note = Note::text("a script".to_owned(), text);
    let Some(note) = app.boards.add(&board, note) else {
        return StatusCode::INSUFFICIENT_STORAGE;
    };
    // It can be written, so it is sent; nobody need be there.
    let _ = app.sockets.to(live::room(&board)).emit("note", &note);
    StatusCode::CREATED
}

async fn picture(
    State(app): State<App>,
    Path((board, number)): Path<(String, usize)>,
) -> Result<Bytes, StatusCode> {
    let picture = app.boards.picture(&board, number);
    picture.ok_or(StatusCode::NOT_FOUND)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let boards = Arc::new(Boards::default());
    let (layer, io) = SocketIo::builder()
        .state_shared(Arc::clone(&boards))
        .build();
    let sockets = io.of("/", live::handlers())?;
    let app = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/boards/{board}", get(notes).post(add))
        .route("/boards/{board}/{number}", get(picture))
        .with_state(App { boards, sockets })
        .layer(layer);
    let port = std::env::var("PORT").map_or(Ok(8000), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

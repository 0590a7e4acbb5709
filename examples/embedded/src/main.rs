//! An axum application in which a subscriber costs a few hundred bytes.
//!
//! The node owns the port. It parks whoever subscribes below `/sub/`, over WebSocket, Server-Sent
//! Events or long-poll, and hands every other request to the application's router.
//!
//! `cargo run`, then open <http://127.0.0.1:8000/>; `PORT=8080 cargo run` for another port.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use fanfare_hub::{ChannelName, Draft};
use fanfare_server::embed::Server;
use fanfare_server::{Config, Embedded};
use tokio::sync::OnceCell;

/// What the application keeps: its data, and the node once that has started.
#[derive(Default)]
struct App {
    cheers: AtomicU64,
    server: OnceCell<Server>,
}

/// One more, and everybody hears of it.
async fn cheer(State(app): State<Arc<App>>) -> Json<u64> {
    let cheers = app.cheers.fetch_add(1, Ordering::Relaxed) + 1;
    let channel = ChannelName::new("cheers").expect("the name is short and plain");
    if let Some(server) = app.server.get() {
        let told = server
            .publish(&channel, Draft::new(cheers.to_string()))
            .await;
        told.map(drop)
            .unwrap_or_else(|error| eprintln!("nobody hears of it: {error}"));
    }
    Json(cheers)
}

/// A key that nobody is told: without one, everybody on this machine might publish at `/pub/cheers`,
/// past the application. `RandomState` has its seed from the system.
fn secret() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Arc::new(App::default());
    let router = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/cheer", post(cheer))
        .with_state(Arc::clone(&app));
    let port: u16 = std::env::var("PORT").map_or(Ok(8000), |port| port.parse())?;
    let config = Config::parse(&format!(
        "server.listen = \"127.0.0.1:{port}\"\npublish.keys = [\"{}\"]",
        secret()
    ))?;
    let server = Embedded::new(config, router)
        .guard(|_request, channels| channels.iter().all(|channel| channel.as_str() == "cheers"))
        .start()
        .map_err(|error| format!("{error}; choose another with PORT=NUMBER"))?;
    println!("Open http://{}/", server.address());
    let server = app.server.get_or_init(|| async { server }).await;
    tokio::signal::ctrl_c().await?;
    server.stop();
    server.join();
    Ok(())
}

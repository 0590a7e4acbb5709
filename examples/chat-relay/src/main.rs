//! A chat over long-polling, with the reference client of the relay protocol.
//!
//! Rooms are channels: whoever enters one hears the last of what was said there, and then the rest.
//!
//! `cargo run`, then open <http://127.0.0.1:8000/>; `PORT=8080 cargo run` for another port.

use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::{Router, response::Html, routing::get};
use fanfare_hub::HistoryLimits;
use fanfare_relay::{CLIENT_JS, Relay, RelayConfig, acceptor};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let relay = Relay::new(RelayConfig {
        history: HistoryLimits {
            messages: 50,
            ..HistoryLimits::default()
        },
        // Below the minute after which most proxies give up on a silent connection.
        poll_time: Some(Duration::from_secs(45)),
        ..RelayConfig::default()
    });
    let script = [(CONTENT_TYPE, "text/javascript")];
    let app = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/relay.js", get(move || async move { (script, CLIENT_JS) }))
        .nest_service("/say", relay.publisher(acceptor::path))
        .nest_service("/hear", relay.subscriber(acceptor::path));
    let port: u16 = std::env::var("PORT").map_or(Ok(8000), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| {
            format!("cannot listen on port {port}: {error}; choose another with PORT=NUMBER")
        })?;
    println!("Open http://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

//! An application with a page of its own, and push in it: each user has a mailbox.
//!
//! Only whoever knows the application's key may write to one; only its owner may read it.
//!
//! `cargo run`, then open <http://127.0.0.1:8000/>; `PORT=8080 cargo run` for another port.

use axum::http::request::Parts;
use axum::{Router, response::Html, routing::get};
use fanfare_hub::ChannelName;
use fanfare_relay::{Refusal, Relay, acceptor};

fn any_mailbox(request: &Parts) -> Result<Vec<ChannelName>, Refusal> {
    match request.headers.get("x-key") {
        Some(key) if key == "sesame" => acceptor::path(request),
        _ => Err(Refusal::Forbidden),
    }
}

fn own_mailbox(request: &Parts) -> Result<ChannelName, Refusal> {
    // An application would look into its session here.
    let user = request.headers.get("x-user").ok_or(Refusal::Forbidden)?;
    Ok(ChannelName::new(&String::from_utf8_lossy(user.as_bytes()))?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let relay = Relay::default();
    let app = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .nest_service("/mail-to", relay.publisher(any_mailbox))
        .route_service("/my-mail", relay.subscriber(own_mailbox));
    let port: u16 = std::env::var("PORT").map_or(Ok(8000), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| {
            format!("cannot listen on port {port}: {error}; choose another with PORT=NUMBER")
        })?;
    println!("Open http://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

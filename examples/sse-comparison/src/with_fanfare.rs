//! `fanfare_sse::Sse` over a hub.

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::get;
use fanfare_hub::{Hub, Start};
use fanfare_relay::{Relay, acceptor};
use fanfare_sse::{Sse, SseResponse};

pub fn router() -> Router {
    let relay = Relay::default();
    Router::new()
        .route("/sub/bench", get(subscribe))
        .with_state(relay.hub().clone())
        .nest_service("/pub", relay.publisher(acceptor::path))
}

async fn subscribe(State(hub): State<Hub>, request: Request) -> Result<SseResponse, SseResponse> {
    let subscribe = Sse::subscribe(&hub, "bench").start(Start::Newest);
    Ok(subscribe.resume(&request)?)
}

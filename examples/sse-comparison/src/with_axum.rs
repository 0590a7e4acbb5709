//! `axum::response::Sse` over a broadcast channel.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use futures_util::{Stream, StreamExt};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// Messages that a reader may be behind; more than any burst of the measurement.
const BEHIND_MAX: usize = 1024;

struct Channel {
    sender: broadcast::Sender<Arc<(u64, String)>>,
    published: AtomicU64,
}

pub fn router() -> Router {
    let channel = Channel {
        sender: broadcast::channel(BEHIND_MAX).0,
        published: AtomicU64::new(0),
    };
    Router::new()
        .route("/sub/bench", get(subscribe))
        .route("/pub/bench", post(publish))
        .with_state(Arc::new(channel))
}

async fn subscribe(
    State(channel): State<Arc<Channel>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let messages = BroadcastStream::new(channel.sender.subscribe());
    let events = messages.filter_map(|message| async {
        let (id, text) = &*message.ok()?;
        Some(Ok(Event::default().id(id.to_string()).data(text)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn publish(State(channel): State<Arc<Channel>>, text: String) -> StatusCode {
    let id = channel.published.fetch_add(1, Ordering::Relaxed);
    match channel.sender.send(Arc::new((id, text))) {
        Ok(_) => StatusCode::CREATED,
        Err(_) => StatusCode::ACCEPTED,
    }
}

//! Tells everybody who is connected the time, every five seconds.
//!
//! `cargo run`, then open <http://127.0.0.1:8000/>; `PORT=8080 cargo run` for another port.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::{Router, response::Html, routing::get};
use fanfare_sse::{Block, Overflow, Sender, Sse, SseConfig, SseResponse};

/// Who cannot keep up hears the newest time when it reads on, and nobody waits for it.
const CONFIG: SseConfig = SseConfig::new().buffer(1).overflow(Overflow::DropOldest);

type Clients = Arc<Mutex<Vec<Arc<Sender>>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::var("PORT").map_or(Ok(8000), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| {
            format!("cannot listen on port {port}: {error}; choose another with PORT=NUMBER")
        })?;
    println!("Open http://{}/", listener.local_addr()?);
    let clients = Clients::default();
    tokio::spawn(broadcast(Arc::clone(&clients)));
    let app = Router::new()
        .route("/", get(Html(include_str!("page.html"))))
        .route("/events/", get(events))
        .with_state(clients);
    Ok(axum::serve(listener, app).await?)
}

async fn events(all: State<Clients>, request: Request) -> Result<SseResponse, SseResponse> {
    let (response, sender) = Sse::channel(&request, &CONFIG)?;
    let sender = Arc::new(sender);
    all.lock().unwrap().push(Arc::clone(&sender));
    println!("Added new client");
    tokio::spawn(async move {
        sender.closed().await;
        println!("HTTP connection just closed.");
        all.lock().unwrap().retain(|it| !Arc::ptr_eq(it, &sender));
        println!("Removed client\nFinished HTTP request at /events/");
    });
    Ok(response)
}

async fn broadcast(clients: Clients) {
    let mut every = tokio::time::interval(Duration::from_secs(5));
    for n in 0.. {
        every.tick().await;
        let now = jiff::Zoned::now().strftime("%F %T %Z");
        let message = Block::from(format!("Message: {n} - the time is {now}"));
        println!("Sent message {n}");
        let clients = clients.lock().unwrap();
        // An error says that the client has just gone, and its own task knows that.
        clients
            .iter()
            .for_each(|it| _ = it.try_send(message.clone()));
        println!("Broadcast message to {} clients", clients.len());
    }
}

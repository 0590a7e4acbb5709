//! Everything that can be sent: text, JSON, XML, and events with a name.
//!
//! `cargo run`, then open <http://127.0.0.1:8000/>, or `curl -N http://127.0.0.1:8000/json`;
//! `PORT=8080 cargo run` for another port.

use std::error::Error;
use std::time::Duration;

use axum::extract::Request;
use axum::{Router, response::Html, routing::get};
use fanfare_sse::{Event, EventName, Sender, Sse, SseConfig, SseResponse};
use serde::Serialize;

/// A client whose connection breaks is asked to come back after five seconds.
const CONFIG: SseConfig = SseConfig::new().retry(Duration::from_secs(5));

const FEED: EventName = EventName::from_static("feed");

#[derive(Serialize)]
struct Person {
    name: &'static str,
    age: u64,
}

/// Makes the nth event of a stream.
type Make = fn(u64) -> Result<Event, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::var("PORT").map_or(Ok(8000), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| {
            format!("cannot listen on port {port}: {error}; choose another with PORT=NUMBER")
        })?;
    println!("Open http://{}/", listener.local_addr()?);
    let app = Router::new()
        .route("/", get(Html(include_str!("page.html"))))
        .route("/text", get(|request| open(request, text)))
        .route("/json", get(|request| open(request, json)))
        .route("/xml", get(|request| open(request, xml)))
        .route("/feed", get(|request| open(request, feed)));
    Ok(axum::serve(listener, app).await?)
}

async fn open(request: Request, make: Make) -> Result<SseResponse, SseResponse> {
    let (response, sender) = Sse::channel(&request, &CONFIG)?;
    tokio::spawn(send(sender, make));
    Ok(response)
}

/// Sends an event every second, until there is nobody to send it to.
async fn send(sender: Sender, make: Make) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    for n in 1.. {
        every.tick().await;
        sender.send(make(n)?).await?;
    }
    Ok(())
}

fn text(n: u64) -> Result<Event, Box<dyn Error + Send + Sync>> {
    Ok(Event::data(format!(
        "Hello for the {n}. time,\nin two lines"
    )))
}

fn json(n: u64) -> Result<Event, Box<dyn Error + Send + Sync>> {
    Ok(Event::json(&anna(n))?)
}

fn xml(n: u64) -> Result<Event, Box<dyn Error + Send + Sync>> {
    Ok(Event::xml(&anna(n))?)
}

/// `onmessage` does not see it: the page listens to `feed`.
fn feed(n: u64) -> Result<Event, Box<dyn Error + Send + Sync>> {
    Ok(Event::data(format!("item {n}")).named(FEED))
}

fn anna(age: u64) -> Person {
    Person { name: "Anna", age }
}

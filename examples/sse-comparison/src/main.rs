//! The same event stream from two libraries, for `cargo xtask bench --libraries`.
//!
//! `sse-comparison fanfare-sse` and `sse-comparison axum` each serve `GET /sub/bench` as an event
//! stream and `POST /pub/bench`, in axum, on one thread. What is not the stream is the same in
//! both as far as it can be: axum has no hub, so there it is tokio's broadcast channel, as its
//! users do it.

mod with_axum;
mod with_fanfare;

use std::net::Ipv4Addr;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let router = match std::env::args().nth(1).as_deref() {
        Some("axum") => with_axum::router(),
        Some("fanfare-sse") => with_fanfare::router(),
        _ => return Err("which library: axum or fanfare-sse?".into()),
    };
    let port = std::env::var("PORT").map_or(Ok(0), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

//! `fanfare publish` and `fanfare subscribe`: a server's other end, for people and scripts.

mod feed;
mod peer;
mod print;
mod received;
mod socket;

use std::io::Read as _;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};

use self::feed::Feed;
use self::peer::Peer;
use self::print::Printer;
use self::received::Received;
use crate::cli::{Body, PublishArgs, SubscribeArgs};
use crate::exit::Exit;

/// The longest pause between two tries to come back.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Publishes one message and prints its id.
///
/// # Errors
/// When the message cannot be read, the server not reached, or the message is refused.
pub fn publish(args: &PublishArgs) -> anyhow::Result<Exit> {
    let body = read(&args.body)?;
    block_on(async {
        let peer = Peer::new(&args.client.server)?;
        let response = peer.send(publish_request(args, &peer)?.body(body)?).await?;
        let id = response
            .headers()
            .get("fanfare-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned);
        let whole = peer::whole(response).await?;
        print::line(&id.unwrap_or_else(|| String::from_utf8_lossy(&whole).into_owned()))?;
        Ok(Exit::Done)
    })
}

/// Subscribes and prints what comes, until it is interrupted or has printed enough. A connection
/// that breaks is made again, after the last message received.
///
/// # Errors
/// When the server refuses, or was never reached.
pub fn subscribe(args: &SubscribeArgs) -> anyhow::Result<Exit> {
    block_on(async {
        let mut interrupt =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
        tokio::select! {
            result = listen(args) => result,
            _ = interrupt.recv() => Ok(Exit::Interrupted),
        }
    })
}

async fn listen(args: &SubscribeArgs) -> anyhow::Result<Exit> {
    let peer = Peer::new(&args.client.server)?;
    let mut printer = Printer::new(args.json, args.count);
    let mut cursor = None;
    let mut pause = Duration::ZERO;
    loop {
        match Feed::open(&peer, args, cursor.as_deref()).await {
            Ok(mut feed) => {
                pause = Duration::ZERO;
                while let Some(received) = feed.next().await? {
                    cursor = Some(received.cursor().to_owned());
                    if printer.print(&received)? {
                        return Ok(Exit::Done);
                    }
                }
            }
            // Somebody who was there before is expected to come back; a refusal is final.
            Err(error) if cursor.is_some() && Exit::of(&error) == Exit::Unreachable => {}
            Err(error) => return Err(error),
        }
        pause = (pause * 2).clamp(Duration::from_millis(200), PAUSE_MAX);
        print::note(&format!(
            "the connection has ended; coming back in {pause:?}"
        ))?;
        tokio::time::sleep(pause).await;
    }
}

fn publish_request(args: &PublishArgs, peer: &Peer) -> anyhow::Result<http::request::Builder> {
    let path = format!("/pub/{}", peer::encode(args.channel.as_str()));
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(peer.target(&path));
    if let Some(content_type) = &args.content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    if let Some(event) = &args.event {
        request = request.header("x-eventsource-event", event);
    }
    if let Some(ttl) = args.ttl {
        request = request.header("fanfare-ttl", format!("{}s", ttl.as_secs().max(1)));
    }
    if let Some(id) = &args.id {
        request = request.header("idempotency-key", id);
    }
    if let Some(key) = args.key() {
        request = request.header(AUTHORIZATION, format!("Bearer {}", key.expose()));
    }
    Ok(request)
}

fn read(body: &Body) -> anyhow::Result<Bytes> {
    Ok(match body {
        Body::File(path) => std::fs::read(path)
            .with_context(|| format!("cannot read {}", path.display()))?
            .into(),
        Body::Stdin => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .read_to_end(&mut bytes)
                .context("cannot read standard input")?;
            bytes.into()
        }
        Body::Text(text) => text.clone().into(),
    })
}

fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(future)
}

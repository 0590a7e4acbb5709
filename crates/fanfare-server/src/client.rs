//! `fanfare publish` and `fanfare subscribe`: a server's other end, for people and scripts.

mod body;
mod event_stream;
mod feed;
mod json_lines;
mod pause;
mod peer;
mod poll;
mod print;
mod received;
mod refusal;
mod socket;

use std::io::Read as _;
use std::time::Instant;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};

use self::feed::Feed;
use self::pause::Pause;
use self::peer::Peer;
use self::print::Printer;
use self::received::Received;
use crate::cli::{Body, PublishArgs, SubscribeArgs};
use crate::config::Secret;
use crate::exit::{Exit, ExitError};

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
        // The message is published, whether or not anybody reads its id.
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
    let mut listener = Listener::new(&peer, args);
    loop {
        let begun = Instant::now();
        let why = match listener.listen().await {
            Ok(Some(exit)) => return Ok(exit),
            Ok(None) => "the connection has ended".to_owned(),
            // Somebody who was there before is expected to come back; a refusal is final.
            Err(error) if peer.was_there() && Exit::of(&error) == Exit::Unreachable => {
                error.to_string()
            }
            Err(error) => return Err(error),
        };
        let pause = listener.pause.after(begun.elapsed());
        print::note(&format!("{why}; coming back in {pause:?}"));
        tokio::time::sleep(pause).await;
    }
}

/// What outlives a connection.
struct Listener<'a> {
    peer: &'a Peer,
    args: &'a SubscribeArgs,
    printer: Printer,
    cursor: Option<String>,
    pause: Pause,
}

impl<'a> Listener<'a> {
    fn new(peer: &'a Peer, args: &'a SubscribeArgs) -> Self {
        Self {
            peer,
            args,
            printer: Printer::new(args.json, args.count),
            cursor: None,
            pause: Pause::default(),
        }
    }

    /// Listens over one connection; `None` when it has ended and another one should be made.
    async fn listen(&mut self) -> anyhow::Result<Option<Exit>> {
        let mut feed = Feed::open(self.peer, self.args, self.cursor.as_deref()).await?;
        while let Some(mut received) = feed.next().await? {
            self.pause.reset();
            if let [only] = self.args.channels.as_slice() {
                received.name(only);
            }
            if let Received::End { channel, reason } = &received {
                return Err(refusal::over(*reason, channel.as_deref()).into());
            }
            if let Some(cursor) = received.cursor() {
                self.cursor = Some(cursor.to_owned());
            }
            if self.printer.print(&received)? {
                return Ok(Some(Exit::Done));
            }
        }
        Ok(None)
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
        request = request.header(AUTHORIZATION, bearer(key)?);
    }
    Ok(request)
}

/// Not left to the reader of the command line, whose errors repeat what they are about.
fn bearer(key: &Secret) -> Result<HeaderValue, ExitError> {
    HeaderValue::try_from(format!("Bearer {}", key.expose())).map_err(|_| {
        Exit::Usage.error("--key (or FANFARE_KEY): allowed is a text without control characters")
    })
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

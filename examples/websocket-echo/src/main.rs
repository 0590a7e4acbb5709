//! Sends every WebSocket message back, compressed if the client can read that.
//!
//! `PORT=9001 cargo run --release`, then connect to `ws://127.0.0.1:9001/`. Messages may have up
//! to 16 MiB. It is what the Autobahn test suite is run against.

mod echo;
mod fallback;

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use fanfare_hub::{Admission, Hub, MemoryEngine, MemoryLimits};
use fanfare_link::{
    Clock, Front, Hold, Laggard, LinkLimits, Settings, SystemClock, Verdict, Via, serve,
};
use fanfare_websocket::Offer;
use http::request::Parts;
use http::{Response, StatusCode};

use crate::echo::{Echo, MESSAGE_BYTES_MAX};
use crate::fallback::Fallback;

fn main() -> anyhow::Result<()> {
    let port = match std::env::var("PORT") {
        Ok(port) => port.parse().context("PORT is not a port number")?,
        Err(_) => 9001,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let engine = MemoryEngine::new(MemoryLimits::default(), clock.now().wall);
    let front: Arc<dyn Front> = Arc::new(EchoFront);
    let settings = Settings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        shards: NonZeroUsize::MIN,
        // A message waits whole for a reader that is slower than its sender.
        limits: LinkLimits {
            backlog_bytes_max: 4 * MESSAGE_BYTES_MAX as usize,
            ..LinkLimits::default()
        },
        grace: Duration::from_secs(1),
        channel_idle: Duration::from_secs(60),
    };
    let node = serve(
        &settings,
        &Hub::new(Arc::new(engine), 0),
        &front,
        &Fallback,
        &clock,
    )?;
    eprintln!("echoing at ws://{}/", node.address());
    node.join();
    Ok(())
}

/// Every sound WebSocket handshake is an echo, whatever its path.
struct EchoFront;

impl Front for EchoFront {
    fn route(&self, request: &Parts, _via: Via) -> Verdict {
        let fields = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()));
        match Offer::read(fields) {
            Ok(offer) => Verdict::Hold(hold(&offer)),
            Err(error) => {
                let mut response = Response::new(format!("{error}\n").into());
                *response.status_mut() =
                    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
                Verdict::Answer(response)
            }
        }
    }
}

fn hold(offer: &Offer<'_>) -> Hold {
    let deflate = offer.deflate();
    let mut head = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("upgrade", "websocket")
        .header("sec-websocket-accept", offer.accept_value());
    if let Some(deflate) = &deflate {
        head = head.header("sec-websocket-extensions", deflate.header_value());
    }
    Hold {
        head: Some(
            head.body(())
                .expect("fixed names and base64 are sound headers"),
        ),
        protocol: Box::new(Echo::new(deflate)),
        places: Vec::new(),
        admission: Admission::Broadcast,
        refusal: Box::new(|_| unreachable!("an echo joins no channel")),
        laggard: Laggard::Tell,
    }
}

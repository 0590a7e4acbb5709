//! A connection that is not a socket of the node's own: it gets all that the others get.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{Draft, Hub, MemoryEngine, MemoryLimits};
use fanfare_link::{Clock, Front, LinkLimits, Node, RequestBody, Settings, SystemClock, serve};
use http::{Request, Response};
use http_body_util::Full;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use crate::rig::{name, request};
use crate::routes::Routes;

/// Far longer than anything here takes.
const SOON: Duration = Duration::from_secs(20);

#[derive(Clone)]
struct Fallback;

impl tower_service::Service<Request<RequestBody>> for Fallback {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<RequestBody>) -> Self::Future {
        ready(Ok(Response::new(Full::from("from the fallback\n"))))
    }
}

fn node(hub: &Hub, clock: &Arc<dyn Clock>) -> Node {
    let settings = Settings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        shards: NonZeroUsize::MIN,
        limits: LinkLimits::default(),
        grace: Duration::ZERO,
        channel_idle: SOON,
    };
    let front: Arc<dyn Front> = Arc::new(Routes::default());
    serve(&settings, hub, &front, &Fallback, clock).unwrap()
}

async fn read_until(stream: &mut DuplexStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let byte = tokio::time::timeout(SOON, stream.read_u8()).await;
        text.push(char::from(byte.expect(&text).expect(&text)));
    }
    text
}

#[tokio::test]
async fn a_stream_is_answered_lent_and_held_in_turn() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let engine = MemoryEngine::new(MemoryLimits::default(), clock.now().wall);
    let hub = Hub::new(Arc::new(engine), 0);
    let node = node(&hub, &clock);
    let (mut client, server) = tokio::io::duplex(1024);
    assert!(node.serve_stream(server));

    // Of our own front, of the fallback, of our own front again: one connection.
    client
        .write_all(request("/answer").as_bytes())
        .await
        .unwrap();
    read_until(&mut client, "\r\n\r\nhello\n").await;
    client
        .write_all(request("/unknown").as_bytes())
        .await
        .unwrap();
    read_until(&mut client, "\r\n\r\nfrom the fallback\n").await;
    client
        .write_all(request("/poll?news=oldest").as_bytes())
        .await
        .unwrap();
    let draft = Draft::new("a message");
    hub.publish(&name("news"), draft, clock.now().wall)
        .await
        .unwrap();
    read_until(&mut client, "a message").await;

    node.stop();
    node.join();
}

//! A node with threads and sockets of its own, for what a shard alone cannot show.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{Hub, MemoryEngine, MemoryLimits};
use fanfare_link::{Clock, Front, LinkLimits, Node, RequestBody, Settings, SystemClock, serve};
use http::{Request, Response};
use http_body_util::Full;

/// Far longer than anything in these tests takes.
pub(crate) const SOON: Duration = Duration::from_secs(30);

pub(crate) struct Served {
    pub(crate) node: Node,
    pub(crate) hub: Hub,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Served {
    pub(crate) fn start(shards: usize, front: &Arc<dyn Front>) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let engine = MemoryEngine::new(MemoryLimits::default(), clock.now().wall);
        let hub = Hub::new(Arc::new(engine), 0);
        let settings = Settings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            shards: NonZeroUsize::new(shards).unwrap(),
            limits: LinkLimits::default(),
            grace: Duration::ZERO,
            channel_idle: SOON,
        };
        let node = serve(&settings, &hub, front, &Fallback, &clock).unwrap();
        Self { node, hub, clock }
    }
}

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

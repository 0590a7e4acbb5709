//! A whole Fanfare inside an application: its subscribers parked, its own routes beside them.
//!
//! The node listens and accepts. Subscriber and publisher locations, `/ws` and the probes are its
//! own; every other request goes to the application, an axum router for instance, through hyper.
//! So an application gets the server's price for a subscriber, a few hundred bytes, without a
//! second process.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use fanfare_hub::{ChannelName, Draft};
//! use fanfare_server::{Config, Embedded};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::parse("server.listen = \"127.0.0.1:3000\"")?;
//! let router = Router::new().route("/", get(|| async { "the application's own page" }));
//! let server = Embedded::new(config, router).start()?;
//!
//! let channel = ChannelName::new("news")?;
//! server.publish(&channel, Draft::new("it rains")).await?;
//! # Ok(())
//! # }
//! ```

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use fanfare_hub::{ChannelName, Draft, Hub, Pending, PublishError, Receipt};
use fanfare_link::{Fallback, RequestBody};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::Either;

use crate::access::Guard;
use crate::config::{Allow, Config, Refusal};
use crate::node::Node;
use crate::route::Route;
use crate::run::{self, Running};
use crate::service::Service;
use crate::socketio::MountBody;

/// A node and the application that answers beside it, before they start.
pub struct Embedded<F> {
    config: Config,
    application: F,
    guard: Option<Guard>,
}

/// A node that serves inside an application. Dropping it does not stop it: see [`Server::stop`].
#[derive(Debug)]
pub struct Server {
    node: Arc<Node>,
    link: fanfare_link::Node,
}

/// Why a node did not start. The operator must act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on, or the machine gives no thread or descriptor.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Others can reach the address, and it is not decided who may do what.
    #[error(transparent)]
    Unsafe(#[from] Refusal),
}

impl<F: Fallback + Send> Embedded<F> {
    /// A node by this configuration, and `application` for everything that is not the node's: any
    /// tower service over HTTP whose errors have become responses.
    ///
    /// Its routes are reached as they are written, also from other origins and under other host
    /// names: they are the application's own to protect.
    pub fn new(config: Config, application: F) -> Self {
        Self {
            config,
            application,
            guard: None,
        }
    }

    /// Lets `guard` say who may subscribe, by the head of the request and the channels that it
    /// names: `false` is answered 403. This is then the decision that `subscribe.allow` asks for.
    ///
    /// It runs on the thread of a shard, so it must not block. `/ws`, where clients name their
    /// channels later, is refused to all while there is a guard.
    #[must_use]
    pub fn guard(
        mut self,
        guard: impl Fn(&Parts, &[ChannelName]) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.guard = Some(Guard::new(guard));
        self.config.subscribe.allow.get_or_insert(Allow::Everyone);
        self
    }

    /// Starts to serve, on threads of its own. Returns when they listen.
    ///
    /// # Errors
    /// [`StartError`] says what the operator must do.
    pub fn start(self) -> Result<Server, StartError> {
        self.config.refuse_unsafe()?;
        let address = self.config.server.listen;
        let application = self.application;
        let started = run::start(self.config, self.guard, |ours| Beside { ours, application });
        let Running { node, link } =
            started.map_err(|source| StartError::Listen { address, source })?;
        Ok(Server { node, link })
    }
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.link.address()
    }

    /// The hub that its clients meet in.
    pub fn hub(&self) -> &Hub {
        &self.node.hub
    }

    /// Publishes a message to everybody who listens, over whatever.
    ///
    /// # Errors
    /// [`PublishError`] says who must act. Nothing was published.
    pub fn publish(
        &self,
        channel: &ChannelName,
        draft: Draft,
    ) -> Pending<Result<Receipt, PublishError>> {
        self.node.hub.publish(channel, draft, self.node.now())
    }

    /// Begins to stop: no new connections, and goodbye to some of the open ones at a time, to the last
    /// within `server.shutdown_grace`. Returns at once.
    pub fn stop(&self) {
        self.node.set_stopping();
        self.link.stop();
    }

    /// Waits until it has stopped. Blocks the thread.
    pub fn join(&self) {
        self.link.join();
    }
}

/// The node's own service, and the application beside it.
#[derive(Clone)]
struct Beside<F> {
    ours: Service,
    application: F,
}

impl<F: Fallback> tower_service::Service<Request<RequestBody>> for Beside<F> {
    type Response = Response<Either<MountBody, <F as Fallback>::Body>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.application.poll_ready(cx)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        match self.ours.route(&request) {
            Route::Console(_) | Route::Unknown => {
                let answer = self.application.call(request);
                Box::pin(async { Ok(answer.await?.map(Either::Right)) })
            }
            _ => {
                let answer = self.ours.call(request);
                Box::pin(async { Ok(answer.await?.map(Either::Left)) })
            }
        }
    }
}

impl<F> fmt::Debug for Embedded<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded")
            .field("listen", &self.config.server.listen)
            .finish_non_exhaustive()
    }
}

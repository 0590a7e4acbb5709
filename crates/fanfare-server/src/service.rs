//! Everything that is not a held subscription: the publish API, the page, the probes.
//!
//! hyper has read the head of the request; the answer is a whole response.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use fanfare_link::RequestBody;
use fanfare_relay::{Intent, Location};
use http::header::{ALLOW, CONTENT_TYPE, EXPECT, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{Either, Full};

use crate::access::Access;
use crate::headers::coded;
use crate::node::Node;
use crate::problem::Problem;
use crate::route::Route;
use crate::socketio::MountBody;
use crate::{console, front, metrics, publisher};

/// Time for the rest of a body that nobody has read, so that another request may follow. It is for
/// what is under way already: a body that never comes must not hold the answer back. Without the
/// rest the connection ends after the answer, and the link reads on for a while, so that the
/// answer is not lost to a client that still sends.
const REST_TIME: Duration = Duration::from_millis(50);

/// Methods of probes. HEAD and OPTIONS are what balancers ask with if nobody tells them otherwise.
const PROBE_METHODS: &str = "GET, HEAD, OPTIONS";

/// Answers what the front passes on.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    node: Arc<Node>,
}

impl Service {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self { node }
    }

    /// Which part of the server a request is for.
    pub(crate) fn route<'a, B>(&self, request: &'a Request<B>) -> Route<'a> {
        self.node.routes.find(request.uri().path())
    }
}

impl tower_service::Service<Request<RequestBody>> for Service {
    type Response = Response<MountBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let node = Arc::clone(&self.node);
        if let Route::SocketIo = self.route(&request) {
            return Box::pin(async move { Ok(socketio(&node, request).await) });
        }
        Box::pin(async move {
            let (parts, mut body) = request.into_parts();
            let mut response = answer(&node, &parts, &mut body).await;
            // Who asked first whether to send a body has sent none yet.
            if !parts.headers.contains_key(EXPECT) {
                // Whatever has not come by now is not waited for.
                let _ = tokio::time::timeout(REST_TIME, fanfare_link::discard(&mut body)).await;
            }
            if parts.method == Method::HEAD {
                response.body_mut().clear();
            }
            Ok(response.map(whole))
        })
    }
}

async fn answer(node: &Node, parts: &Parts, body: &mut RequestBody) -> Response<Bytes> {
    let route = node.routes.find(parts.uri.path());
    if let Route::Health | Route::Ready = route {
        return probe(node, route, parts);
    }
    let location = match route {
        // What the node counts is for those who run it, not for every page that may listen.
        Route::Publisher(..) | Route::Metrics => Location::Publisher,
        _ => Location::Subscriber,
    };
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    let mut response = match node
        .access
        .check_source(&parts.headers, authority, location)
    {
        Ok(()) => dispatch(node, route, parts, body).await,
        Err(problem) => problem.response(&parts.headers),
    };
    if matches!(route, Route::Subscriber(..)) {
        crate::headers::merge(response.headers_mut(), front::vary());
    }
    crate::headers::merge(
        response.headers_mut(),
        node.access.cors(&parts.headers, authority, location),
    );
    response
}

async fn dispatch(
    node: &Node,
    route: Route<'_>,
    parts: &Parts,
    body: &mut RequestBody,
) -> Response<Bytes> {
    match route {
        Route::Console(file) => console::answer(&parts.method, file, &parts.headers),
        Route::Metrics => numbers(node, parts),
        Route::Publisher(rules, channel) => {
            publisher::answer(node, node.routes.rules(rules), channel, parts, body).await
        }
        Route::Subscriber(rules, _) => at_subscriber(node.routes.rules(rules).profile, parts),
        Route::Multiplex => wrong_method(
            "GET",
            "this is a WebSocket: connect with GET and `Upgrade: websocket`",
            parts,
        ),
        _ => nothing_here(&parts.headers),
    }
}

/// A poll of Socket.IO, or what it posts. It reads and bounds the body itself.
async fn socketio(node: &Node, request: Request<RequestBody>) -> Response<MountBody> {
    let headers = request.headers().clone();
    let authority = request.uri().authority().map(ToString::to_string);
    let authority = authority.as_deref();
    let location = Location::Subscriber;
    let mut response = match (
        node.access.check_source(&headers, authority, location),
        &node.socketio,
    ) {
        (Err(problem), _) => problem.response(&headers).map(whole),
        (Ok(()), None) => nothing_here(&headers).map(whole),
        // What a page may post here is what it may say over a WebSocket.
        (Ok(()), Some(_)) if request.method() == Method::OPTIONS => {
            preflight(Location::Publisher).map(whole)
        }
        (Ok(()), Some(mount)) => mount.answer(request).await,
    };
    crate::headers::merge(
        response.headers_mut(),
        node.access.cors(&headers, authority, location),
    );
    response
}

fn whole(body: Bytes) -> MountBody {
    Either::Left(Full::new(body))
}

fn nothing_here(headers: &HeaderMap) -> Response<Bytes> {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing at this address",
    )
    .response(headers)
}

/// Probes are asked by machines under any name, so nothing is checked before them.
fn probe(node: &Node, route: Route<'_>, parts: &Parts) -> Response<Bytes> {
    if !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return wrong_method(PROBE_METHODS, "this is a probe: GET it", parts);
    }
    match route {
        Route::Health => text(StatusCode::OK, "ok\n"),
        _ if node.is_stopping() => text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        _ => text(StatusCode::OK, "ready\n"),
    }
}

fn numbers(node: &Node, parts: &Parts) -> Response<Bytes> {
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return wrong_method("GET, HEAD", "these are numbers: GET them", parts);
    }
    match node.access.check_scraper(&parts.headers) {
        Ok(()) => metrics::answer(node),
        Err(problem) => problem.response(&parts.headers),
    }
}

/// A subscribe request that the front did not take: another method, or a `GET` with a body.
fn at_subscriber(profile: fanfare_relay::Profile, parts: &Parts) -> Response<Bytes> {
    match Location::Subscriber.intent(&parts.method, profile) {
        Intent::Options => preflight(Location::Subscriber),
        Intent::Subscribe => Problem::new(
            StatusCode::BAD_REQUEST,
            "body_not_expected",
            "a subscribe request has no body and no Expect header",
        )
        .response(&parts.headers),
        Intent::Forbidden => coded(text(StatusCode::FORBIDDEN, ""), "wrong_method"),
        _ => wrong_method(
            Location::Subscriber.allow(),
            "subscribe with GET; publish at /pub/{channel}",
            parts,
        ),
    }
}

/// Answers a browser that asks what it may send.
pub(crate) fn preflight(location: Location) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    crate::headers::merge(response.headers_mut(), Access::preflight(location));
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(location.allow()));
    response
}

/// 405, with the `Allow` that RFC 9110, section 15.5.6 asks for.
pub(crate) fn wrong_method(allow: &'static str, message: &str, parts: &Parts) -> Response<Bytes> {
    let mut response = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message)
        .response(&parts.headers);
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allow));
    response
}

fn text(status: StatusCode, body: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = status;
    if !body.is_empty() {
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, plain);
    }
    response
}

//! The service through which clients reach a museum.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use fanfare_websocket::{HandshakeError, Offer};
use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Body;
use hyper_util::rt::TokioIo;
use tower_service::Service;

use super::body::MuseumBody;
use super::carrier::Carrier;
use super::conn::Conn;
use super::mount::Museum;
use super::session::Take;
use super::target::{NoCallback, Target};
use super::transport::Transport;
use super::{form, inbound, script, websocket};
use crate::over::{Answering, Front, Over};

/// The service through which clients reach a [`Museum`]: at what it
/// [claims](Museum::claims) it serves, everything else is answered with 404 unless
/// [`MuseumService::over`] another service.
///
/// WebSockets need an HTTP server that can hand over a connection, as hyper does. A client that
/// keeps its connection and reads nothing of a response is the HTTP server's to cut off (with
/// `TCP_USER_TIMEOUT`, for instance); its session ends, and costs nothing.
#[derive(Clone)]
pub struct MuseumService {
    museum: Museum,
}

impl MuseumService {
    pub(super) fn new(museum: Museum) -> Self {
        Self { museum }
    }

    /// Serves the museum in front of another service, which gets all requests that are not the
    /// museum's.
    pub fn over<S>(self, inner: S) -> Over<Self, S> {
        Over::new(self, inner)
    }

    /// The sessions behind it.
    pub fn museum(&self) -> &Museum {
        &self.museum
    }
}

impl<B> Front<B> for MuseumService
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Body = MuseumBody;

    fn claims(&self, path: &str) -> bool {
        self.museum.claims(path)
    }

    fn answer(&self, request: Request<B>) -> Answering<MuseumBody> {
        Box::pin(answer(self.museum.clone(), request))
    }
}

impl<B> Service<Request<B>> for MuseumService
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<MuseumBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answering = self.answer(request);
        Box::pin(async { Ok(answering.await) })
    }
}

async fn answer<B: Body>(museum: Museum, request: Request<B>) -> Response<MuseumBody> {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = match &origin {
        Some(origin) if !museum.settings().origins.admit(origin.as_bytes()) => {
            return empty(StatusCode::UNAUTHORIZED);
        }
        _ => route(&museum, request).await.unwrap_or_else(empty),
    };
    if let Some(origin) = origin {
        share_with(origin, response.headers_mut());
    }
    response
}

/// Reads like the table of the protocol.
///
/// # Errors
/// The status of a refusal.
async fn route<B: Body>(
    museum: &Museum,
    mut request: Request<B>,
) -> Result<Response<MuseumBody>, StatusCode> {
    let socket = hyper::upgrade::on(&mut request);
    let (parts, body) = request.into_parts();
    let target = Target::read(museum.settings(), parts.uri.path())
        .ok_or(StatusCode::NOT_FOUND)?
        .map_err(|NoCallback| StatusCode::BAD_REQUEST)?;
    match (&parts.method, target.transport, target.session) {
        (&Method::OPTIONS, ..) => Ok(preflight()),
        (&Method::GET, Transport::WebSocket, _) => upgrade(museum, &parts, socket),
        (&Method::GET, transport, None) => {
            Ok(hold(open(museum, transport)?, target.callback).await)
        }
        (&Method::GET, transport, Some(id)) => {
            Ok(hold(find(museum, transport, id)?, target.callback).await)
        }
        (&Method::POST, transport, Some(id)) if transport != Transport::WebSocket => {
            let conn = find(museum, transport, id)?;
            let body = inbound::read(body, museum.settings().received_bytes_max).await?;
            conn.receive(&inbound::frames(&body).ok_or(StatusCode::BAD_REQUEST)?);
            Ok(full("text/plain", Bytes::from_static(b"ok")))
        }
        (&Method::POST, ..) => Err(StatusCode::BAD_REQUEST),
        _ => Err(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn open(museum: &Museum, transport: Transport) -> Result<Conn, StatusCode> {
    museum
        .open(transport)
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

/// A session speaks one transport all its life.
fn find(museum: &Museum, transport: Transport, id: &str) -> Result<Conn, StatusCode> {
    museum
        .get(id)
        .filter(|conn| conn.transport() == transport)
        .ok_or(StatusCode::BAD_REQUEST)
}

/// Answers when there is something to say, or begins a stream.
async fn hold(conn: Conn, callback: Option<&str>) -> Response<MuseumBody> {
    let transport = conn.transport();
    let carrier = Carrier::attach(conn);
    if !transport.is_polling() {
        let mut response = Response::new(MuseumBody::stream(carrier));
        set_content_type(&mut response, form::content_type(transport));
        return response;
    }
    let (Take::Frames(frames) | Take::Last(frames)) = poll_fn(|cx| carrier.poll_take(cx)).await;
    let body = match callback {
        Some(callback) => script::jsonp(callback, &frames),
        None => frames,
    };
    full(form::content_type(transport), body.into())
}

/// Hands the connection over to a task.
fn upgrade(
    museum: &Museum,
    parts: &Parts,
    socket: hyper::upgrade::OnUpgrade,
) -> Result<Response<MuseumBody>, StatusCode> {
    let fields = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()));
    let offer = match Offer::read(fields) {
        Ok(offer) => offer,
        Err(error) => return Ok(refusal(&error)),
    };
    let bytes_max = museum.settings().received_bytes_max;
    let carrier = Carrier::attach(open(museum, Transport::WebSocket)?);
    // Ends with the socket, whose session has heartbeats.
    tokio::spawn(async move {
        if let Ok(socket) = socket.await {
            websocket::drive(TokioIo::new(socket), carrier, bytes_max).await;
        }
    });
    let mut response = empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(offer.accept_value()) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    Ok(response)
}

fn refusal(error: &HandshakeError) -> Response<MuseumBody> {
    let mut response = full("text/plain; charset=utf-8", error.to_string().into());
    *response.status_mut() =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    for &(name, value) in error.headers() {
        response.headers_mut().insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

/// What a browser asks before it posts to another origin.
fn preflight() -> Response<MuseumBody> {
    let mut response = empty(StatusCode::OK);
    response.headers_mut().insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("POST, GET"),
    );
    response
}

/// Lets pages of an origin that was admitted read the response.
fn share_with(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
}

fn full(content_type: &'static str, body: Bytes) -> Response<MuseumBody> {
    let mut response = Response::new(body.into());
    set_content_type(&mut response, content_type);
    response
}

fn set_content_type(response: &mut Response<MuseumBody>, content_type: &'static str) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if matches!(content_type, form::SCRIPT | form::PAGE) {
        // It is what it says, and nothing that a browser may take it for.
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
    }
}

fn empty(status: StatusCode) -> Response<MuseumBody> {
    let mut response = Response::new(MuseumBody::default());
    *response.status_mut() = status;
    response
}

impl fmt::Debug for MuseumService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MuseumService").field(&self.museum).finish()
    }
}

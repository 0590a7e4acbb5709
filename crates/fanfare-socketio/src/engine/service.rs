//! A mount as a tower service.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body::Body;
use hyper::upgrade::OnUpgrade;
use tower_service::Service;

use super::answer::Answer;
use super::body::EngineBody;
use super::client::Client;
use super::judge::Verdict;
use super::mount::{EngineIo, Mount, Socket};
use super::query::Query;
use super::reception::{self, Admitted};
use super::refusal::Refusal;
use super::{task, transfer};
use crate::over::{Answering, Front};

/// Serves a mount; requests outside of its path get 404. Cloning is cheap.
///
/// Runs in tokio, below hyper or what is built on it: that is where WebSockets come from.
#[derive(Clone, Debug)]
pub struct EngineService(EngineIo);

impl EngineService {
    pub(super) fn new(engine: EngineIo) -> Self {
        Self(engine)
    }

    fn upgrade(&self, request: &Parts, upgrade: OnUpgrade) -> Response<EngineBody> {
        match self.0.accept(request) {
            Socket::Accepted(head, carrier) => {
                // It ends with its connection, or with its session, which the mount keeps.
                tokio::spawn(task::carry(upgrade, carrier));
                head.map(|()| EngineBody::default())
            }
            Socket::Refused(response) => response.map(EngineBody::from),
        }
    }
}

impl<B> Front<B> for EngineService
where
    B: Body + Send + 'static,
    B::Data: Buf + Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Body = EngineBody;

    fn claims(&self, path: &str) -> bool {
        self.0.contains(path)
    }

    fn answer(&self, mut request: Request<B>) -> Answering<EngineBody> {
        let mount = Arc::clone(self.0.mount());
        let upgrade = hyper::upgrade::on(&mut request);
        let (parts, body) = request.into_parts();
        if reception::is_upgrade(&parts) {
            let response = self.upgrade(&parts, upgrade);
            return Box::pin(std::future::ready(response));
        }
        Box::pin(async move { exchange(&mount, parts, body).await.map(EngineBody::from) })
    }
}

impl<B> Service<Request<B>> for EngineService
where
    B: Body + Send + 'static,
    B::Data: Buf + Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<EngineBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<EngineBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !Front::<B>::claims(self, request.uri().path()) {
            let mut response = Response::new(EngineBody::default());
            *response.status_mut() = StatusCode::NOT_FOUND;
            return Box::pin(std::future::ready(Ok(response)));
        }
        let reply = self.answer(request);
        Box::pin(async move { Ok(reply.await) })
    }
}

/// Answers a request that is no WebSocket handshake.
async fn exchange<B>(mount: &Arc<Mount>, parts: Parts, body: B) -> Response<Bytes>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let cors = mount.settings().cors.as_ref();
    if let Some(preflight) = cors.and_then(|cors| cors.preflight(&parts)) {
        let mut response = preflight.map(|()| Bytes::new());
        reception::add_cors(mount, &parts, response.headers_mut());
        return response;
    }
    if let Some(mut response) = mount.file(&parts) {
        reception::add_cors(mount, &parts, response.headers_mut());
        return response;
    }
    let admitted = match reception::admit(mount, &parts) {
        Ok(admitted) => admitted,
        Err(refusal) => return reception::finish(mount, &parts, refusal.answer()),
    };
    let Admitted {
        query,
        client,
        verdict,
    } = admitted;
    let answer = match (verdict, client) {
        (Verdict::Handshake(candidate), _) => {
            match reception::open(mount, &parts, candidate, None) {
                Ok(client) => return first_answer(mount, &parts, &query, client).await,
                Err(denied) => Some(denied.answer()),
            }
        }
        (Verdict::Poll, Some(client)) => transfer::poll(client, &query).await,
        (Verdict::Post, Some(client)) => transfer::post(client, &parts, &query, body).await,
        (Verdict::Unsupported, _) => Some(Answer::empty(StatusCode::INTERNAL_SERVER_ERROR)),
        _ => Some(Refusal::BadRequest.answer()),
    };
    reception::finish(mount, &parts, answer.unwrap_or_else(transfer::abandoned))
}

/// The answer to a handshake on polling, with what the application has sent already.
async fn first_answer(
    mount: &Mount,
    request: &Parts,
    query: &Query,
    client: Client,
) -> Response<Bytes> {
    let answer = transfer::poll(client.clone(), query).await;
    let answer = answer.unwrap_or_else(transfer::abandoned);
    let mut response = reception::finish(mount, request, answer);
    reception::add_cookie(mount, &client, response.headers_mut());
    response
}

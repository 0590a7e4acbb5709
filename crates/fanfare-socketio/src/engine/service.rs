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
use super::revision::Revision;
use super::{protocol1, task, transfer};
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
    let query = reception::query(mount, &parts);
    let (revision, jsonp) = (query.revision, query.jsonp);
    let admitted = match reception::admit(mount, &parts, query) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            let answer = refusal.answer_in(revision, jsonp);
            return reception::finish(mount, &parts, answer);
        }
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
                Err(denied) => Some(denied.answer(revision, jsonp)),
            }
        }
        (Verdict::Leave, client) => {
            if let Some(client) = client.filter(|it| it.revision() == Revision::V1) {
                client.tell(|live| (live.session_mut().leave(), None));
            }
            Some(Answer::empty(StatusCode::OK))
        }
        (Verdict::Poll, Some(client)) => transfer::poll(client, &query).await,
        (Verdict::Post, Some(client)) => transfer::post(client, &parts, &query, body).await,
        (Verdict::Unsupported, _) => Some(Answer::empty(StatusCode::INTERNAL_SERVER_ERROR)),
        _ => Some(Refusal::BadRequest.answer_in(revision, jsonp)),
    };
    reception::finish(mount, &parts, answer.unwrap_or_else(transfer::abandoned))
}

/// The answer to a handshake on polling: with what the application has sent already, but in
/// revision 1, where it waits for a poll.
async fn first_answer(
    mount: &Mount,
    request: &Parts,
    query: &Query,
    client: Client,
) -> Response<Bytes> {
    let answer = match query.revision {
        Revision::V1 => {
            let settings = mount.settings();
            let transports = settings.transports;
            protocol1::welcome(client.sid(), &settings.engine, transports, query.jsonp)
        }
        Revision::V3 | Revision::V4 => transfer::poll(client.clone(), query)
            .await
            .unwrap_or_else(transfer::abandoned),
    };
    let mut response = reception::finish(mount, request, answer);
    reception::add_cookie(mount, &client, response.headers_mut());
    response
}

//! Polling requests: their bodies, and how long they wait.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body::Body;
use tokio::sync::oneshot;

use super::answer::Answer;
use super::client::Client;
use super::clock;
use super::live::Live;
use super::query::Query;
use super::session::{CloseReason, PostBody, RequestId};
use crate::limits::{BODY_DISCARDED_BYTES_MAX, GOODBYE_DELAY};

/// A request that its session will answer. Dropping it says that its connection has ended.
#[derive(Debug)]
pub(super) struct Pending {
    client: Client,
    request: RequestId,
    answer: oneshot::Receiver<Answer>,
    kind: Kind,
    is_answered: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Its answer has packets, which come only once.
    Poll,
    Post,
}

/// How reading a body ended.
#[derive(Debug)]
enum Upload {
    /// The session did not wait for it.
    Answered(Option<Answer>),
    Broken,
    Complete(Vec<u8>),
    TooLarge,
}

/// Polls, and waits as long as that takes. `None` if the connection shall be dropped.
pub(super) async fn poll(client: Client, query: &Query) -> Option<Answer> {
    let (jsonp, now) = (query.jsonp, clock::now());
    let mut pending = Pending::new(client, Kind::Poll, |live, request| {
        live.session_mut().get(request, jsonp, now);
    });
    poll_fn(|cx| pending.poll_answer(cx)).await
}

/// Takes packets from a body. `None` if the connection shall be dropped.
pub(super) async fn post<B>(
    client: Client,
    request: &Parts,
    query: &Query,
    body: B,
) -> Option<Answer>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let bytes_max = client.mount().settings().engine.payload_bytes_max;
    let mut pending = Pending::new(client, Kind::Post, |live, request| {
        live.session_mut().post_begins(request);
    });
    match pending.upload(body, bytes_max).await {
        Upload::Answered(answer) => return answer,
        // The drop tells.
        Upload::Broken => return None,
        Upload::Complete(body) => {
            pending.wait_for_poll(&body).await;
            let content_type = request.headers.get(CONTENT_TYPE);
            let content_type = content_type.and_then(|value| value.to_str().ok());
            let body = PostBody::of(query, content_type, &body);
            let (id, now) = (pending.request, clock::now());
            pending
                .client
                .tell(|live| (live.session_mut().post(id, body, now), None));
        }
        Upload::TooLarge => {
            let id = pending.request;
            pending
                .client
                .tell(|live| (live.session_mut().post_too_large(id), None));
        }
    }
    poll_fn(|cx| pending.poll_answer(cx)).await
}

/// What a request is answered whose connection should rather be dropped, which a service cannot.
pub(super) fn abandoned() -> Answer {
    Answer::empty(StatusCode::BAD_REQUEST)
}

impl Pending {
    fn new(client: Client, kind: Kind, begin: impl FnOnce(&mut Live, RequestId)) -> Self {
        let now = clock::now();
        let (request, answer) = client.tell(|live| {
            // The alarm may be late on a busy machine: who is over by now is over.
            live.session_mut().tick(now);
            let (request, answer) = live.request();
            begin(live, request);
            ((request, answer), None)
        });
        Self {
            client,
            request,
            answer,
            kind,
            is_answered: false,
        }
    }

    /// Lets a poll go first that is on its way beside a goodbye.
    async fn wait_for_poll(&self, body: &[u8]) {
        let is_goodbye = matches!(body, b"1" | b"1:1");
        if is_goodbye && !self.client.lock().session().has_poll() {
            tokio::time::sleep(GOODBYE_DELAY).await;
        }
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        let answer = ready!(Pin::new(&mut self.answer).poll(cx));
        self.is_answered = true;
        Poll::Ready(answer.ok())
    }

    /// Reads a body, unless the session answers before.
    async fn upload<B>(&mut self, body: B, bytes_max: usize) -> Upload
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut body = pin!(body);
        let mut read = Vec::new();
        let mut bytes = 0_usize;
        let announced = body.size_hint().lower();
        if announced > bytes_max.saturating_add(BODY_DISCARDED_BYTES_MAX) as u64 {
            return Upload::TooLarge;
        }
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(answer) = self.poll_answer(cx) {
                    return Poll::Ready(Upload::Answered(answer));
                }
                let frame = match ready!(body.as_mut().poll_frame(cx)) {
                    None if bytes > bytes_max => return Poll::Ready(Upload::TooLarge),
                    None => return Poll::Ready(Upload::Complete(std::mem::take(&mut read))),
                    Some(Err(_)) => return Poll::Ready(Upload::Broken),
                    Some(Ok(frame)) => frame,
                };
                let Ok(data) = frame.into_data() else {
                    continue;
                };
                bytes = bytes.saturating_add(data.remaining());
                if bytes <= bytes_max {
                    append(&mut read, data);
                } else if bytes > bytes_max.saturating_add(BODY_DISCARDED_BYTES_MAX) {
                    return Poll::Ready(Upload::TooLarge);
                } else {
                    read = Vec::new();
                }
            }
        })
        .await
    }
}

fn append(read: &mut Vec<u8>, mut data: impl Buf) {
    while data.has_remaining() {
        let chunk = data.chunk();
        let bytes = chunk.len();
        read.extend_from_slice(chunk);
        data.advance(bytes);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_answered {
            let (request, kind) = (self.request, self.kind);
            self.client.tell(|live| {
                let is_in_time = live.request_gone(request);
                // Its packets have left the session and reach nobody: better an end that is
                // noticed than a gap that is not.
                if kind == Kind::Poll && !is_in_time {
                    live.abort(CloseReason::TransportError);
                }
                ((), None)
            });
        }
    }
}

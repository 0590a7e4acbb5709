//! Publisher and subscriber as services: the protocol's exchanges, without a socket.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{Admission, ChannelName, Draft, Heard, Pending, Start};
use fanfare_relay::{
    PollMode, Profile, Publisher, Refusal, Relay, RelayBody, RelayConfig, Subscriber, acceptor,
};
use futures_core::Stream;
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use tower_service::Service;

/// A relay with both services, at the channels that paths name.
struct Rig {
    relay: Relay,
    publisher: Publisher,
    subscriber: Subscriber,
}

impl Rig {
    fn new(config: RelayConfig) -> Self {
        let relay = Relay::new(config);
        Self {
            publisher: relay.publisher(acceptor::path),
            subscriber: relay.subscriber(acceptor::path),
            relay,
        }
    }

    async fn tell(&mut self, line: &str, body: &'static str) -> Answer {
        let request = request(line, &[], body);
        Answer::of(self.publisher.call(request).await.unwrap()).await
    }

    fn ask(
        &mut self,
        line: &str,
        headers: &[(&str, &str)],
    ) -> impl Future<Output = Answer> + use<> {
        let answer = self.subscriber.call(request(line, headers, ""));
        async move { Answer::of(answer.await.unwrap()).await }
    }

    fn subscribers(&self) -> usize {
        self.relay.hub().presence(&name("a"))
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: http::response::Parts,
    body: String,
}

impl Answer {
    async fn of(response: Response<RelayBody>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self {
            status: head.status.as_u16(),
            head,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    #[track_caller]
    fn check(&self, status: u16, body: &str) -> &Self {
        assert_eq!((self.status, &*self.body), (status, body), "{self:?}");
        self
    }

    fn header(&self, name: &str) -> &str {
        self.head.headers[name].to_str().unwrap()
    }

    /// The headers with which the next message is asked for.
    fn conditions(&self) -> [(&'static str, &str); 2] {
        [
            ("if-modified-since", self.header("last-modified")),
            ("if-none-match", self.header("etag")),
        ]
    }
}

fn request(line: &str, headers: &[(&str, &str)], body: &'static str) -> Request<Full<Bytes>> {
    let (method, uri) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::from(body)).unwrap()
}

fn name(text: &str) -> ChannelName {
    ChannelName::new(text).unwrap()
}

/// Nothing has come yet.
fn check_waits(answer: Pin<&mut impl Future>) {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(answer.poll(&mut cx).is_pending());
}

#[tokio::test]
async fn messages_are_read_one_by_one_with_their_cursors() {
    let mut rig = Rig::new(RelayConfig::default());
    rig.tell("GET /a", "").await.check(404, "");
    let accepted = rig.tell("POST /a", "first").await;
    assert_eq!(accepted.status, 202);
    assert!(
        accepted.body.starts_with("queued messages: 1\r\n"),
        "{}",
        accepted.body
    );
    rig.tell("POST /a", "second").await;
    let first = rig.ask("GET /a", &[]).await;
    first.check(200, "first");
    assert_eq!(
        first.header("vary"),
        "If-None-Match, If-Modified-Since, Accept"
    );
    let second = rig.ask("GET /a", &first.conditions()).await;
    second.check(200, "second");
    assert_eq!(rig.subscribers(), 0);
}

#[tokio::test]
async fn a_poll_waits_for_its_message_and_for_no_longer_than_somebody_wants_it() {
    let mut rig = Rig::new(RelayConfig::default());
    let mut waiting = Box::pin(rig.ask("GET /a", &[]));
    check_waits(waiting.as_mut());
    assert_eq!(rig.subscribers(), 1);
    assert_eq!(rig.tell("POST /a", "news").await.status, 201);
    waiting.await.check(200, "news");
    let conditions = rig.ask("GET /a", &[]).await;
    let mut gives_up = Box::pin(rig.ask("GET /a", &conditions.conditions()));
    check_waits(gives_up.as_mut());
    assert_eq!(rig.subscribers(), 1);
    drop(gives_up);
    assert_eq!(rig.subscribers(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_has_waited_long_enough_is_told_there_is_nothing() {
    for (profile, status) in [(Profile::Relay, 304), (Profile::Nchan, 408)] {
        let mut rig = Rig::new(RelayConfig {
            profile,
            poll_time: Some(Duration::from_secs(30)),
            ..RelayConfig::default()
        });
        rig.tell("POST /a", "only").await;
        let only = rig.ask("GET /a", &[]).await;
        let nothing = rig.ask("GET /a", &only.conditions()).await;
        assert_eq!(nothing.status, status);
        assert_eq!(
            nothing.conditions(),
            only.conditions(),
            "its place is where it was"
        );
    }
}

#[tokio::test]
async fn an_interval_poll_never_waits_and_is_nobodys_conflict() {
    let mut rig = Rig::new(RelayConfig {
        mode: PollMode::Interval,
        admission: Admission::First,
        ..RelayConfig::default()
    });
    rig.ask("GET /a", &[]).await.check(304, "");
    rig.tell("POST /a", "news").await;
    rig.ask("GET /a", &[]).await.check(200, "news");
    // One that began at `now` is told where it stands.
    let nothing = rig.ask("GET /a?since=now", &[]).await;
    nothing.check(304, "");
    rig.tell("POST /a", "later").await;
    rig.ask("GET /a?since=now", &nothing.conditions())
        .await
        .check(200, "later");
}

#[tokio::test]
async fn a_deleted_channel_is_gone_and_its_subscribers_are_told_first() {
    let mut rig = Rig::new(RelayConfig::default());
    rig.tell("PUT /a", "").await;
    let mut waiting = Box::pin(rig.ask("GET /a", &[]));
    check_waits(waiting.as_mut());
    let deletion = request("DELETE /a", &[], "");
    let mut deleting = pin!(rig.publisher.call(deletion));
    check_waits(deleting.as_mut());
    let gone = waiting.await;
    gone.check(410, "");
    assert_eq!(gone.header("fanfare-error"), "gone");
    assert_eq!(deleting.await.unwrap().status(), 200);
    rig.tell("DELETE /a", "").await.check(404, "");
}

#[tokio::test]
async fn conflicts_are_settled_as_configured() {
    for (admission, first, second) in [
        (Admission::First, None, Some(409)),
        (Admission::Last, Some(409), None),
    ] {
        let mut rig = Rig::new(RelayConfig {
            admission,
            ..RelayConfig::default()
        });
        let mut one = Box::pin(rig.ask("GET /a", &[]));
        check_waits(one.as_mut());
        let mut two = Box::pin(rig.ask("GET /a", &[]));
        let mut cx = Context::from_waker(Waker::noop());
        let status = |poll: Poll<Answer>| match poll {
            Poll::Ready(answer) => Some(answer.status),
            Poll::Pending => None,
        };
        let two = status(two.as_mut().poll(&mut cx));
        assert_eq!((status(one.as_mut().poll(&mut cx)), two), (first, second));
    }
}

#[tokio::test]
async fn methods_of_the_other_side_are_wrong() {
    let mut rig = Rig::new(RelayConfig::default());
    for line in ["POST /a", "HEAD /a", "BREW /a"] {
        let wrong = rig.ask(line, &[]).await;
        wrong.check(405, "");
        assert_eq!(wrong.header("allow"), "GET", "{line}");
    }
    let wrong = rig.tell("PATCH /a", "x").await;
    wrong.check(405, "");
    assert_eq!(wrong.header("allow"), "GET, POST, PUT, DELETE");
    assert_eq!(rig.ask("OPTIONS /a", &[]).await.header("allow"), "GET");
}

#[tokio::test]
async fn what_cannot_be_read_or_is_too_large_is_refused_with_a_sentence() {
    let mut rig = Rig::new(RelayConfig {
        message_bytes_max: 4,
        ..RelayConfig::default()
    });
    let large = rig.tell("POST /a", "12345").await;
    large.check(
        413,
        "the message is longer than 4 bytes, which is the limit (message_too_large)\n",
    );
    assert_eq!(large.header("fanfare-error"), "message_too_large");
    rig.tell("GET /a", "").await.check(404, "");
    rig.tell("POST /", "x")
        .await
        .check(404, "No channel id provided.");
    rig.ask("GET /", &[])
        .await
        .check(404, "No channel id provided.");
    assert_eq!(
        rig.tell("POST /a,b", "x").await.header("fanfare-error"),
        "one_channel_only"
    );
    assert_eq!(
        rig.ask("GET /a/b", &[]).await.header("fanfare-error"),
        "raw_slash"
    );
    // The query belongs to the application.
    for _ in 0..2 {
        rig.tell("POST /a?id=1&ttl=soon", "x").await;
    }
    assert_eq!(
        rig.relay.info(&name("a")).await.unwrap().unwrap().messages,
        2
    );
}

#[tokio::test]
async fn subscribers_may_have_to_find_what_a_publisher_has_made() {
    let mut rig = Rig::new(RelayConfig {
        existing_channels_only: true,
        ..RelayConfig::default()
    });
    rig.ask("GET /a", &[]).await.check(403, "");
    rig.tell("POST /a", "x").await;
    rig.ask("GET /a", &[]).await.check(200, "x");
}

#[tokio::test]
async fn a_content_type_may_be_the_same_for_all() {
    let mut rig = Rig::new(RelayConfig {
        content_type: Some(HeaderValue::from_static("application/json")),
        ..RelayConfig::default()
    });
    rig.tell("POST /a", "{}").await;
    let message = rig.ask("GET /a", &[]).await;
    assert_eq!(message.header("content-type"), "application/json");
}

#[tokio::test]
async fn the_application_says_who_may_have_what() {
    fn mailbox(request: &Parts) -> Result<ChannelName, Refusal> {
        match request.headers.get("x-user").map(HeaderValue::as_bytes) {
            Some(b"ann") => Ok(ChannelName::new("mailbox-ann")?),
            Some(b"bob") => {
                let mut answer = Response::new(Bytes::from_static(b"sign in first"));
                *answer.status_mut() = http::StatusCode::UNAUTHORIZED;
                Err(Refusal::Answer(Box::new(answer)))
            }
            _ => Err(Refusal::Forbidden),
        }
    }
    let relay = Relay::default();
    let later = |request: &Parts| {
        let decision = mailbox(request).map(|channel| vec![channel]);
        Pending::Later(Box::pin(async { decision }))
    };
    let mut subscriber = relay.subscriber(later);
    let draft = Draft::new("a letter");
    relay.publish(&name("mailbox-ann"), draft).await.unwrap();
    for (user, status, body) in [
        ("ann", 200, "a letter"),
        ("bob", 401, "sign in first"),
        ("eve", 403, ""),
    ] {
        let answer = subscriber.call(request("GET /", &[("x-user", user)], ""));
        Answer::of(answer.await.unwrap()).await.check(status, body);
    }
}

#[tokio::test]
async fn the_application_hears_what_clients_publish() {
    let mut rig = Rig::new(RelayConfig::default());
    let places = [(name("a"), Start::Newest), (name("b"), Start::Newest)];
    let mut messages = Box::pin(rig.relay.subscribe(places).unwrap());
    let mut next = async || {
        poll_fn(|cx| messages.as_mut().poll_next(cx))
            .await
            .unwrap()
            .unwrap()
    };
    assert!(matches!(next().await, Heard::CaughtUp));
    rig.tell("POST /b", "from a client").await;
    let Heard::Message { index: 1, message } = next().await else {
        panic!("something else was heard");
    };
    assert_eq!(message.payload(), "from a client");
    rig.relay.delete(&name("a")).await.unwrap();
    assert!(matches!(next().await, Heard::Ended { index: 0, .. }));
}

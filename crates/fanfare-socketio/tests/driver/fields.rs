//! Compression of answers, and the mount in front of another service.

use std::convert::Infallible;
use std::io::Read as _;

use bytes::Bytes;
use fanfare_socketio::OverBody;
use fanfare_socketio::engine::{EngineBody, EngineIo};
use flate2::read::GzDecoder;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use tower_service::Service as _;

use crate::applications::Echo;
use crate::site::{Site, patient};

async fn check(fields: &str, message_bytes: usize, is_compressed: bool) {
    let (site, _ends) = Site::echo(patient()).await;
    let session = site.open().await;
    let message = format!("4{}", "x".repeat(message_bytes - 1));
    site.post(&session, &message).await;
    let mut poll = site.connect().await;
    poll.request("GET", &session, fields).await;
    let reply = poll.reply().await;
    if is_compressed {
        assert_eq!(
            reply.field("content-encoding").unwrap(),
            "gzip",
            "{fields:?}"
        );
        assert_eq!(reply.field("vary").unwrap(), "accept-encoding");
        let mut text = String::new();
        GzDecoder::new(&reply.body[..])
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, message);
    } else {
        assert_eq!(reply.field("content-encoding"), None, "{fields:?}");
        assert_eq!(reply.text(), message);
    }
}

#[tokio::test]
async fn long_answers_are_compressed_for_those_who_accept_it() {
    check("Accept-Encoding: gzip, deflate, br\r\n", 1_024, true).await;
    check("Accept-Encoding: deflate, GZIP;q=0.5\r\n", 1_024, true).await;
    check("Accept-Encoding: gzip\r\n", 1_023, false).await;
    check("Accept-Encoding: gzip;q=0, br\r\n", 1_024, false).await;
    check("Accept-Encoding: br\r\n", 1_024, false).await;
    check("", 1_024, false).await;
}

#[tokio::test]
async fn what_is_not_the_mounts_goes_to_the_service_behind() {
    let (echo, _ends) = Echo::new();
    let engine = EngineIo::new(patient(), echo);
    let behind = Behind;
    let mut layered = engine.over(behind);
    for (target, expected) in [
        ("/engine.io", "behind"),
        ("/", "behind"),
        (
            "/engine.io/?EIO=4",
            r#"{"code":0,"message":"Transport unknown"}"#,
        ),
    ] {
        let request = Request::get(target).body(Empty::<Bytes>::new()).unwrap();
        let response: Response<OverBody<EngineBody, Full<Bytes>>> =
            layered.call(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, expected, "{target}");
    }
}

#[derive(Clone)]
struct Behind;

impl<B> tower_service::Service<Request<B>> for Behind {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(
        &mut self,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<B>) -> Self::Future {
        std::future::ready(Ok(Response::new(Full::from("behind"))))
    }
}

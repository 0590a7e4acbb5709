//! Pages of other origins, and services behind the museum.

use std::convert::Infallible;

use fanfare_socketio::museum::{Museum, MuseumSettings, Origins, Transport};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tower_service::Service;

use super::app::Echo;
use super::contract;
use super::house::House;
use super::peer::Answer;

fn listed() -> MuseumSettings {
    MuseumSettings {
        origins: Origins::listed(["a.example:80"]).unwrap(),
        ..contract()
    }
}

async fn from(house: &House, origin: &str, method: &str) -> Answer {
    let path = house.open(Transport::XhrPolling).await + "/send";
    let fields = format!("Origin: {origin}\r\nCookie: socketio=xhr-polling\r\n");
    house
        .peer()
        .await
        .request(method, &path, &fields, "data=~m~1~m~a")
        .await
}

#[tokio::test(start_paused = true)]
async fn admitted_origins_may_read() {
    let house = House::in_memory(listed());
    for method in ["POST", "OPTIONS"] {
        let answer = from(&house, "http://a.example", method).await;
        assert_eq!(answer.status(), 200);
        let field = |name| answer.field(name);
        let allowed = Some("http://a.example");
        assert_eq!(field("access-control-allow-origin"), allowed);
        assert_eq!(field("access-control-allow-credentials"), Some("true"));
        assert_eq!(field("vary"), Some("Origin"));
        let methods = (method == "OPTIONS").then_some("POST, GET");
        assert_eq!(field("access-control-allow-methods"), methods);
    }
}

#[tokio::test(start_paused = true)]
async fn other_origins_are_refused() {
    let house = House::in_memory(listed());
    for origin in ["http://b.example", "https://a.example", "null", "a.example"] {
        let answer = from(&house, origin, "POST").await;
        assert_eq!(answer.status(), 401, "{origin}");
        assert_eq!(answer.field("access-control-allow-origin"), None);
    }
}

/// They want to know why, or they take it for a network that is down.
#[tokio::test(start_paused = true)]
async fn refusals_may_be_read_by_admitted_origins() {
    let house = House::in_memory(listed());
    let fields = "Origin: http://a.example\r\n";
    let mut peer = house.peer().await;
    peer.ask("/sio06/xhr-polling/unknown/1", fields).await;
    let answer = peer.answer().await;
    assert_eq!(answer.status(), 400);
    let allowed = answer.field("access-control-allow-origin");
    assert_eq!(allowed, Some("http://a.example"));
}

/// Says what it was asked for.
#[derive(Clone)]
struct Inner;

impl<B> Service<Request<B>> for Inner {
    type Response = Response<Full<bytes::Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(
        &mut self,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let body = request.uri().path().to_owned().into();
        std::future::ready(Ok(Response::new(body)))
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_the_museums_goes_on() {
    let (service, museum) = Museum::new(MuseumSettings::default(), Echo::default());
    let mut service = service.over(Inner);
    for (path, is_ours) in [
        ("/", false),
        ("/socket.io/?EIO=4&transport=websocket", false),
        ("/socket.io/socket.io.js", false),
        ("/socket.io/1/xhr-polling/1", false),
        ("/socket.io/xhr-polling//1", true),
        ("/socket.io/xhr-polling", true),
    ] {
        let request = Request::get(path).body(Full::<bytes::Bytes>::default());
        let response = service.call(request.unwrap()).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.starts_with(b"~m~22~m~"), is_ours, "{path}");
    }
    assert_eq!(museum.len(), 2);
}

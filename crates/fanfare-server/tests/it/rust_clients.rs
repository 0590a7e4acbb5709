//! Clients of the Rust ecosystem, written by others.

mod plain_http;

use std::pin::pin;
use std::time::Duration;

use eventsource_client::{Client as _, ClientBuilder, ReconnectOptions, SSE};
use fanfare_testkit::proxy::Proxy;
use fanfare_testkit::server::Server;
use futures_core::Stream;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use self::plain_http::PlainHttp;
use crate::support::{Id, Publisher, SOON, launch, server, until_held};

/// Cuts that a client has to survive.
const CUTS: u64 = 20;

/// Bytes after which a connection is cut: more than a head and a message, so that each gets on.
const BYTES_TO_CUT: std::ops::Range<u64> = 600..3000;

/// The message after all numbers.
const LAST: &str = "the end";

/// Runs a future on a runtime of its own.
fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// The next item, which must come soon.
async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    let item = std::future::poll_fn(|cx| pin!(&mut *stream).poll_next(cx));
    tokio::time::timeout(SOON, item)
        .await
        .expect("something comes soon")
}

fn patient_server() -> Server {
    launch()
        .set("subscribe.sse_retry=100ms")
        .set("limits.history_messages=100000")
        .set("limits.history_bytes=64MiB")
        .start()
}

/// Publishes numbers until connections have been cut often enough, then lets them live and
/// publishes [`LAST`].
fn publish_through_cuts(server: &Server, proxy: &Proxy, channel: &str) {
    let mut publisher = Publisher::connect(server);
    let mut count = 0;
    while proxy.cuts() < CUTS {
        publisher.count(channel, count..count + 1);
        count += 1;
    }
    proxy.stop_cutting();
    publisher.publish(channel, LAST);
}

/// What a reader has heard: the numbers from 0 on, and in the end [`LAST`].
#[derive(Default)]
struct Heard {
    count: u32,
    is_complete: bool,
}

impl Heard {
    fn hear(&mut self, text: &str) {
        self.is_complete = text == LAST;
        if !self.is_complete {
            assert_eq!(text, self.count.to_string());
            self.count += 1;
        }
    }
}

#[test]
fn eventsource_client_loses_nothing() {
    let server = patient_server();
    let proxy = Proxy::start(server.address());
    proxy.cut_each_after(BYTES_TO_CUT, 1);
    let options = ReconnectOptions::reconnect(true)
        .retry_initial(true)
        .delay(Duration::from_millis(20))
        .backoff_factor(1);
    let client = ClientBuilder::for_url(&proxy.url("/sub/c?as=sse"))
        .unwrap()
        .reconnect(options.build())
        .build_with_transport(PlainHttp);
    std::thread::scope(|scope| {
        scope.spawn(|| publish_through_cuts(&server, &proxy, "c"));
        run(async {
            let mut stream = client.stream();
            let mut heard = Heard::default();
            while !heard.is_complete {
                // Errors are the cuts: this client says so and comes back.
                let item = next(&mut stream).await.expect("this client never gives up");
                if let Ok(SSE::Event(event)) = item {
                    heard.hear(&event.data);
                }
            }
        });
    });
}

/// Id and text of a frame of `ws+meta.nchan`.
fn meta(frame: &Message) -> Option<(Id, String)> {
    let text = frame.to_text().ok()?;
    let (head, body) = text.split_once("\n\n")?;
    let id = head.strip_prefix("id: ")?.lines().next()?.parse().ok()?;
    Some((id, body.to_owned()))
}

/// Connects with a cursor, and reads until the connection ends or all has been heard.
async fn read_frames(proxy: &Proxy, cursor: &mut Option<Id>, heard: &mut Heard) {
    let query = cursor.map_or(String::new(), |id| format!("?last_event_id={id}"));
    let url = proxy
        .url(&format!("/sub/c{query}"))
        .replace("http://", "ws://");
    let mut request = url.into_client_request().unwrap();
    let protocol = "ws+meta.nchan".parse().unwrap();
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", protocol);
    let Ok((mut socket, _)) = Box::pin(tokio_tungstenite::connect_async(request)).await else {
        return;
    };
    while !heard.is_complete {
        let Some(Ok(frame)) = next(&mut socket).await else {
            return;
        };
        if let Some((id, text)) = meta(&frame) {
            heard.hear(&text);
            *cursor = Some(id);
        }
    }
}

#[test]
fn tokio_tungstenite_resumes_by_cursor() {
    let server = patient_server();
    let proxy = Proxy::start(server.address());
    proxy.cut_each_after(BYTES_TO_CUT, 2);
    std::thread::scope(|scope| {
        scope.spawn(|| publish_through_cuts(&server, &proxy, "c"));
        run(async {
            let (mut cursor, mut heard) = (None, Heard::default());
            while !heard.is_complete {
                read_frames(&proxy, &mut cursor, &mut heard).await;
            }
        });
    });
}

#[test]
fn tungstenite_speaks_the_json_protocol() {
    let server = server();
    let url = server.url("/ws").replace("http://", "ws://");
    let (mut socket, response) = tungstenite::connect(url).unwrap();
    assert_eq!(response.status(), 101);
    let mut ask = |request: Value| -> Value {
        socket.send(Message::text(request.to_string())).unwrap();
        serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap()
    };
    assert_eq!(ask(json!({"op": "ping"})), json!({"op": "pong"}));
    assert_eq!(
        ask(json!({"op": "subscribe", "channel": "c"}))["op"],
        "subscribed"
    );
    Publisher::connect(&server).publish("c", "over http");
    let heard: Value = serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap();
    assert_eq!(heard["data"], "over http");
    socket.send(Message::Ping("are you there".into())).unwrap();
    assert_eq!(
        socket.read().unwrap(),
        Message::Pong("are you there".into())
    );
    socket.close(None).unwrap();
    while socket.read().is_ok() {}
    until_held(&server, "c", 0);
}

//! Streams over real connections: hyper with HTTP/1.0, 1.1 and 2, and axum.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use fanfare_sse::{Event, SendError, Sender, Sse, SseConfig, SseResponse};
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender as Giver, channel};

/// A test that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Streams on one connection: twice what a browser opens at most.
const STREAMS: usize = 200;

const CONFIG: SseConfig = SseConfig::new();

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("in time")
}

fn open<B>(request: &Request<B>, senders: &Giver<Sender>) -> SseResponse {
    match Sse::channel(request, &CONFIG) {
        Ok((response, sender)) => {
            senders.try_send(sender).expect("the test keeps up");
            response
        }
        Err(rejection) => rejection.into_response(),
    }
}

/// Serves streams over the version of HTTP that the client begins with. The senders come out of
/// the receiver.
async fn serve(version: Version) -> (SocketAddr, Receiver<Sender>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (giver, senders) = channel(STREAMS);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(converse(socket, version, giver.clone()));
        }
    });
    (address, senders)
}

#[derive(Clone, Copy)]
enum Version {
    Http1,
    Http2,
}

async fn converse(socket: TcpStream, version: Version, senders: Giver<Sender>) {
    let io = TokioIo::new(socket);
    let service = service_fn(move |request: Request<Incoming>| {
        let response = open(&request, &senders);
        async move { Ok::<_, Infallible>(response) }
    });
    // A client that goes away is an error to hyper.
    _ = match version {
        Version::Http1 => {
            let mut server = hyper::server::conn::http1::Builder::new();
            server.timer(TokioTimer::new());
            server.serve_connection(io, service).await
        }
        Version::Http2 => {
            let mut server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            server.max_concurrent_streams(STREAMS as u32 + 50);
            server.serve_connection(io, service).await
        }
    };
}

/// A client that sees every byte.
struct Wire(BufStream<TcpStream>);

impl Wire {
    async fn ask(address: SocketAddr, request: &str) -> Self {
        let socket = TcpStream::connect(address).await.unwrap();
        let mut wire = Self(BufStream::new(socket));
        wire.ask_again(request).await;
        wire
    }

    async fn ask_again(&mut self, request: &str) {
        self.0.write_all(request.as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
    }

    /// Reads up to the end of a line, until the text ends with this.
    async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            let bytes = within(self.0.read_line(&mut text)).await.unwrap();
            assert_ne!(bytes, 0, "ended after {text:?}");
        }
        text
    }

    async fn rest(&mut self) -> String {
        let mut text = String::new();
        within(self.0.read_to_string(&mut text)).await.unwrap();
        text
    }
}

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\n\r\n";

#[tokio::test]
async fn head_and_first_bytes_come_before_any_event() {
    let (address, mut senders) = serve(Version::Http1).await;
    let mut wire = Wire::ask(address, GET).await;
    let head = wire.until("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        head.contains("content-type: text/event-stream\r\n"),
        "{head}"
    );
    assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
    for absent in ["content-length", "content-encoding"] {
        assert!(!head.contains(absent), "{head}");
    }
    assert_eq!(wire.until("ok\n\n\r\n").await, "6\r\n: ok\n\n\r\n");

    let sender = senders.recv().await.unwrap();
    sender.send("a").await.unwrap();
    assert_eq!(wire.until("a\n\n\r\n").await, "9\r\ndata: a\n\n\r\n");
}

#[tokio::test]
async fn the_connection_can_be_used_again_after_a_stream() {
    let (address, mut senders) = serve(Version::Http1).await;
    let mut wire = Wire::ask(address, GET).await;
    wire.until("ok\n\n\r\n").await;
    let sender = senders.recv().await.unwrap();
    sender.send("a").await.unwrap();
    sender.close();
    assert!(
        wire.until("0\r\n\r\n")
            .await
            .ends_with("data: a\n\n\r\n0\r\n\r\n")
    );
    wire.ask_again(GET).await;
    wire.until("ok\n\n\r\n").await;
}

#[tokio::test]
async fn a_head_request_is_over_with_the_head() {
    let (address, _senders) = serve(Version::Http1).await;
    let mut wire = Wire::ask(address, "HEAD / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let head = wire.until("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        head.contains("content-type: text/event-stream\r\n"),
        "{head}"
    );
    wire.ask_again(GET).await;
    assert!(
        wire.until("\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 200 OK\r\n")
    );
}

#[tokio::test]
async fn over_http_1_0_the_stream_is_not_cut_into_chunks() {
    let (address, mut senders) = serve(Version::Http1).await;
    let mut wire = Wire::ask(address, "GET / HTTP/1.0\r\n\r\n").await;
    let head = wire.until("\r\n\r\n").await;
    assert!(!head.contains("transfer-encoding"), "{head}");
    let sender = senders.recv().await.unwrap();
    sender.send("a").await.unwrap();
    drop(sender);
    assert_eq!(wire.rest().await, ": ok\n\ndata: a\n\n");
}

#[tokio::test]
async fn a_rejection_is_a_whole_answer() {
    let (address, _senders) = serve(Version::Http1).await;
    let mut wire = Wire::ask(address, "PUT / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let answer = wire.until("GET\n").await;
    assert!(answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
    assert!(answer.contains("allow: GET, HEAD\r\n"), "{answer}");
    assert!(answer.contains("content-length: 33\r\n"), "{answer}");
}

#[tokio::test]
async fn a_client_that_hangs_up_is_noticed_without_writing() {
    let (address, mut senders) = serve(Version::Http1).await;
    let mut wire = Wire::ask(address, GET).await;
    wire.until("ok\n\n\r\n").await;
    let sender = senders.recv().await.unwrap();
    drop(wire);
    within(sender.closed()).await;
}

/// Fills every buffer between the two, and sees that the other client gets all the same.
#[tokio::test]
async fn a_client_that_does_not_read_holds_nobody_up() {
    let (address, mut senders) = serve(Version::Http1).await;
    let stalled = Wire::ask(address, GET).await;
    let stalled_sender = senders.recv().await.unwrap();
    let mut reader = Wire::ask(address, GET).await;
    reader.until("ok\n\n\r\n").await;
    let sender = senders.recv().await.unwrap();

    let event = fanfare_sse::Block::from(Event::data("x".repeat(60_000)));
    let mut refused = 0;
    while refused < 10 {
        // Gives the server its turn.
        tokio::task::yield_now().await;
        match stalled_sender.try_send(event.clone()) {
            Ok(()) => {}
            Err(SendError::Full(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
        sender.send(event.clone()).await.unwrap();
        reader.until("x\n\n\r\n").await;
    }
    assert!(!stalled_sender.is_closed());
    drop(stalled);
}

async fn http2(address: SocketAddr) -> hyper::client::conn::http2::SendRequest<Empty<Bytes>> {
    let socket = TcpStream::connect(address).await.unwrap();
    let executor = TokioExecutor::new();
    let (client, connection) =
        hyper::client::conn::http2::handshake(executor, TokioIo::new(socket))
            .await
            .unwrap();
    tokio::spawn(connection);
    client
}

async fn text_of_next_frame(body: &mut Incoming) -> String {
    let frame = within(body.frame()).await.unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn one_http_2_connection_carries_many_streams() {
    let (address, mut senders) = serve(Version::Http2).await;
    let mut client = http2(address).await;
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        let request = Request::get("http://x/").body(Empty::new()).unwrap();
        let response = within(client.send_request(request)).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        for forbidden in ["connection", "transfer-encoding", "content-length"] {
            assert!(!response.headers().contains_key(forbidden));
        }
        let mut body = response.into_body();
        assert_eq!(text_of_next_frame(&mut body).await, ": ok\n\n");
        streams.push((body, senders.recv().await.unwrap()));
    }
    for (n, (_, sender)) in streams.iter().enumerate() {
        sender.send(n.to_string()).await.unwrap();
    }
    for (n, (body, _)) in streams.iter_mut().enumerate() {
        assert_eq!(text_of_next_frame(body).await, format!("data: {n}\n\n"));
    }
    // One is cancelled, one closed; the others go on.
    let (body, cancelled) = streams.pop().unwrap();
    drop(body);
    within(cancelled.closed()).await;
    let (body, closed) = streams.pop().unwrap();
    closed.close();
    let rest = within(body.collect()).await.unwrap();
    assert_eq!(rest.to_bytes(), "");
    let (body, sender) = streams.first_mut().unwrap();
    sender.send("still here").await.unwrap();
    assert_eq!(text_of_next_frame(body).await, "data: still here\n\n");
}

/// What a handler looks like, and that axum takes it.
#[tokio::test]
async fn axum_serves_streams_and_rejections() {
    use axum::Router;
    use axum::extract::Request;
    use axum::routing::get;

    async fn feed(request: Request) -> Result<SseResponse, SseResponse> {
        let (response, sender) = Sse::channel(&request, &CONFIG)?;
        tokio::spawn(async move { sender.send(Event::json(&[1, 2]).unwrap()).await });
        Ok(response)
    }

    async fn numbers() -> SseResponse {
        let events = futures_util::stream::iter((0..3).map(|n| Event::json(&n)));
        Sse::from_stream(events).into_response()
    }

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/feed", get(feed))
        .route("/numbers", get(numbers));
    tokio::spawn(async move { axum::serve(listener, router).await });

    let mut wire = Wire::ask(address, "GET /feed HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let answer = wire.until("0\r\n\r\n").await;
    assert!(answer.contains("content-type: text/event-stream\r\n"));
    assert!(answer.contains("data: [1,2]\n\n"), "{answer}");

    wire.ask_again("GET /numbers HTTP/1.0\r\n\r\n").await;
    let answer = wire.rest().await;
    assert!(answer.ends_with(": ok\n\ndata: 0\n\ndata: 1\n\ndata: 2\n\n"));

    let request = "GET /feed HTTP/1.1\r\nhost: x\r\naccept: text/html\r\n\r\n";
    let mut wire = Wire::ask(address, request).await;
    let answer = wire.until("\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 406 Not Acceptable\r\n"));
}

//! What an idle session allocates, counted by the allocator.
//!
//! A binary of its own, because the counting allocator is that of the whole process.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the figures are for whoever asks, and what fails here fails the test"
)]

use std::alloc::System;
use std::io::Write as _;
use std::net::TcpStream;
use std::task::Waker;
use std::time::Duration;

use fanfare_socketio::engine::{
    Application, Client, CloseReason, Conversation, EngineIo, Flow, MountSettings, Received,
    Socket, WebSocketCarrier,
};
use http::Request;
use http::request::Parts;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::net::TcpListener;

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A session that is parked on a WebSocket in the server's reactor, where all of a connection has
/// a kilobyte. Tables with room to grow included.
const BYTES_PER_CARRIER_MAX: usize = 576;

/// The same in somebody's axum application, with tokio's task and registration.
const BYTES_PER_TASK_MAX: usize = 1_536;

const SESSIONS: usize = 400;

/// Says nothing and hears nothing.
struct Quiet;

impl Application for Quiet {
    fn open(&self, _client: &Client, _request: &Parts) -> Box<dyn Conversation> {
        Box::new(Self)
    }
}

impl Conversation for Quiet {
    fn message(&mut self, _message: Received, _client: &Client) {}

    fn closed(&mut self, _reason: CloseReason, _client: &Client) {}
}

const TARGET: &str = "/engine.io/?EIO=4&transport=websocket";
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn parked(engine: &EngineIo) -> WebSocketCarrier {
    let request = Request::get(TARGET)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", KEY);
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let Socket::Accepted(_, mut carrier) = engine.accept(&parts) else {
        panic!("a good handshake");
    };
    let mut frames = Vec::new();
    assert_eq!(carrier.take(Waker::noop(), &mut frames), Flow::Open);
    carrier.written(frames.iter().map(|frame| frame.len()).sum());
    carrier
}

fn allocated(region: &Region<'_, System>) -> usize {
    let change = region.change();
    // What grew is in there already.
    change
        .bytes_allocated
        .saturating_sub(change.bytes_deallocated)
}

fn check(what: &str, bytes: usize, bytes_max: usize) {
    let bytes = bytes / SESSIONS;
    println!("{what}: {bytes} bytes");
    assert!(
        bytes <= bytes_max,
        "{what}: {bytes} bytes, {bytes_max} allowed"
    );
}

/// One test, for another beside it would be counted as well.
#[tokio::test]
async fn idle_sessions_are_small() {
    let engine = EngineIo::new(MountSettings::default(), Quiet);
    let first = parked(&engine);
    let mut carriers = Vec::with_capacity(SESSIONS);
    let region = Region::new(GLOBAL);
    carriers.extend((0..SESSIONS).map(|_| parked(&engine)));
    let bytes = allocated(&region) + size_of::<WebSocketCarrier>() * SESSIONS;
    check("parked", bytes, BYTES_PER_CARRIER_MAX);
    drop((carriers, first));

    let engine = EngineIo::new(MountSettings::default(), Quiet);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().route_service("/engine.io/", engine.service());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut streams = Vec::with_capacity(SESSIONS + 1);
    streams.push(open(address));
    settle(&engine, 1).await;
    let region = Region::new(GLOBAL);
    for count in 0..SESSIONS {
        streams.push(open(address));
        settle(&engine, count + 2).await;
    }
    check("in axum", allocated(&region), BYTES_PER_TASK_MAX);
}

fn open(address: std::net::SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "GET {TARGET} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Waits until all sessions are open and have said so.
async fn settle(engine: &EngineIo, count: usize) {
    let settled = async {
        while engine.count() < count {
            tokio::task::yield_now().await;
        }
        for client in engine.clients() {
            client.flushed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled)
        .await
        .unwrap();
}

//! What clients of an application allocate, counted by the allocator: idle ones, and those who
//! went without a word.
//!
//! A binary of its own, because the counting allocator is that of the whole process.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the figures are for whoever asks, and what fails here fails the test"
)]

use std::alloc::System;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use fanfare_socketio::{Handlers, Namespace, SocketIo};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::net::TcpListener;

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CLIENTS: usize = 2_000;

/// Of an idle client on a WebSocket in somebody's axum application, all included: its connection,
/// session, socket, room, and the request that opened it.
const BYTES_PER_CLIENT_MAX: usize = 3 * 1024;

const ABANDONED: usize = 3_000;

/// Tables keep the room that they grew to.
const BYTES_PER_ABANDONED_MAX: usize = 256;

const SOON: Duration = Duration::from_secs(60);

fn allocated(region: &Region<'_, System>) -> usize {
    let change = region.change();
    // What grew is in there already.
    change
        .bytes_allocated
        .saturating_sub(change.bytes_deallocated)
}

fn check(what: &str, bytes: usize, count: usize, bytes_max: usize) {
    let bytes = bytes / count;
    println!("{what}: {bytes} bytes");
    assert!(
        bytes <= bytes_max,
        "{what}: {bytes} bytes, {bytes_max} allowed"
    );
}

/// An application in axum, on threads of its own.
async fn serve(ping_timeout: Duration) -> (SocketIo, Namespace, SocketAddr) {
    let interval = Duration::from_secs(1);
    let (layer, io) = SocketIo::builder().ping(interval, ping_timeout).build();
    let handlers = Handlers::new().on("x", async || ());
    let main = io.of("/", handlers).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().layer(layer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (io, main, address)
}

async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, waiting).await.unwrap();
}

/// Enters the main namespace on a WebSocket.
fn enter(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
         Origin: http://localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    // The text `40`, masked with zeros.
    stream.write_all(b"\x81\x82\0\0\0\x0040").unwrap();
    stream
}

/// A request on a connection that is kept; returns the body of its answer.
fn ask(connection: &mut BufReader<TcpStream>, line: &str, body: &str) -> String {
    let length = body.len();
    let request = format!("{line} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}");
    connection.get_mut().write_all(request.as_bytes()).unwrap();
    let mut answered = 0;
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).unwrap();
        let line = line.trim_end().to_lowercase();
        if let Some(length) = line.strip_prefix("content-length: ") {
            answered = length.parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; answered];
    connection.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

/// Opens sessions over polling, enters the main namespace, and thinks no more of them.
fn abandon(address: SocketAddr, count: usize) {
    const TARGET: &str = "/socket.io/?EIO=4&transport=polling";
    let mut connection = BufReader::new(TcpStream::connect(address).unwrap());
    for _ in 0..count {
        let open = ask(&mut connection, &format!("GET {TARGET}"), "");
        let (_, rest) = open.split_once("\"sid\":\"").unwrap();
        let line = format!("POST {TARGET}&sid={}", &rest[..20]);
        assert_eq!(ask(&mut connection, &line, "40"), "ok");
    }
}

/// One test, for another beside it would be counted as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_are_small_and_leave_nothing_behind() {
    idle_clients().await;
    abandoned_clients().await;
}

async fn idle_clients() {
    let (_io, main, address) = serve(SOON).await;
    let mut streams = Vec::with_capacity(CLIENTS + 1);
    streams.push(enter(address));
    until(|| main.count() == 1).await;
    let region = Region::new(GLOBAL);
    for count in 0..CLIENTS {
        streams.push(enter(address));
        // The listener's queue is short.
        if count % 50 == 49 {
            until(|| main.count() == count + 2).await;
        }
    }
    for socket in main.sockets() {
        socket.flushed().await.unwrap();
    }
    let bytes = allocated(&region);
    check("idle", bytes, CLIENTS, BYTES_PER_CLIENT_MAX);
    drop(streams);
    until(|| main.count() == 0).await;
}

async fn abandoned_clients() {
    let (io, main, address) = serve(Duration::from_secs(1)).await;
    abandon(address, 1);
    until(|| io.engine().count() == 0).await;
    let region = Region::new(GLOBAL);
    abandon(address, ABANDONED);
    println!(
        "abandoned: {} bytes at first",
        allocated(&region) / ABANDONED
    );
    until(|| io.engine().count() == 0 && main.count() == 0).await;
    let bytes = allocated(&region);
    check("abandoned", bytes, ABANDONED, BYTES_PER_ABANDONED_MAX);
}

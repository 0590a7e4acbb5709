//! The Engine.IO part of the conformance contract as an application: `/engine.io/` and `/eio3/`
//! send every message back.
//!
//! With `PORT` in the environment it serves there until it is stopped, for the clients and suites of
//! others. Without, it serves a moment for itself, so that it cannot rot.

use std::net::SocketAddr;
use std::time::Duration;

use fanfare_socketio::engine::{
    Application, Client, CloseReason, Conversation, Cors, EngineIo, MountSettings, Origins, Parcel,
    Received, Revision, Settings,
};
use http::request::Parts;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

struct Echo;

impl Application for Echo {
    fn open(&self, _client: &Client, _request: &Parts) -> Box<dyn Conversation> {
        Box::new(Self)
    }
}

impl Conversation for Echo {
    fn message(&mut self, message: Received, client: &Client) {
        client.send(&match message {
            Received::Binary(bytes) => Parcel::binary(bytes),
            Received::Text(text) => Parcel::text(&text),
        });
    }

    fn closed(&mut self, _reason: CloseReason, _client: &Client) {}
}

fn mount(path: &str, revisions: &'static [Revision]) -> EngineIo {
    let settings = MountSettings {
        path: path.to_owned(),
        revisions,
        engine: Settings {
            ping_interval: Duration::from_millis(300),
            ping_timeout: Duration::from_millis(200),
            ..Settings::default()
        },
        cors: Some(Cors {
            origins: Origins::Any,
            credentials: false,
            guards_sockets: false,
        }),
        ..MountSettings::default()
    };
    EngineIo::new(settings, Echo)
}

async fn serve(listener: TcpListener) {
    let engine_io = mount("/engine.io/", &[Revision::V4]);
    let eio3 = mount("/eio3/", &[Revision::V3, Revision::V4]);
    let service = TowerToHyperService::new(engine_io.layered(eio3.service()));
    while let Ok((stream, _)) = listener.accept().await {
        let connection = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service.clone())
            .with_upgrades();
        // A connection that breaks is the client's affair.
        tokio::spawn(async move { connection.await.ok() });
    }
}

async fn check(address: SocketAddr, target: &str, expected: &str) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert!(response.contains(expected), "{target}: {response}");
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let port = std::env::var("PORT").ok();
    let number = port.as_deref().map_or(0, |it| it.parse().expect("a port"));
    let listener = TcpListener::bind(("127.0.0.1", number)).await.unwrap();
    if port.is_some() {
        return serve(listener).await;
    }
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener));
    check(address, "/engine.io/?EIO=4&transport=polling", "\r\n\r\n0{").await;
    check(address, "/engine.io/?transport=polling", "{\"code\":5,").await;
    check(address, "/eio3/?transport=polling", "\r\n\r\n114:0{").await;
    check(address, "/else/?transport=polling", "404 Not Found").await;
}

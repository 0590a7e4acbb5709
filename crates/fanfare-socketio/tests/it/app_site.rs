//! An application with Socket.IO in it, and a client that writes packets.

use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::time::Duration;

use fanfare_socketio::{Builder, Handlers, Namespace, SocketIo};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::client::soon;
use crate::websocket::WebSocket;

/// What a channel of the tests holds: more than any of them says.
const NOTES: usize = 10_000;

/// Long enough for whatever is answered, in tests that are not about it.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A server and how to reach it.
pub(crate) struct App {
    pub(crate) io: SocketIo,
    /// The main namespace.
    pub(crate) main: Namespace,
    pub(crate) address: SocketAddr,
}

/// What handlers tell the test.
#[derive(Clone)]
pub(crate) struct Notes(mpsc::Sender<String>);

pub(crate) struct Heard(mpsc::Receiver<String>);

pub(crate) fn notes() -> (Notes, Heard) {
    let (sender, receiver) = mpsc::channel(NOTES);
    (Notes(sender), Heard(receiver))
}

impl Notes {
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.0.try_send(text.into()).expect("room for it");
    }

    /// The same, as all that a handler does.
    pub(crate) fn noted(&self, text: impl Into<String>) -> Ready<()> {
        self.note(text);
        ready(())
    }
}

impl Heard {
    /// The next note.
    pub(crate) async fn next(&mut self) -> String {
        soon(self.0.recv()).await.expect("a note")
    }

    /// Whether everything noted so far has been looked at.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl App {
    /// An application with one namespace.
    pub(crate) async fn serve(handlers: Handlers) -> Self {
        Self::serve_with(SocketIo::builder(), handlers).await
    }

    pub(crate) async fn serve_with(builder: Builder, handlers: Handlers) -> Self {
        let (_layer, io) = builder.build();
        let main = io.of("/", handlers).unwrap();
        let address = Self::listen(&io).await;
        Self { io, main, address }
    }

    /// Serves another one; returns where.
    pub(crate) async fn listen(io: &SocketIo) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = TowerToHyperService::new(io.service());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service.clone())
                    .with_upgrades();
                // Connections that break are what some tests are about.
                tokio::spawn(async move { connection.await.ok() });
            }
        });
        address
    }

    /// A session without a namespace.
    pub(crate) async fn open(&self) -> WebSocket {
        let target = "/socket.io/?EIO=4&transport=websocket";
        let mut socket = WebSocket::open(self.address, target).await;
        assert!(socket.text().await.starts_with("0{"));
        socket
    }

    /// A client in the main namespace, and what it was told.
    pub(crate) async fn enter(&self) -> (WebSocket, Welcome) {
        self.enter_with("").await
    }

    /// With credentials.
    pub(crate) async fn enter_with(&self, auth: &str) -> (WebSocket, Welcome) {
        let mut socket = self.open().await;
        socket.send(&format!("40{auth}")).await;
        let welcome = Welcome::read(&socket.text().await);
        (socket, welcome)
    }
}

/// Waits until something is so, where nothing tells when. What other tasks do is let happen.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    soon(async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// What a client is told that is in.
#[derive(Debug)]
pub(crate) struct Welcome {
    pub(crate) id: String,
    /// Empty without recovery.
    pub(crate) pid: String,
}

impl Welcome {
    pub(crate) fn read(packet: &str) -> Self {
        let json = packet.strip_prefix("40").expect("a welcome");
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let text = |key| value[key].as_str().unwrap_or_default().to_owned();
        Self {
            id: text("sid"),
            pid: text("pid"),
        }
    }
}

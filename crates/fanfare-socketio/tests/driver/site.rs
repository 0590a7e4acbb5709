//! A mount below hyper on a loopback socket.

use std::net::SocketAddr;
use std::time::Duration;

use fanfare_socketio::engine::{
    Application, Cookie, Cors, EngineIo, MountSettings, Origins, Revision, Settings,
};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::applications::{Echo, Ends};
use crate::client::{Connection, Reply};
use crate::websocket::WebSocket;

/// A server and how to reach it.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) engine: EngineIo,
}

/// `/engine.io/` of the contract.
pub(crate) fn engine_io() -> MountSettings {
    MountSettings {
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
    }
}

/// `/eio3/` of the contract.
pub(crate) fn eio3() -> MountSettings {
    MountSettings {
        path: "/eio3/".to_owned(),
        revisions: &[Revision::V3, Revision::V4],
        ..engine_io()
    }
}

/// `/sio/` of the contract, as far as it is Engine.IO.
pub(crate) fn sio() -> MountSettings {
    MountSettings {
        path: "/sio/".to_owned(),
        cors: Some(Cors {
            origins: Origins::Mirror,
            credentials: true,
            guards_sockets: false,
        }),
        cookie: Some(Cookie::default()),
        ..patient()
    }
}

/// No heartbeat comes in between.
pub(crate) fn patient() -> MountSettings {
    MountSettings {
        engine: Settings::default(),
        ..engine_io()
    }
}

impl Site {
    /// A site that echoes.
    pub(crate) async fn echo(settings: MountSettings) -> (Self, Ends) {
        let (echo, ends) = Echo::new();
        (Self::serve(settings, echo).await, ends)
    }

    pub(crate) async fn serve(settings: MountSettings, application: impl Application) -> Self {
        Self::at(EngineIo::new(settings, application)).await
    }

    pub(crate) async fn at(engine: EngineIo) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = TowerToHyperService::new(engine.service());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service.clone())
                    .with_upgrades();
                // Connections that break are what some tests are about.
                tokio::spawn(async move { connection.await.ok() });
            }
        });
        Self { address, engine }
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(self.address).await
    }

    /// A request on a connection of its own.
    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.connect().await.get(target).await
    }

    pub(crate) async fn post(&self, target: &str, body: &str) -> Reply {
        self.connect().await.post(target, body).await
    }

    /// Opens a session on polling; returns the target of its requests.
    pub(crate) async fn open(&self) -> String {
        self.open_at("/engine.io/?EIO=4&transport=polling").await
    }

    pub(crate) async fn open_at(&self, target: &str) -> String {
        let reply = self.get(target).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        format!("{target}&sid={}", sid(&reply.text()))
    }

    pub(crate) async fn websocket(&self, target: &str) -> WebSocket {
        WebSocket::open(self.address, target).await
    }

    /// A session on a WebSocket, past its open packet.
    pub(crate) async fn socket(&self) -> WebSocket {
        let mut socket = self
            .websocket("/engine.io/?EIO=4&transport=websocket")
            .await;
        assert!(socket.text().await.starts_with("0{"));
        socket
    }

    /// Waits until no session is left.
    pub(crate) async fn is_empty(&self) {
        while self.engine.count() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// The target of a WebSocket for the session of a polling target.
pub(crate) fn upgrade_of(target: &str) -> String {
    target.replace("polling", "websocket")
}

/// The id in an open packet.
pub(crate) fn sid(open: &str) -> String {
    let (_, rest) = open.split_once("\"sid\":\"").expect("an open packet");
    rest.chars().take_while(|&it| it != '"').collect()
}

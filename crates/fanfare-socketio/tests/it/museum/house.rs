//! A museum that is open to visitors.

use fanfare_socketio::museum::{
    App, DisconnectReason, Museum, MuseumService, MuseumSettings, Transport,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service as _;

use super::app::Echo;
use super::peer::Peer;

/// A museum with the application of the contract.
pub(super) struct House {
    service: MuseumService,
    pub(super) museum: Museum,
    pub(super) app: Echo,
    listener: Option<TcpListener>,
}

impl House {
    /// Reached through memory, so that time can be moved by hand: connections are there at once,
    /// and while everybody waits the clock jumps to what comes next.
    pub(super) fn in_memory(settings: MuseumSettings) -> Self {
        let app = Echo::default();
        let (service, museum) = Museum::new(settings, app.clone());
        Self {
            service,
            museum,
            app,
            listener: None,
        }
    }

    /// Reached through TCP.
    pub(super) async fn on_a_port(settings: MuseumSettings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            listener: Some(listener),
            ..Self::in_memory(settings)
        }
    }

    /// A new connection.
    pub(super) async fn peer(&self) -> Peer {
        let Some(listener) = &self.listener else {
            // Small, so that a slow reader is noticed.
            let (ours, theirs): (_, DuplexStream) = tokio::io::duplex(1024);
            serve(self.service.clone(), theirs);
            return Peer::new(ours);
        };
        let address = listener.local_addr().unwrap();
        let (ours, theirs) = tokio::join!(TcpStream::connect(address), listener.accept());
        serve(self.service.clone(), theirs.unwrap().0);
        Peer::new(ours.unwrap())
    }

    /// Opens a session over a transport with polls; returns its path.
    pub(super) async fn open(&self, transport: Transport) -> String {
        let id = self.peer().await.open(transport).await;
        format!("/sio06/{transport}/{id}")
    }

    /// Sends frames to a session.
    pub(super) async fn post(&self, path: &str, frames: &str) {
        let answer = self
            .peer()
            .await
            .post(&format!("{path}/send"), frames)
            .await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.body, "ok");
    }

    /// Polls once.
    pub(super) async fn poll(&self, path: &str) -> String {
        let answer = self
            .peer()
            .await
            .get(&format!("{path}/1321000000000"))
            .await;
        assert_eq!(answer.status(), 200);
        answer.body
    }

    /// How the sessions that are over have ended.
    #[track_caller]
    pub(super) fn ended(&self, expected: &[DisconnectReason]) {
        assert_eq!(&*self.app.log.lock().unwrap(), expected);
    }
}

/// Serves one connection until it ends.
pub(super) fn serve(
    service: MuseumService,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
) {
    let service = service_fn(move |request| service.clone().call(request));
    let serving = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // Peers hang up in every way there is.
    tokio::spawn(async { serving.await.ok() });
}

/// A museum of another application.
pub(super) fn museum(app: impl App) -> (MuseumService, Museum) {
    Museum::new(super::contract(), app)
}

//! A place in the URL space where sessions live.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Response};

use super::alarms::Alarms;
use super::application::Application;
use super::carrier::WebSocketCarrier;
use super::client::Client;
use super::cookie::Cookie;
use super::cors::Cors;
use super::judge::Served;
use super::query::Transport;
use super::registry::Registry;
use super::revision::Revision;
use super::service::EngineService;
use super::session::{CloseReason, Settings};
use crate::limits;
use crate::over::Over;

/// How a mount behaves. The default is the reference's, but for the path.
#[derive(Clone, Debug)]
pub struct MountSettings {
    /// Where it is: a path that begins and ends with a slash. What is below is the mount's too.
    pub path: String,
    /// What sessions go by.
    pub engine: Settings,
    /// The revisions that are served.
    pub revisions: &'static [Revision],
    /// The transports that are served.
    pub transports: &'static [Transport],
    /// What pages of other origins may do. None: answers do not speak of it.
    pub cors: Option<Cors>,
    /// The cookie that the answer to a handshake sets.
    pub cookie: Option<Cookie>,
    /// Bytes of a WebSocket message from which on it is deflated for clients that offer it. None:
    /// never, and incoming messages are not either. A [`Parcel`](super::Parcel) that is sent
    /// through several mounts is deflated as the first of them wants it.
    pub deflate: Option<usize>,
    /// Bytes of a poll's answer from which on it is compressed for clients that accept it. None:
    /// never.
    pub compression: Option<usize>,
    /// See [`limits::SESSIONS_MAX`].
    pub sessions_max: usize,
    /// Files that lie below the path. None: everything there is a request of Engine.IO.
    pub files: Option<Files>,
    /// Time between the head of a WebSocket's response and the open packet. None by default; a few
    /// milliseconds are for clients that begin to listen when they hear of the head, and miss a
    /// packet in the same segment.
    pub open_delay: Duration,
}

/// Answers a request for a file, by its method, what follows the path of the mount, and its fields;
/// `None` for what is no file. It must not block.
pub type Files = fn(&Method, &str, &HeaderMap) -> Option<Response<Bytes>>;

impl Default for MountSettings {
    fn default() -> Self {
        Self {
            path: "/engine.io/".to_owned(),
            engine: Settings::default(),
            revisions: &[Revision::V4],
            transports: &[Transport::Polling, Transport::WebSocket],
            cors: None,
            cookie: None,
            deflate: None,
            compression: Some(limits::COMPRESSION_BYTES_MIN),
            sessions_max: limits::SESSIONS_MAX,
            files: None,
            open_delay: Duration::ZERO,
        }
    }
}

/// What becomes of a WebSocket handshake.
#[derive(Debug)]
pub enum Socket {
    /// Write this head, then move the bytes of the connection.
    Accepted(Response<()>, WebSocketCarrier),
    /// Write this.
    Refused(Response<Bytes>),
}

/// Engine.IO at one place: its sessions and what they are for. Cloning makes another handle of the
/// same.
///
/// Deadlines are kept, and applications told of what other sessions did, by a task in the tokio
/// runtime in which it was created, or first used. It needs one.
#[derive(Clone, Debug)]
pub struct EngineIo(Arc<Mount>);

/// What all handles share. It lives as long as one of its sessions.
pub(super) struct Mount {
    settings: MountSettings,
    /// The same as in the settings, shared by all sessions.
    engine: Arc<Settings>,
    application: Box<dyn Application>,
    registry: Registry,
    alarms: Alarms,
    /// No session opens any more.
    is_closed: AtomicBool,
}

impl EngineIo {
    /// Creates a mount without sessions.
    ///
    /// # Panics
    /// If the path does not begin and end with a slash.
    pub fn new(settings: MountSettings, application: impl Application) -> Self {
        let path = &settings.path;
        assert!(
            path.starts_with('/') && path.ends_with('/'),
            "the path of a mount begins and ends with a slash, not so {path:?}",
        );
        let mut engine = settings.engine.clone();
        if !settings.transports.contains(&Transport::WebSocket) {
            // Clients are not to be sent where nobody serves them.
            engine.upgrades = &[];
        }
        let alarms = Alarms::default();
        alarms.settle_here();
        Self(Arc::new(Mount {
            engine: Arc::new(engine),
            registry: Registry::new(settings.sessions_max),
            application: Box::new(application),
            settings,
            alarms,
            is_closed: AtomicBool::new(false),
        }))
    }

    /// The mount as a service, which answers 404 outside of its path.
    ///
    /// In axum: `Router::new().route_service("/engine.io/", engine.service())`.
    pub fn service(&self) -> EngineService {
        EngineService::new(self.clone())
    }

    /// The mount in front of another service, which gets what is outside of its path.
    ///
    /// `engine.over(router)` serves as a whole application of axum; [`EngineIo::layer`] is the
    /// same for `Router::layer`.
    pub fn over<S>(&self, inner: S) -> Over<EngineService, S> {
        Over::new(self.service(), inner)
    }

    /// True if a URL's path is the mount's.
    pub fn contains(&self, path: &str) -> bool {
        path.starts_with(&self.0.settings.path)
    }

    /// The sessions there are now, in no order.
    pub fn clients(&self) -> Vec<Client> {
        self.0.registry.clients()
    }

    /// How many sessions there are.
    pub fn count(&self) -> usize {
        self.0.registry.count()
    }

    /// Closes all sessions because the server goes away, and opens no new ones: handshakes are
    /// answered with 503, after which clients try again elsewhere or later.
    pub fn close(&self) {
        self.0.is_closed.store(true, Ordering::Relaxed);
        for client in self.clients() {
            client.close(CloseReason::ServerShuttingDown);
        }
    }

    /// Answers a WebSocket handshake: the head of the response, and what the connection is from
    /// then on.
    ///
    /// Does not look whether the path is the mount's, see [`EngineIo::contains`].
    pub fn accept(&self, request: &Parts) -> Socket {
        super::reception::accept(&self.0, request)
    }

    pub(super) fn mount(&self) -> &Arc<Mount> {
        &self.0
    }
}

impl Mount {
    pub(super) fn settings(&self) -> &MountSettings {
        &self.settings
    }

    pub(super) fn engine(&self) -> Arc<Settings> {
        Arc::clone(&self.engine)
    }

    pub(super) fn served(&self) -> Served<'static> {
        Served {
            transports: self.settings.transports,
            revisions: self.settings.revisions,
        }
    }

    /// The answer to a request for a file.
    pub(super) fn file(&self, request: &Parts) -> Option<Response<Bytes>> {
        let name = request.uri.path().strip_prefix(&*self.settings.path)?;
        self.settings.files?(&request.method, name, &request.headers)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    pub(super) fn application(&self) -> &dyn Application {
        &*self.application
    }

    pub(super) fn alarms(&self) -> &Alarms {
        &self.alarms
    }

    pub(super) fn find(&self, sid: &str) -> Option<Client> {
        self.registry.find(sid)
    }

    /// False if there are too many sessions.
    pub(super) fn admit(&self, client: Client) -> bool {
        self.registry.insert(client)
    }

    /// A session is over.
    pub(super) fn forget(&self, client: &Client) {
        self.registry.remove(client);
    }
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mount")
            .field("settings", &self.settings)
            .field("sessions", &self.registry.count())
            .finish_non_exhaustive()
    }
}

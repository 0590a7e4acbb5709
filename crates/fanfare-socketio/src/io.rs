//! A Socket.IO server: its namespaces, and the settings of its mount.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use http::request::Parts;
use tokio::runtime::Handle;

use crate::engine::{
    Application, Client, Conversation, Cookie, Cors, EngineIo, EngineLayer, EngineService, Files,
    MountSettings, Refusal, Revision,
};
use crate::handlers::Handlers;
use crate::handshake::Handshake;
use crate::json::Json;
use crate::limits;
use crate::lock::lock;
use crate::log::Recovery;
use crate::logs::Logs;
use crate::name::{NameError, NamespaceName};
use crate::namespace::{Namespace, WeakNamespace};
use crate::parser::Parser;
use crate::peer::Connection;

/// The files that are served unless the application does not want that.
#[cfg(feature = "bundles")]
const CLIENT: Option<Files> = Some(crate::bundle::answer);
#[cfg(not(feature = "bundles"))]
const CLIENT: Option<Files> = None;

/// A Socket.IO server inside an application. Cloning makes another handle of the same.
#[derive(Clone, Debug)]
pub struct SocketIo {
    shared: Arc<Shared>,
    engine: EngineIo,
}

/// What all connections of a server share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) state: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    namespaces: Mutex<Namespaces>,
    admit: Option<Admit>,
    pub(crate) mark: Option<Mark>,
    logs: Option<Logs>,
    /// Where handlers run that wait. Known with the first session.
    runtime: OnceLock<Handle>,
    numbers: AtomicU64,
    /// Handshakes that say nothing: those of most clients of a mount that forgets requests.
    plain: Mutex<Vec<Arc<Handshake>>>,
}

/// Dynamic namespaces of which some may be gone without anybody looking for them.
const DYNAMIC_MIN: usize = 16;

/// Different handshakes that are shared; more kinds of them are not.
const PLAIN_HANDSHAKES_MAX: usize = 16;

type Admit = Box<dyn Fn(&Parts) -> Result<(), Refusal> + Send + Sync>;
type Mark = Box<dyn Fn(&Parts) -> u32 + Send + Sync>;
type Matches = dyn Fn(&str, &Json<'_>) -> bool + Send + Sync;

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) parser: Parser,
    pub(crate) connect_timeout: Duration,
    pub(crate) attachments_max: usize,
    pub(crate) keeps_requests: bool,
}

#[derive(Default)]
struct Namespaces {
    /// Made by the application; they stay.
    fixed: HashMap<NamespaceName, Namespace>,
    /// Made because a client asked for them; they are there as long as somebody has a handle, which
    /// every socket has.
    dynamic: HashMap<NamespaceName, WeakNamespace>,
    /// How many `dynamic` may be before those that are no more are looked for.
    dynamic_max: usize,
    patterns: Vec<Pattern>,
}

/// Which namespaces are made when a client asks for them.
#[derive(Clone)]
struct Pattern {
    matches: Arc<Matches>,
    handlers: Arc<Handlers>,
}

/// Settings of a [`SocketIo`]. The defaults are the reference's.
pub struct Builder {
    mount: MountSettings,
    settings: Settings,
    state: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    admit: Option<Admit>,
    mark: Option<Mark>,
    recovery: Option<Recovery>,
}

impl SocketIo {
    /// A server with the default settings at `/socket.io/`, and the layer that puts it into an
    /// application: requests elsewhere go on to the application.
    pub fn new() -> (EngineLayer, Self) {
        Self::builder().build()
    }

    /// Settings first.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Makes a namespace, with what it does. If there is one of this name already, it gets new
    /// clients no more.
    ///
    /// # Errors
    /// [`NameError`] if that is no name of a namespace.
    pub fn of(&self, name: &str, handlers: Handlers) -> Result<Namespace, NameError> {
        let name = NamespaceName::parse(name)?;
        let namespace = self.shared.new_namespace(name.clone(), Arc::new(handlers));
        let mut namespaces = lock(&self.shared.namespaces);
        namespaces.fixed.insert(name, namespace.clone());
        Ok(namespace)
    }

    /// Makes namespaces as clients ask for them: every name that `matches` (together with the
    /// client's credentials), with what they all do. They are there as long as somebody has a
    /// handle: clients that are in it, or the application.
    ///
    /// Of several, the first that matches counts. It must not block.
    pub fn dynamic(
        &self,
        matches: impl Fn(&str, &Json<'_>) -> bool + Send + Sync + 'static,
        handlers: Handlers,
    ) {
        lock(&self.shared.namespaces).patterns.push(Pattern {
            matches: Arc::new(matches),
            handlers: Arc::new(handlers),
        });
    }

    /// The namespace of this name, if there is one now.
    pub fn namespace(&self, name: &str) -> Option<Namespace> {
        let name = NamespaceName::parse(name).ok()?;
        lock(&self.shared.namespaces).get(&name)
    }

    /// The sessions under it.
    pub fn engine(&self) -> &EngineIo {
        &self.engine
    }

    /// A service that answers what is under its mount, and 404 elsewhere.
    pub fn service(&self) -> EngineService {
        self.engine.service()
    }

    /// Closes all sessions, because the server goes away: clients come back by themselves.
    pub fn close(&self) {
        self.engine.close();
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            mount: MountSettings {
                path: "/socket.io/".to_owned(),
                files: CLIENT,
                ..MountSettings::default()
            },
            settings: Settings {
                parser: Parser::default(),
                connect_timeout: limits::CONNECT_TIMEOUT,
                attachments_max: limits::ATTACHMENTS_MAX,
                keeps_requests: true,
            },
            state: HashMap::new(),
            admit: None,
            mark: None,
            recovery: None,
        }
    }
}

impl Builder {
    /// Where it is: a path with a slash at both ends.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.mount.path);
        self
    }

    /// Serves clients 1.x and 2.x as well (Engine.IO 3); the reference's `allowEIO3`.
    #[must_use]
    pub fn allow_eio3(self) -> Self {
        self.allow(Revision::V3)
    }

    /// Serves clients 0.7 to 0.9 as well (Socket.IO 1, before there was an Engine.IO): with the
    /// same handlers, namespaces, rooms and acknowledgements. Not with [`Parser::Msgpack`], which
    /// came later.
    ///
    /// They have no bytes: where an event has some, they get base64.
    #[must_use]
    pub fn allow_protocol1(self) -> Self {
        self.allow(Revision::V1)
    }

    fn allow(mut self, revision: Revision) -> Self {
        let serves = |it| it == revision || self.mount.revisions.contains(&it);
        self.mount.revisions = revisions(serves(Revision::V3), serves(Revision::V1));
        self
    }

    /// See [`limits::PING_INTERVAL`] and [`limits::PING_TIMEOUT`].
    #[must_use]
    pub fn ping(mut self, interval: Duration, timeout: Duration) -> Self {
        self.mount.engine.ping_interval = interval;
        self.mount.engine.ping_timeout = timeout;
        self
    }

    /// See [`limits::CONNECT_TIMEOUT`].
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// See [`limits::PAYLOAD_BYTES_MAX`].
    #[must_use]
    pub fn payload_bytes_max(mut self, bytes: usize) -> Self {
        self.mount.engine.payload_bytes_max = bytes;
        self
    }

    /// See [`limits::ATTACHMENTS_MAX`].
    #[must_use]
    pub fn attachments_max(mut self, attachments: usize) -> Self {
        self.settings.attachments_max = attachments;
        self
    }

    /// Lets pages of other origins in.
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.mount.cors = Some(cors);
        self
    }

    /// Sets a cookie with the id of the session when one opens, for load balancers.
    #[must_use]
    pub fn cookie(mut self, cookie: Cookie) -> Self {
        self.mount.cookie = Some(cookie);
        self
    }

    /// Deflates WebSocket messages from this many bytes on, for clients that offer it. Off by
    /// default, as in the reference.
    #[must_use]
    pub fn deflate(mut self, from_bytes: usize) -> Self {
        self.mount.deflate = Some(from_bytes);
        self
    }

    /// Whether the [browser client](crate::bundle) is served below the mount: on by default, as in
    /// the reference.
    #[cfg(feature = "bundles")]
    #[must_use]
    pub fn serve_client(mut self, serves: bool) -> Self {
        self.mount.files = CLIENT.filter(|_| serves);
        self
    }

    /// Everything else about the mount.
    #[must_use]
    pub fn mount(mut self, change: impl FnOnce(&mut MountSettings)) -> Self {
        change(&mut self.mount);
        self
    }

    /// Decides whether a handshake may open a session; the reference's `allowRequest`. It must not
    /// block.
    #[must_use]
    pub fn admit(
        mut self,
        admit: impl Fn(&Parts) -> Result<(), Refusal> + Send + Sync + 'static,
    ) -> Self {
        self.admit = Some(Box::new(admit));
        self
    }

    /// How packets are written.
    #[must_use]
    pub fn parser(mut self, parser: Parser) -> Self {
        self.settings.parser = parser;
        self
    }

    /// Gives clients that come back after a break what they missed. Off by default, as in the
    /// reference: every event of a namespace is kept for a while then, and has its offset as one
    /// more argument.
    #[must_use]
    pub fn recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = Some(recovery);
        self
    }

    /// State that handlers can ask for, see [`State`](crate::State). One value of each type.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(self, state: T) -> Self {
        self.state_shared(Arc::new(state))
    }

    /// The same of what others share already.
    #[must_use]
    pub fn state_shared<T: Send + Sync + 'static>(mut self, state: Arc<T>) -> Self {
        self.state.insert(TypeId::of::<T>(), state);
        self
    }

    /// Keeps a number that is made of the request which opens a session: what handlers need to know
    /// of it where [requests are forgotten](Builder::forget_requests).
    #[must_use]
    pub fn mark(mut self, mark: impl Fn(&Parts) -> u32 + Send + Sync + 'static) -> Self {
        self.mark = Some(Box::new(mark));
        self
    }

    /// Does not keep the requests that open sessions: about a kilobyte less for each.
    #[must_use]
    pub fn forget_requests(mut self) -> Self {
        self.settings.keeps_requests = false;
        self
    }

    /// Makes it.
    pub fn build(mut self) -> (EngineLayer, SocketIo) {
        if self.settings.parser != Parser::Json && self.mount.revisions.contains(&Revision::V1) {
            // Whatever it said, no client of that time would understand.
            let has_v3 = self.mount.revisions.contains(&Revision::V3);
            self.mount.revisions = revisions(has_v3, false);
        }
        let path = &self.mount.path;
        let logs = self.recovery.map(|recovery| Logs::new(recovery, path));
        let shared = Arc::new(Shared {
            settings: self.settings,
            state: self.state,
            namespaces: Mutex::default(),
            admit: self.admit,
            mark: self.mark,
            logs,
            runtime: OnceLock::new(),
            numbers: AtomicU64::new(0),
            plain: Mutex::default(),
        });
        let engine = EngineIo::new(self.mount, App(Arc::clone(&shared)));
        (engine.layer(), SocketIo { shared, engine })
    }
}

/// Today's clients, and older ones if they are wanted.
fn revisions(has_v3: bool, has_v1: bool) -> &'static [Revision] {
    match (has_v3, has_v1) {
        (true, true) => &[Revision::V4, Revision::V3, Revision::V1],
        (true, false) => &[Revision::V4, Revision::V3],
        (false, true) => &[Revision::V4, Revision::V1],
        (false, false) => &[Revision::V4],
    }
}

impl Shared {
    /// Where what waits goes on.
    pub(crate) fn runtime(&self) -> Handle {
        Handle::try_current()
            .ok()
            .or_else(|| self.runtime.get().cloned())
            .expect("sessions open in a runtime")
    }

    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Puts a handshake where sockets share it.
    pub(crate) fn handshake(&self, handshake: Handshake) -> Arc<Handshake> {
        if handshake.request.is_some() || handshake.auth != Json::empty_object() {
            return Arc::new(handshake);
        }
        let mut plain = lock(&self.plain);
        if let Some(same) = plain.iter().find(|other| other.mark == handshake.mark) {
            return Arc::clone(same);
        }
        let handshake = Arc::new(handshake);
        if plain.len() < PLAIN_HANDSHAKES_MAX {
            plain.push(Arc::clone(&handshake));
        }
        handshake
    }

    /// The namespace that a client asks for.
    pub(crate) fn namespace(&self, name: &NamespaceName, auth: &Json<'_>) -> Option<Namespace> {
        let patterns = {
            let namespaces = lock(&self.namespaces);
            if let Some(namespace) = namespaces.get(name) {
                return Some(namespace);
            }
            namespaces.patterns.clone()
        };
        // Unlocked: it is the application's, and may ask for namespaces itself.
        let mut patterns = patterns.into_iter();
        let Pattern { handlers, .. } = patterns.find(|it| (it.matches)(name.as_str(), auth))?;
        let mut namespaces = lock(&self.namespaces);
        // Another client may have been faster.
        let namespace = namespaces.get(name);
        Some(namespace.unwrap_or_else(|| {
            let namespace = self.new_namespace(name.clone(), handlers);
            namespaces.remember(&namespace);
            namespace
        }))
    }

    fn new_namespace(&self, name: NamespaceName, handlers: Arc<Handlers>) -> Namespace {
        let log = self.logs.as_ref().and_then(|logs| logs.of(&name));
        Namespace::new(name, handlers, self.settings.parser, log)
    }
}

impl Namespaces {
    fn get(&self, name: &NamespaceName) -> Option<Namespace> {
        let fixed = self.fixed.get(name).cloned();
        fixed.or_else(|| self.dynamic.get(name)?.upgrade())
    }

    /// Remembers a dynamic one, as long as it is there.
    fn remember(&mut self, namespace: &Namespace) {
        if self.dynamic.len() >= self.dynamic_max {
            self.dynamic.retain(|_, other| other.is_there());
            // So each is looked at about once.
            self.dynamic_max = 2 * self.dynamic.len() + DYNAMIC_MIN;
        }
        let name = namespace.name().clone();
        self.dynamic.insert(name, namespace.downgrade());
    }
}

/// Socket.IO as an application of Engine.IO.
struct App(Arc<Shared>);

impl Application for App {
    fn admit(&self, request: &Parts) -> Result<(), Refusal> {
        self.0.admit.as_ref().map_or(Ok(()), |admit| admit(request))
    }

    fn open(&self, client: &Client, request: &Parts) -> Box<dyn Conversation> {
        if self.0.runtime.get().is_none() {
            let runtime = Handle::current();
            if self.0.runtime.set(runtime.clone()).is_ok()
                && let Some(logs) = &self.0.logs
            {
                logs.collect(&runtime, &self.0);
            }
        }
        Box::new(Connection::new(client, Arc::clone(&self.0), request))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared({:?})", self.settings)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Builder({:?})", self.mount)
    }
}

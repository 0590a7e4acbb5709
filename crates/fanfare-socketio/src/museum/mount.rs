//! All sessions of an application.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::app::App;
use super::conn::{Conn, Slot};
use super::id;
use super::message::Message;
use super::service::MuseumService;
use super::session::{SendError, Session};
use super::settings::MuseumSettings;
use super::target;
use super::transport::Transport;
use super::watch;

/// All sessions of an application. Cheap to clone; all clones are the same museum.
#[derive(Clone)]
pub struct Museum(Arc<Shared>);

struct Shared {
    settings: Arc<MuseumSettings>,
    app: Box<dyn App>,
    sessions: Mutex<HashMap<Box<str>, Arc<Slot>>>,
}

/// Why no session is opened. The client may try again later.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error("as many sessions are open as may be")]
    Full,
    #[error("the system has no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

impl Museum {
    /// A museum, and the service through which clients reach it. The service needs a tokio runtime
    /// with timers to be called in.
    pub fn new(settings: MuseumSettings, app: impl App) -> (MuseumService, Self) {
        let museum = Self(Arc::new(Shared {
            settings: Arc::new(settings),
            app: Box::new(app),
            sessions: Mutex::default(),
        }));
        (MuseumService::new(museum.clone()), museum)
    }

    /// True if a request with this path is for the museum: below its resource, with one of its
    /// transports as the first segment. Today's clients have none there, so both ages may share a
    /// resource.
    pub fn claims(&self, path: &str) -> bool {
        target::is_claimed(self.settings(), path)
    }

    /// The sessions that are open now, in no order.
    pub fn conns(&self) -> Vec<Conn> {
        let slots: Vec<_> = self.sessions().values().map(Arc::clone).collect();
        slots.into_iter().map(|slot| self.conn(slot)).collect()
    }

    /// How many sessions are open.
    pub fn len(&self) -> usize {
        self.sessions().len()
    }

    /// True if no session is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The session with this id.
    pub fn get(&self, id: &str) -> Option<Conn> {
        let slot = self.sessions().get(id).map(Arc::clone)?;
        Some(self.conn(slot))
    }

    /// Sends a message to all sessions. It is encoded once. Returns for how many of them too much
    /// waited already; those do not get it.
    pub fn broadcast(&self, message: &Message) -> usize {
        self.send_to(message, |_| true)
    }

    /// Sends a message to all sessions but one, see [`Museum::broadcast`].
    pub fn broadcast_except(&self, except: &Conn, message: &Message) -> usize {
        self.send_to(message, |conn| conn.id() != except.id())
    }

    /// Closes all sessions, see [`Conn::close`].
    pub fn close(&self) {
        for conn in self.conns() {
            conn.close();
        }
    }

    pub(super) fn settings(&self) -> &MuseumSettings {
        &self.0.settings
    }

    pub(super) fn app(&self) -> &dyn App {
        &*self.0.app
    }

    /// Opens a session. The application hears of it with the first carrier.
    pub(super) fn open(&self, transport: Transport) -> Result<Conn, OpenError> {
        let id = id::fresh()?;
        let now = tokio::time::Instant::now().into_std();
        let session = Session::open(Arc::clone(&self.0.settings), transport, &id, now);
        let slot = Arc::new(Slot::new(&id, transport, session));
        {
            let mut sessions = self.sessions();
            if sessions.len() >= self.settings().sessions_max {
                return Err(OpenError::Full);
            }
            sessions.insert(id.into(), Arc::clone(&slot));
        }
        let conn = self.conn(slot);
        // Ends with the session, which always does: it has a deadline as long as it is open.
        tokio::spawn(watch::watch(conn.clone()));
        Ok(conn)
    }

    /// A session has ended.
    pub(super) fn forget(&self, id: &str) {
        self.sessions().remove(id);
    }

    fn conn(&self, slot: Arc<Slot>) -> Conn {
        Conn::new(self.clone(), slot)
    }

    fn send_to(&self, message: &Message, is_meant: impl Fn(&Conn) -> bool) -> usize {
        let frame = message.encode();
        self.conns()
            .iter()
            .filter(|conn| is_meant(conn))
            .filter(|conn| conn.send_frame(Arc::clone(&frame)) == Err(SendError::Full))
            .count()
    }

    /// No session is locked and no application called while this is: it is held for a look only.
    fn sessions(&self) -> MutexGuard<'_, HashMap<Box<str>, Arc<Slot>>> {
        self.0
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Museum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Museum")
            .field("settings", self.settings())
            .field("sessions", &self.len())
            .finish_non_exhaustive()
    }
}

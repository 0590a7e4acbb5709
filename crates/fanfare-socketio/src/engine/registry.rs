//! The sessions of a mount, by id.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::client::Client;

/// One word for each session, and never more than a bound.
///
/// Its lock is held for single steps, and no other is taken meanwhile.
#[derive(Debug)]
pub(super) struct Registry {
    entries: Mutex<HashSet<Entry>>,
    sessions_max: usize,
}

/// A session, found by its id.
#[derive(Debug)]
struct Entry(Client);

impl Registry {
    pub(super) fn new(sessions_max: usize) -> Self {
        Self {
            entries: Mutex::new(HashSet::new()),
            sessions_max,
        }
    }

    /// False if there are too many.
    pub(super) fn insert(&self, client: Client) -> bool {
        let mut entries = self.lock();
        if entries.len() >= self.sessions_max {
            return false;
        }
        entries.insert(Entry(client))
    }

    pub(super) fn remove(&self, client: &Client) {
        let entry = self.lock().take(client.sid());
        // What hangs on it may be dropped only when the lock is open.
        drop(entry);
    }

    pub(super) fn find(&self, sid: &str) -> Option<Client> {
        self.lock().get(sid).map(|entry| entry.0.clone())
    }

    pub(super) fn clients(&self) -> Vec<Client> {
        self.lock().iter().map(|entry| entry.0.clone()).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Borrow<str> for Entry {
    fn borrow(&self) -> &str {
        self.0.sid()
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.0.sid() == other.0.sid()
    }
}

impl Eq for Entry {}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.sid().hash(state);
    }
}

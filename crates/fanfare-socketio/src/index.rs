//! Finds things by a name that lies in them.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

/// A table of things that know their names: it takes no more for each than the thing and a byte,
/// where a map would keep the name beside it.
pub(crate) struct Index<T> {
    entries: HashTable<T>,
    hasher: RandomState,
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Self {
            entries: HashTable::new(),
            hasher: RandomState::new(),
        }
    }
}

impl<T> Index<T> {
    /// `name` tells the name of an entry, here and below the same.
    pub(crate) fn insert(&mut self, entry: T, name: impl Fn(&T) -> &str) {
        let hash = self.hasher.hash_one(name(&entry));
        let hasher = &self.hasher;
        self.entries
            .insert_unique(hash, entry, |other| hasher.hash_one(name(other)));
    }

    pub(crate) fn find(&self, wanted: &str, name: impl Fn(&T) -> &str) -> Option<&T> {
        let hash = self.hasher.hash_one(wanted);
        self.entries.find(hash, |entry| name(entry) == wanted)
    }

    pub(crate) fn remove(&mut self, wanted: &str, name: impl Fn(&T) -> &str) -> Option<T> {
        let hash = self.hasher.hash_one(wanted);
        let found = self.entries.find_entry(hash, |entry| name(entry) == wanted);
        found.ok().map(|entry| entry.remove().0)
    }
}

impl<T> fmt::Debug for Index<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Index({} entries)", self.entries.len())
    }
}

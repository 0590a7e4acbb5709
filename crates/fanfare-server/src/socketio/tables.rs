//! Who hears what, and where to find it.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use fanfare_hub::ChannelName;
use fanfare_socketio::Socket;

use super::hearer::Hearer;

/// Hearers by what they hear, and by who they are.
#[derive(Default)]
pub(super) struct Tables {
    by_channel: HashMap<ChannelName, HashMap<usize, Arc<Hearer>>>,
    by_id: HashSet<ById>,
}

/// A hearer, found by the id of its socket. Whoever comes back has the id it had, and may be here
/// before the end of its old connection is.
struct ById(Arc<Hearer>);

impl Tables {
    /// How many hearers there are.
    pub(super) fn count(&self) -> usize {
        self.by_id.len()
    }

    /// The hearer of just this socket.
    pub(super) fn find(&self, socket: &Socket) -> Option<Arc<Hearer>> {
        self.named(socket.id())
            .filter(|found| found.socket == *socket)
    }

    /// The hearer with this id of a socket: perhaps that of an earlier connection.
    pub(super) fn named(&self, id: &str) -> Option<Arc<Hearer>> {
        self.by_id.get(id).map(|ById(found)| Arc::clone(found))
    }

    pub(super) fn insert(&mut self, hearer: &Arc<Hearer>) {
        self.by_id.insert(ById(Arc::clone(hearer)));
    }

    /// What it hears is left to [`Tables::forget`].
    pub(super) fn remove(&mut self, hearer: &Hearer) {
        self.by_id.remove(hearer.socket.id());
    }

    /// Everybody who hears a channel.
    pub(super) fn members(&self, channel: &ChannelName) -> Vec<Arc<Hearer>> {
        let members = self.by_channel.get(channel);
        members
            .into_iter()
            .flat_map(HashMap::values)
            .cloned()
            .collect()
    }

    /// A hearer hears a channel from now on.
    pub(super) fn join(&mut self, hearer: Arc<Hearer>, channel: &ChannelName) {
        let members = self.by_channel.entry(channel.clone()).or_default();
        members.insert(hearer.key(), hearer);
    }

    /// A hearer does not hear a channel any more.
    pub(super) fn forget(&mut self, hearer: &Arc<Hearer>, channel: &ChannelName) {
        if let Some(members) = self.by_channel.get_mut(channel) {
            members.remove(&hearer.key());
            if members.is_empty() {
                self.by_channel.remove(channel);
            }
        }
    }
}

impl Borrow<str> for ById {
    fn borrow(&self) -> &str {
        self.0.socket.id()
    }
}

impl PartialEq for ById {
    fn eq(&self, other: &Self) -> bool {
        self.0.socket.id() == other.0.socket.id()
    }
}

impl Eq for ById {}

impl Hash for ById {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.socket.id().hash(state);
    }
}

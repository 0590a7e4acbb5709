//! The logs of a mount: one for each of its namespaces, on one hub.

use std::sync::{Arc, Weak};
use std::time::Duration;

use fanfare_hub::{ChannelName, Hub, MemoryEngine, MemoryLimits};
use tokio::runtime::Handle;

use crate::clock::now;
use crate::log::{Log, Recovery};
use crate::name::NamespaceName;

/// How often a hub of our own drops what has expired.
const COLLECT_INTERVAL: Duration = Duration::from_secs(1);

/// Makes logs.
pub(crate) struct Logs {
    hub: Hub,
    recovery: Recovery,
    /// Where the mount is. Mounts that share a hub are told apart by it, and the same mount of
    /// another node is found again.
    path: Box<str>,
}

impl Logs {
    pub(crate) fn new(recovery: Recovery, path: &str) -> Self {
        Self {
            hub: recovery.hub.clone().unwrap_or_else(own_hub),
            recovery,
            path: path.into(),
        }
    }

    /// None if the names are too long for a channel: no recovery then.
    pub(crate) fn of(&self, namespace: &NamespaceName) -> Option<Log> {
        let events = format!("socket.io:events:{}:{namespace}", self.path);
        let sessions = format!("socket.io:session:{}:", self.path);
        let events = ChannelName::new(&events).ok()?;
        Some(Log::new(&self.hub, &self.recovery, events, sessions.into()))
    }

    /// Drops what has expired from a hub of our own as long as `owner` is there. Whoever gave a hub
    /// does that himself.
    pub(crate) fn collect<T: Send + Sync + 'static>(&self, runtime: &Handle, owner: &Arc<T>) {
        if self.recovery.hub.is_some() {
            return;
        }
        let (hub, owner) = (self.hub.clone(), Arc::downgrade(owner));
        runtime.spawn(async move {
            while Weak::strong_count(&owner) > 0 {
                tokio::time::sleep(COLLECT_INTERVAL).await;
                hub.collect(now(), COLLECT_INTERVAL);
            }
        });
    }
}

/// A hub for events alone, in memory.
fn own_hub() -> Hub {
    let limits = MemoryLimits {
        idle: COLLECT_INTERVAL,
        ..MemoryLimits::default()
    };
    Hub::new(Arc::new(MemoryEngine::new(limits, now())), 0)
}

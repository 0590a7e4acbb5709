//! What every request needs: the hub, the rules, the counts.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use fanfare_hub::{Hub, Start, Timestamp};
use fanfare_link::{Clock, ShardMetrics};
use fanfare_relay::Arrivals;

use crate::access::{Access, Guard};
use crate::config::{Config, FirstMessage};
use crate::route::Routes;
use crate::socketio;

/// One node, as its requests see it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) hub: Hub,
    pub(crate) config: Config,
    pub(crate) access: Arc<Access>,
    pub(crate) routes: Routes,
    /// None if it is switched off.
    pub(crate) socketio: Option<socketio::Mount>,
    /// Bounds what publishers have not finished sending.
    pub(crate) arrivals: Arc<Arrivals>,
    /// Publisher requests refused.
    pub(crate) refused: AtomicU64,
    clock: Arc<dyn Clock>,
    shards: OnceLock<Vec<Arc<ShardMetrics>>>,
    is_stopping: AtomicBool,
}

/// Bytes of all messages that publishers have not finished sending; one more is answered 503. 128
/// of the largest messages at once, or very many of the usual ones.
const ARRIVING_BYTES_MAX: usize = 128 << 20;

impl Node {
    pub(crate) fn new(
        hub: Hub,
        config: Config,
        guard: Option<Guard>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let access = Arc::new(Access::new(&config, guard));
        let routes = Routes::new(&config);
        let first = first(&config);
        Self {
            socketio: socketio::Mount::new(&config, routes.rules(0), first, &access, &hub, &clock),
            access,
            routes,
            arrivals: Arrivals::new(ARRIVING_BYTES_MAX.max(config.limits.message_bytes_max)),
            refused: AtomicU64::new(0),
            hub,
            config,
            clock,
            shards: OnceLock::new(),
            is_stopping: AtomicBool::new(false),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().wall
    }

    /// Where a subscriber without a cursor begins.
    pub(crate) fn first(&self) -> Start {
        first(&self.config)
    }

    pub(crate) fn shards(&self) -> &[Arc<ShardMetrics>] {
        self.shards.get().map_or(&[], Vec::as_slice)
    }

    /// Makes the shards' counters known, once, when they have started.
    pub(crate) fn set_shards(&self, shards: &[Arc<ShardMetrics>]) {
        // A second set would be the same shards again.
        let _ = self.shards.set(shards.to_vec());
    }

    /// Connections that were there and are gone.
    pub(crate) fn connections_ended(&self) -> u64 {
        let ended = |shard: &Arc<ShardMetrics>| {
            let open = shard.connections.value() + shard.lent.value();
            shard.accepted.value().saturating_sub(open)
        };
        self.shards().iter().map(ended).sum()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn set_stopping(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }
}

fn first(config: &Config) -> Start {
    match config.subscribe.first {
        FirstMessage::Newest => Start::Newest,
        FirstMessage::Oldest => Start::Oldest,
    }
}

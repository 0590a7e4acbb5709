//! What a shard counts. Written by its thread alone, read by whoever asks.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::Kind;

/// A number that one thread changes and others read.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// The number.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// A load and a store instead of a locked addition: there is one writer.
    pub(crate) fn add(&self, count: u64) {
        self.0
            .store(self.value().wrapping_add(count), Ordering::Relaxed);
    }

    pub(crate) fn subtract(&self, count: u64) {
        self.0
            .store(self.value().wrapping_sub(count), Ordering::Relaxed);
    }
}

impl ShardMetrics {
    /// Connections held now that are of this kind.
    pub fn held_of(&self, kind: Kind) -> u64 {
        self.held.get(usize::from(kind.0)).map_or(0, Counter::value)
    }
}

/// The counters of one shard.
#[derive(Debug, Default)]
pub struct ShardMetrics {
    /// Connections in the table now, whatever they do. A stream of HTTP/2 that is held is one.
    pub connections: Counter,
    /// Connections that hyper has now: for a request that is not for the front, or for good, as
    /// those of HTTP/2.
    pub lent: Counter,
    /// Connections held now, by [`Kind`].
    pub held: [Counter; Kind::COUNT],
    /// Connections accepted.
    pub accepted: Counter,
    /// Connections turned away because the node was full.
    pub turned_away: Counter,
    /// Request heads refused.
    pub heads_refused: Counter,
    /// Messages delivered, one per message and reader.
    pub deliveries: Counter,
    /// Gaps told.
    pub gaps: Counter,
    /// Readers dropped because they took too little.
    pub slow_readers_cut: Counter,
    /// Bytes waiting for slow readers now.
    pub backlog_bytes: Counter,
}

//! The link's bounds: each with its unit, its reason, and what happens when it is reached.

use std::time::Duration;

/// Header fields of a request. Browsers send about 15, proxies add a few; more is refused with 431.
pub const HEADERS_MAX: usize = 64;

/// Bytes read from a socket at once, into a buffer that all connections of a shard share.
pub const SCRATCH_BYTES: usize = 64 << 10;

/// Reads from one socket before the others get a turn.
pub const READS_PER_TURN: usize = 4;

/// Deliveries to one channel's subscribers before other channels and sockets get a turn. 64 sends
/// take about 0.3 ms, which bounds what a large channel costs a small one.
pub const SENDS_PER_TURN: usize = 64;

/// Messages given to a connection at once; many small frames then leave in one `writev`.
pub const BATCH_MESSAGES_MAX: usize = 64;

/// Payload bytes given to a connection at once, beyond its first message.
pub const BATCH_BYTES_MAX: usize = 64 << 10;

/// Pieces in one `writev`; the kernel takes up to 1024, a batch seldom has more than 64.
pub const WRITE_PIECES_MAX: usize = 64;

/// Events taken from the kernel at once.
pub const EVENTS_MAX: usize = 256;

/// Connections accepted before established ones get a turn.
pub const ACCEPTS_PER_TURN: usize = 64;

/// Connections beyond the bound that stay for a moment, so that the refusal is not lost to a reset.
pub const TURNED_AWAY_MAX: usize = 64;

/// Bounds that an operator sets.
#[derive(Clone, Copy, Debug)]
pub struct LinkLimits {
    /// Connections of the whole node. One more is answered `503` and closed.
    pub connections_max: usize,
    /// Bytes of a request head. A longer one is answered `431` and the connection closed.
    pub head_bytes_max: usize,
    /// Connections of a shard that may keep bytes nobody can use yet: unfinished heads and
    /// pipelined requests. One more is answered `503`. With the bound on heads this bounds what
    /// slow senders can make us hold.
    pub half_open_max: usize,
    /// Time for a request head to arrive whole, from its first byte or from the connection's
    /// begin. A slower one is answered `408` and closed: this is what stops slow-head attacks.
    pub head_time: Duration,
    /// Time a connection may rest between two requests before it is closed.
    pub keep_alive_time: Duration,
    /// Bytes waiting for one slow reader, beyond one message. Over it the connection is dropped.
    pub backlog_bytes_max: usize,
    /// Kernel send buffer of a connection, in bytes. The kernel's own default lets a dead reader
    /// swallow about 4 MB.
    pub send_buffer: usize,
    /// Time in which a reader must take something of its backlog, else it is dropped.
    pub write_time: Duration,
    /// Channels on one connection.
    pub channels_max: usize,
}

impl Default for LinkLimits {
    /// 10,000 connections, 16 KiB and 10 s for heads, 75 s keep-alive, 256 KiB backlog, 64 KiB
    /// send buffer, 30 s to write, 100 channels.
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            head_bytes_max: 16 << 10,
            half_open_max: 4096,
            head_time: Duration::from_secs(10),
            keep_alive_time: Duration::from_secs(75),
            backlog_bytes_max: 256 << 10,
            send_buffer: 64 << 10,
            write_time: Duration::from_secs(30),
            channels_max: 100,
        }
    }
}

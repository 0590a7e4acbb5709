//! What the load client is to do, and what it found.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::process::Processes;
use super::row::Row;

/// The channel of every bench.
pub(super) const CHANNEL: &str = "bench";

/// How a subscriber hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Transport {
    /// Long-poll: one response per message.
    Poll,
    /// Socket.IO 5 on Engine.IO 4 on WebSocket: each message the only argument of an event, or the
    /// first of two.
    SocketIo,
    /// Server-Sent Events.
    Sse,
    /// WebSocket, each message a text frame.
    WebSocket,
}

/// One run of the load client against one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) address: SocketAddr,
    /// The server, whose CPU time and memory are read along the way.
    pub(super) server: Processes,
    pub(super) plan: Plan,
}

/// What is done in a run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Plan {
    /// Many subscribers on one channel: what they cost idle, and per message.
    Crowd(Crowd),
    /// Some subscribers and a steady rate: how long a message takes.
    Latency(Latency),
    /// One subscriber that reads beside many that never do.
    Stalled(Stalled),
    /// Some connections that emit events: how long the acknowledgement takes.
    Trips(Trips),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Crowd {
    pub(super) transport: Transport,
    pub(super) rows: CrowdRows,
    pub(super) subscribers: usize,
    /// Time from the last subscriber to the look at the memory, for servers that tidy up when they
    /// have nothing else to do.
    pub(super) settle_seconds: u64,
    pub(super) message_bytes: usize,
    /// Messages of which each is waited for before the next.
    pub(super) messages: usize,
    /// Times that several are published without waiting.
    pub(super) bursts: usize,
    pub(super) burst_messages: usize,
}

/// What is told of a crowd, each in its row.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct CrowdRows {
    pub(super) accept: Option<Row>,
    pub(super) idle: Option<Row>,
    pub(super) delivery: Option<Row>,
    pub(super) burst: Option<Row>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Trips {
    pub(super) connections: usize,
    pub(super) message_bytes: usize,
    pub(super) trips: usize,
    pub(super) trips_per_second: u32,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Latency {
    pub(super) subscribers: usize,
    pub(super) message_bytes: usize,
    pub(super) messages: usize,
    pub(super) messages_per_second: u32,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Stalled {
    pub(super) stalled: usize,
    pub(super) message_bytes: usize,
    /// To the one reader while it is alone.
    pub(super) messages_alone: usize,
    /// With the stalled ones there, until their buffers are full; not timed.
    pub(super) messages_filling: usize,
    /// With the stalled ones there and full.
    pub(super) messages_beside: usize,
    pub(super) messages_per_second: u32,
}

impl fmt::Display for Plan {
    /// For a person who reads the figures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crowd(plan) if plan.messages == 0 => write!(
                f,
                "1 channel × {} subscribers, idle for {} s.",
                plan.subscribers, plan.settle_seconds,
            ),
            Self::Crowd(plan) => {
                write!(
                    f,
                    "1 channel × {} subscribers, {} messages of {} bytes one by one",
                    plan.subscribers, plan.messages, plan.message_bytes,
                )?;
                match plan.bursts {
                    0 => f.write_str("."),
                    bursts => write!(f, ", {bursts} bursts of {}.", plan.burst_messages),
                }
            }
            Self::Latency(plan) => write!(
                f,
                "{} subscribers, {} messages of {} bytes at {} per second.",
                plan.subscribers, plan.messages, plan.message_bytes, plan.messages_per_second,
            ),
            Self::Stalled(plan) => write!(
                f,
                "1 subscriber, then {} more that never read; messages of {} bytes at {} per \
                 second: {} before, {} while buffers fill, {} timed.",
                plan.stalled,
                plan.message_bytes,
                plan.messages_per_second,
                plan.messages_alone,
                plan.messages_filling,
                plan.messages_beside,
            ),
            Self::Trips(plan) => write!(
                f,
                "{} connections, {} events of {} bytes at {} per second, each acknowledged.",
                plan.connections, plan.trips, plan.message_bytes, plan.trips_per_second,
            ),
        }
    }
}

/// What a run found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Findings {
    pub(super) values: BTreeMap<Row, f64>,
    pub(super) faults: Faults,
}

/// What arrived, and what should not have happened; every client checks every message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Faults {
    pub(super) deliveries: u64,
    pub(super) lost: u64,
    pub(super) repeated: u64,
    /// Came after a later one.
    pub(super) reordered: u64,
}

impl Faults {
    /// True if everything came once and in order.
    pub(super) fn is_none(self) -> bool {
        self.lost == 0 && self.repeated == 0 && self.reordered == 0
    }
}

impl std::ops::AddAssign for Faults {
    fn add_assign(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.lost += other.lost;
        self.repeated += other.repeated;
        self.reordered += other.reordered;
    }
}

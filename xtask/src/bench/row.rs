//! What is measured: a row of the table each.
//!
//! The doc of a row says what it counts and what it must not forget to count.

use serde::{Deserialize, Serialize};

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Row {
    /// CPU time of the server per WebSocket connection: accept, read of the head, handshake,
    /// subscription. Counts until the server is at rest again, not until the last client got its
    /// answer.
    WebSocketAccept,
    /// Memory per idle WebSocket subscriber. The server has served a few before, so that what it
    /// allocates once is not divided among the many; each client sent the head of a browser. Not
    /// counted: the kernel's own 4 to 5 KB for the socket, the same for everybody, and what Nchan
    /// sets aside at start for as many connections as it is configured for.
    WebSocketIdle,
    /// CPU time of the server per message delivered on WebSocket, one channel. Counts all threads
    /// and processes, the publish itself, and on loopback also the receiver's half of TCP, which
    /// runs within `send` (about 40 % of the floor).
    WebSocketDelivery,
    /// The same when messages come eight at a time on one connection. The floor sends each on its
    /// own: below 1 × floor, messages were written together.
    WebSocketBurst,
    /// As [`Self::WebSocketIdle`], for Server-Sent Events.
    SseIdle,
    /// As [`Self::WebSocketDelivery`], for Server-Sent Events.
    SseDelivery,
    /// As [`Self::WebSocketBurst`], for Server-Sent Events.
    SseBurst,
    /// As [`Self::WebSocketIdle`], for long-polls that wait for the next message.
    PollIdle,
    /// CPU time of the server per long-poll: publish, response, the next request on the same
    /// connection, waiting again. Counts the reading of that request, also for the floor.
    PollCycle,
    /// Time from just before the publish is written to the moment a subscriber's client holds the
    /// message, at a steady rate: half of the deliveries took no longer. Counts the client's
    /// reading of those before it in the same wake-up.
    LatencyMedian,
    /// The same: 99 in 100 took no longer.
    LatencyTail,
    /// As [`Self::LatencyTail`], for a single subscriber.
    FastAlone,
    /// The same while others on its channel never read. Not counted: the first messages, with
    /// which the buffers of those others fill up.
    FastBesideStalled,
    /// Memory that the server took on for the readers that never read, their own share of an idle
    /// connection included. What may wait for one, times their number, is the bound of our server.
    StalledMemory,
    /// Kernel memory that their sockets took on, on both ends, in all of the machine. A server
    /// that leaves the send buffer to the kernel pays here.
    StalledKernelMemory,
    /// CPU time of the server per Socket.IO connection: accept, WebSocket handshake, the packet
    /// that opens the session, `CONNECT` to the main namespace and its answer. Not counted: the
    /// room that is entered next.
    SocketIoConnect,
    /// Memory per idle Socket.IO connection in the main namespace and one room, after a pause in
    /// which a server may tidy up. Not counted: as in [`Self::WebSocketIdle`].
    SocketIoIdle,
    /// As [`Self::WebSocketDelivery`]: an event to a room with 1,000 clients in it.
    SocketIoDelivery,
    /// As [`Self::WebSocketBurst`], for that room.
    SocketIoBurst,
    /// An event to a room with 10,000 clients in it.
    SocketIoDeliveryMany,
    /// The same when events come eight at a time.
    SocketIoBurstMany,
    /// Time from just before a client emits an event to the moment it holds the acknowledgement,
    /// at a steady rate: half of them took no longer. The event is published to a room in which
    /// nobody is; our server also stores it in the channel's history first.
    TripMedian,
    /// The same: 99 in 100 took no longer.
    TripTail,
}

/// How a row is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    Megabytes,
    Microseconds,
}

impl Row {
    pub(super) const ALL: [Self; 23] = [
        Self::WebSocketAccept,
        Self::WebSocketIdle,
        Self::WebSocketDelivery,
        Self::WebSocketBurst,
        Self::SseIdle,
        Self::SseDelivery,
        Self::SseBurst,
        Self::PollIdle,
        Self::PollCycle,
        Self::LatencyMedian,
        Self::LatencyTail,
        Self::FastAlone,
        Self::FastBesideStalled,
        Self::StalledMemory,
        Self::StalledKernelMemory,
        Self::SocketIoIdle,
        Self::SocketIoConnect,
        Self::SocketIoDelivery,
        Self::SocketIoBurst,
        Self::SocketIoDeliveryMany,
        Self::SocketIoBurstMany,
        Self::TripMedian,
        Self::TripTail,
    ];

    /// What a person reads in front of the figures.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::WebSocketAccept => "WebSocket: CPU per connect",
            Self::WebSocketIdle => "WebSocket: memory per idle subscriber",
            Self::WebSocketDelivery => "WebSocket: CPU per delivery",
            Self::WebSocketBurst => "WebSocket: CPU per delivery, bursts",
            Self::SseIdle => "SSE: memory per idle subscriber",
            Self::SseDelivery => "SSE: CPU per delivery",
            Self::SseBurst => "SSE: CPU per delivery, bursts",
            Self::PollIdle => "Long-poll: memory per waiting subscriber",
            Self::PollCycle => "Long-poll: CPU per cycle",
            Self::LatencyMedian => "Publish to delivery, p50",
            Self::LatencyTail => "Publish to delivery, p99",
            Self::FastAlone => "One reader alone, p99",
            Self::FastBesideStalled => "One reader beside stalled ones, p99",
            Self::StalledMemory => "Stalled readers: server memory",
            Self::StalledKernelMemory => "Stalled readers: kernel memory",
            Self::SocketIoConnect => "CPU per connect",
            Self::SocketIoIdle => "Memory per idle connection",
            Self::SocketIoDelivery => "CPU per delivery, 1,000 clients",
            Self::SocketIoBurst => "CPU per delivery, 1,000, bursts",
            Self::SocketIoDeliveryMany => "CPU per delivery, 10,000 clients",
            Self::SocketIoBurstMany => "CPU per delivery, 10,000, bursts",
            Self::TripMedian => "Event to acknowledgement, p50",
            Self::TripTail => "Event to acknowledgement, p99",
        }
    }

    pub(super) fn unit(self) -> Unit {
        match self {
            Self::WebSocketIdle | Self::SseIdle | Self::PollIdle | Self::SocketIoIdle => {
                Unit::Bytes
            }
            Self::StalledMemory | Self::StalledKernelMemory => Unit::Megabytes,
            _ => Unit::Microseconds,
        }
    }
}

impl Unit {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Bytes => "B",
            Self::Megabytes => "MB",
            Self::Microseconds => "µs",
        }
    }

    /// Three digits or so: what lies behind them is noise.
    pub(super) fn write(self, value: f64) -> String {
        match self {
            Self::Bytes => format!("{value:.0}"),
            Self::Megabytes => format!("{value:.1}"),
            Self::Microseconds if value < 100.0 => format!("{value:.2}"),
            Self::Microseconds => format!("{value:.0}"),
        }
    }
}

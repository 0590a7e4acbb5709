//! The scenarios, and how large each is.

use super::plan::{Crowd, CrowdRows, Latency, Plan, Stalled, Transport, Trips};
use super::row::Row;

/// What can be measured on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    Latency,
    Poll,
    Slow,
    SocketIoFew,
    SocketIoIdle,
    SocketIoMany,
    SocketIoTrips,
    Sse,
    WebSocket,
}

/// Of one channel. CPU time is exact to 10 ms: 400,000 deliveries take about 2 s.
const SUBSCRIBERS: usize = 10_000;
const MESSAGES: usize = 40;

/// In a quick run; as many deliveries would take too long, so that figures are exact to some 5 %.
const QUICK_SUBSCRIBERS: usize = 1000;
const QUICK_MESSAGES: usize = 60;

/// What our server lets wait for one reader before that one reads on from the history: the
/// default of `limits.backlog_bytes_max`.
pub(super) const BACKLOG_BYTES_MAX: usize = 256 << 10;

/// What it lets the kernel hold for one reader: the default of `limits.send_buffer`.
pub(super) const SEND_BUFFER_BYTES: usize = 64 << 10;

/// V8 collects garbage of its own accord when it has had nothing to do for 8 seconds.
const SETTLE_SECONDS: u64 = 9;

/// How much smaller a small room is.
const FEW_SHARE: usize = 10;

/// Times as many messages in a small room; ten times as many would take too long with four servers.
const FEW_TIMES: usize = 4;

const BURSTS: usize = 4;
const BURST_MESSAGES: usize = 8;
const MESSAGE_BYTES: usize = 100;

impl Scenario {
    pub(super) const ALL: [Self; 5] = [
        Self::WebSocket,
        Self::Sse,
        Self::Poll,
        Self::Latency,
        Self::Slow,
    ];

    /// Of Socket.IO, beside servers of Socket.IO.
    pub(super) const SOCKET_IO: [Self; 4] = [
        Self::SocketIoIdle,
        Self::SocketIoFew,
        Self::SocketIoMany,
        Self::SocketIoTrips,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Poll => "poll",
            Self::Slow => "slow",
            Self::SocketIoFew => "a thousand",
            Self::SocketIoIdle => "idle",
            Self::SocketIoMany => "ten thousand",
            Self::SocketIoTrips => "round trips",
            Self::Sse => "sse",
            Self::WebSocket => "websocket",
        }
    }

    pub(super) fn plan(self, is_quick: bool) -> Plan {
        match self {
            Self::Latency => Plan::Latency(latency(is_quick)),
            Self::Poll => Plan::Crowd(crowd(Transport::Poll, is_quick)),
            Self::Slow => Plan::Stalled(stalled(is_quick)),
            Self::SocketIoFew => Plan::Crowd(socketio_few(is_quick)),
            Self::SocketIoIdle => Plan::Crowd(socketio_idle(is_quick)),
            Self::SocketIoMany => Plan::Crowd(socketio_many(is_quick)),
            Self::SocketIoTrips => Plan::Trips(trips(is_quick)),
            Self::Sse => Plan::Crowd(crowd(Transport::Sse, is_quick)),
            Self::WebSocket => Plan::Crowd(crowd(Transport::WebSocket, is_quick)),
        }
    }
}

fn crowd(transport: Transport, is_quick: bool) -> Crowd {
    let (subscribers, messages) = if is_quick {
        (QUICK_SUBSCRIBERS, QUICK_MESSAGES)
    } else {
        (SUBSCRIBERS, MESSAGES)
    };
    let rows = crowd_rows(transport);
    Crowd {
        transport,
        rows,
        subscribers,
        settle_seconds: 0,
        message_bytes: MESSAGE_BYTES,
        messages,
        bursts: rows.burst.map_or(0, |_| BURSTS),
        burst_messages: BURST_MESSAGES,
    }
}

fn crowd_rows(transport: Transport) -> CrowdRows {
    match transport {
        // A poll is answered with one message, however many there are.
        Transport::Poll => CrowdRows {
            idle: Some(Row::PollIdle),
            delivery: Some(Row::PollCycle),
            ..CrowdRows::default()
        },
        Transport::SocketIo => CrowdRows {
            accept: Some(Row::SocketIoConnect),
            delivery: Some(Row::SocketIoDeliveryMany),
            burst: Some(Row::SocketIoBurstMany),
            ..CrowdRows::default()
        },
        Transport::Sse => CrowdRows {
            idle: Some(Row::SseIdle),
            delivery: Some(Row::SseDelivery),
            burst: Some(Row::SseBurst),
            ..CrowdRows::default()
        },
        // Connects are measured once: these transports all begin alike.
        Transport::WebSocket => CrowdRows {
            accept: Some(Row::WebSocketAccept),
            idle: Some(Row::WebSocketIdle),
            delivery: Some(Row::WebSocketDelivery),
            burst: Some(Row::WebSocketBurst),
        },
    }
}

/// As many subscribers as one process may have descriptors for, its load client's beside it.
///
/// The most expensive server takes 15 s for it, so that there are half of the bursts.
fn socketio_many(is_quick: bool) -> Crowd {
    let many = crowd(Transport::SocketIo, is_quick);
    Crowd {
        bursts: many.bursts / 2,
        ..many
    }
}

/// CPU time is exact to 10 ms: 160,000 deliveries take about 1 s.
fn socketio_few(is_quick: bool) -> Crowd {
    let many = socketio_many(is_quick);
    Crowd {
        rows: CrowdRows {
            delivery: Some(Row::SocketIoDelivery),
            burst: Some(Row::SocketIoBurst),
            ..CrowdRows::default()
        },
        subscribers: many.subscribers / FEW_SHARE,
        messages: many.messages * FEW_TIMES,
        bursts: BURSTS * FEW_TIMES,
        ..many
    }
}

/// Nobody says anything; the last that is there has to have been there for some time.
fn socketio_idle(is_quick: bool) -> Crowd {
    let many = socketio_many(is_quick);
    Crowd {
        rows: CrowdRows {
            idle: Some(Row::SocketIoIdle),
            ..CrowdRows::default()
        },
        subscribers: many.subscribers / 2,
        settle_seconds: if is_quick { 1 } else { SETTLE_SECONDS },
        messages: 0,
        bursts: 0,
        ..many
    }
}

fn trips(is_quick: bool) -> Trips {
    Trips {
        connections: 100,
        message_bytes: MESSAGE_BYTES,
        trips: if is_quick { 200 } else { 500 },
        trips_per_second: 250,
    }
}

/// At 200 deliveries per message and 200 messages per second the server is busy for about a fifth
/// of the time: waiting for one another is not what is measured.
fn latency(is_quick: bool) -> Latency {
    Latency {
        subscribers: 200,
        message_bytes: MESSAGE_BYTES,
        messages: if is_quick { 100 } else { 500 },
        messages_per_second: 200,
    }
}

/// The stalled ones' buffers take about 100 messages of 1 KB, their backlog [`BACKLOG_BYTES_MAX`].
fn stalled(is_quick: bool) -> Stalled {
    let share = if is_quick { 4 } else { 1 };
    Stalled {
        stalled: 500 / share,
        message_bytes: 1000,
        messages_alone: 200 / share,
        messages_filling: 400 / share,
        messages_beside: 600 / share,
        messages_per_second: 200,
    }
}

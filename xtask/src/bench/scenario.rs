//! The scenarios, and how large each is.

use super::plan::{Crowd, Latency, Plan, Stalled, Transport};

/// What can be measured on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    Latency,
    Poll,
    Slow,
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

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Poll => "poll",
            Self::Slow => "slow",
            Self::Sse => "sse",
            Self::WebSocket => "websocket",
        }
    }

    pub(super) fn plan(self, is_quick: bool) -> Plan {
        match self {
            Self::Latency => Plan::Latency(latency(is_quick)),
            Self::Poll => Plan::Crowd(crowd(Transport::Poll, is_quick)),
            Self::Slow => Plan::Stalled(stalled(is_quick)),
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
    // A poll is answered with one message, however many there are.
    let bursts = if transport == Transport::Poll {
        0
    } else {
        BURSTS
    };
    Crowd {
        transport,
        subscribers,
        message_bytes: MESSAGE_BYTES,
        messages,
        bursts,
        burst_messages: BURST_MESSAGES,
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

//! Who must be heard from, and until when.
//!
//! Source: Engine.IO protocol 4, "Heartbeat", where the server pings; protocol 3, where the client
//! does. In revision 1 the server pings on a WebSocket, and on polling nobody: its clients would
//! post their answer beside what they are posting already. There each poll is a sign of life.

use std::time::Instant;

use super::{Moment, Revision, Settings};

/// Where a session stands between two pings.
#[derive(Clone, Copy, Debug)]
pub(super) enum Heartbeat {
    /// A ping is out.
    Awaiting {
        until: Moment,
        /// True once another packet than the pong bought more time. Only one may: a client that
        /// talks and never listens is not alive.
        is_extended: bool,
    },
    /// The client pings or polls, or is silent for too long.
    Listening { until: Moment },
    /// The next ping is not due.
    Resting { until: Moment },
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Dead,
    Ping,
}

impl Heartbeat {
    /// The first ping comes after an interval, never at once: old clients do not expect it.
    pub(super) fn new(revision: Revision, settings: &Settings, now: Instant) -> Self {
        match revision {
            Revision::V1 | Revision::V3 => Self::Listening {
                until: (now + settings.ping_interval + settings.ping_timeout).into(),
            },
            Revision::V4 => Self::resting(settings, now),
        }
    }

    /// The server has to ping, but not yet.
    pub(super) fn resting(settings: &Settings, now: Instant) -> Self {
        Self::Resting {
            until: (now + settings.ping_interval).into(),
        }
    }

    /// A poll of revision 1 came. The next one has to come when this one has been held, and some
    /// time after.
    pub(super) fn polled(&mut self, settings: &Settings, now: Instant) {
        let silence = settings.ping_interval.max(settings.poll_duration) + settings.ping_timeout;
        *self = Self::Listening {
            until: (now + silence).into(),
        };
    }

    /// A packet came that is no pong.
    pub(super) fn heard(&mut self, settings: &Settings, now: Instant) {
        match self {
            Self::Awaiting { until, is_extended } if !*is_extended => {
                *until = (now + settings.ping_timeout).into();
                *is_extended = true;
            }
            Self::Awaiting { .. } | Self::Resting { .. } => {}
            Self::Listening { until } => {
                let silence = settings.ping_interval + settings.ping_timeout;
                // A poll that is held may end later.
                *until = (*until).max((now + silence).into());
            }
        }
    }

    /// A pong came. One that nobody asked for means nothing.
    pub(super) fn pong(&mut self, settings: &Settings, now: Instant) {
        if let Self::Awaiting { .. } = self {
            *self = Self::resting(settings, now);
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        match self {
            Self::Awaiting { until, .. } | Self::Listening { until } | Self::Resting { until } => {
                (*until).into()
            }
        }
    }

    pub(super) fn tick(&mut self, settings: &Settings, now: Instant) -> Option<Beat> {
        if now < self.deadline() {
            return None;
        }
        match self {
            Self::Awaiting { .. } | Self::Listening { .. } => Some(Beat::Dead),
            Self::Resting { until } => {
                // Counted from when the ping was due, so that clients find the times that they were
                // told; but after a long sleep of the machine they still get a chance to answer.
                let due = Instant::from(*until) + settings.ping_timeout;
                *self = Self::Awaiting {
                    until: due.max(now + settings.ping_timeout / 2).into(),
                    is_extended: false,
                };
                Some(Beat::Ping)
            }
        }
    }
}

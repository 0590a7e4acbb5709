//! Whether a client that holds a stream is still there.

use std::time::Instant;

use crate::museum::settings::MuseumSettings;

/// The heartbeats of a session. They are numbered from 1, also across carriers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heartbeat {
    number: u64,
    state: State,
    deadline: Instant,
}

/// What has become of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// It did not answer.
    Dead,
    /// It is to be asked.
    Due,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing to do until the deadline.
    Quiet,
    /// To be asked, and to have answered by the deadline.
    Due,
    /// Asked, and to have answered by the deadline.
    Asked,
}

impl Heartbeat {
    pub(super) fn new(now: Instant, settings: &MuseumSettings) -> Self {
        Self {
            number: 0,
            state: State::Quiet,
            deadline: now + settings.heartbeat_interval,
        }
    }

    /// A new carrier, or an answer: all is well for a while.
    pub(super) fn restart(&mut self, now: Instant, settings: &MuseumSettings) {
        self.state = State::Quiet;
        self.deadline = now + settings.heartbeat_interval;
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The deadline has come.
    pub(super) fn tick(&mut self, now: Instant, settings: &MuseumSettings) -> Beat {
        if self.state != State::Quiet {
            return Beat::Dead;
        }
        self.number += 1;
        self.state = State::Due;
        self.deadline = now + settings.heartbeat_timeout;
        Beat::Due
    }

    /// The number to be sent, once.
    pub(super) fn take(&mut self) -> Option<u64> {
        if self.state != State::Due {
            return None;
        }
        self.state = State::Asked;
        Some(self.number)
    }

    /// The client echoes a number. Others than the one that it was asked are of no interest, as
    /// in the reference.
    pub(super) fn echo(&mut self, number: &str, now: Instant, settings: &MuseumSettings) {
        if self.state == State::Asked && number == self.number.to_string() {
            self.restart(now, settings);
        }
    }
}

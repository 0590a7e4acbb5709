//! What all subscribers have heard.

use std::time::Instant;

use crate::bench::plan::Faults;

use super::payload::Stamp;
use super::sequence::{Arrival, Sequence};

/// Sums up what the subscribers hear.
#[derive(Debug)]
pub(super) struct Ledger {
    /// From which the times in payloads count.
    pub(super) epoch: Instant,
    pub(super) faults: Faults,
    /// Nanoseconds that deliveries took; absent while nobody asks.
    pub(super) latencies: Option<Vec<u64>>,
    /// Subscribers whose request has been answered.
    pub(super) opened: usize,
    /// Subscribers on Socket.IO that are in the room.
    pub(super) entered: usize,
}

impl Ledger {
    pub(super) fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            faults: Faults::default(),
            latencies: None,
            opened: 0,
            entered: 0,
        }
    }

    /// A subscriber heard a message.
    pub(super) fn note(&mut self, sequence: &mut Sequence, stamp: Stamp, now: Instant) {
        self.faults.deliveries += 1;
        match sequence.note(stamp.sequence) {
            Arrival::After { missing } => self.faults.lost += missing,
            Arrival::Late => {
                self.faults.lost -= 1;
                self.faults.reordered += 1;
            }
            Arrival::Repeated => self.faults.repeated += 1,
        }
        if let Some(latencies) = &mut self.latencies {
            let took = now
                .duration_since(self.epoch)
                .saturating_sub(stamp.published);
            latencies.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        }
    }
}

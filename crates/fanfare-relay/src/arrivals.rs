//! How much of unfinished messages may be in memory at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes of all messages that are still arriving, and bounds them together. Each has a
/// bound of its own; thousands of publishers that begin at once, or that never end, need this one.
#[derive(Debug)]
pub struct Arrivals {
    bytes: AtomicUsize,
    bytes_max: usize,
}

/// One message that is arriving. What it counted for is given back when this is dropped.
#[derive(Debug)]
pub struct Arriving {
    arrivals: Arc<Arrivals>,
    bytes: usize,
}

impl Arrivals {
    /// Lets `bytes_max` bytes arrive at a time.
    pub fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            bytes: AtomicUsize::new(0),
            bytes_max,
        })
    }

    /// Bytes of unfinished messages now.
    pub fn bytes(&self) -> usize {
        // Relaxed everywhere: a soft bound, it guards no other memory.
        self.bytes.load(Ordering::Relaxed)
    }

    /// A message of which nothing has come yet.
    pub fn begin(self: &Arc<Self>) -> Arriving {
        Arriving {
            arrivals: Arc::clone(self),
            bytes: 0,
        }
    }
}

impl Arriving {
    /// Says how many bytes have come so far; `false` when there is no room for them. None any more
    /// when the message is whole.
    pub fn hold(&mut self, bytes: usize) -> bool {
        let before = std::mem::replace(&mut self.bytes, bytes);
        let all = &self.arrivals.bytes;
        if bytes <= before {
            all.fetch_sub(before - bytes, Ordering::Relaxed);
            return true;
        }
        let grown = bytes - before;
        all.fetch_add(grown, Ordering::Relaxed) + grown <= self.arrivals.bytes_max
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.hold(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_share_the_room_and_give_it_back() {
        let arrivals = Arrivals::new(10);
        let mut one = arrivals.begin();
        let mut two = arrivals.begin();
        assert!(one.hold(6));
        assert!(!two.hold(5));
        drop(two);
        assert!(one.hold(10));
        assert!(one.hold(4) && one.hold(10));
        assert_eq!(arrivals.bytes(), 10);
        drop(one);
        assert_eq!(arrivals.bytes(), 0);
    }
}

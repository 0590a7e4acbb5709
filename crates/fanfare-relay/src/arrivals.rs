//! How much of unfinished messages may be in memory at a time.

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
pub(crate) struct Arriving<'a> {
    arrivals: &'a Arrivals,
    bytes: usize,
}

impl Arrivals {
    /// Lets `bytes_max` bytes arrive at a time.
    pub fn new(bytes_max: usize) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            bytes_max,
        }
    }

    /// Bytes of unfinished messages now.
    pub fn bytes(&self) -> usize {
        // Relaxed everywhere: a soft bound, it guards no other memory.
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn begin(&self) -> Arriving<'_> {
        Arriving {
            arrivals: self,
            bytes: 0,
        }
    }
}

impl Arriving<'_> {
    /// Counts bytes that have come; `false` when there is no room for them.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        let before = self.arrivals.bytes.fetch_add(bytes, Ordering::Relaxed);
        before + bytes <= self.arrivals.bytes_max
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        self.arrivals.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
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
        assert!(one.grow(6));
        assert!(!two.grow(5));
        drop(two);
        assert!(one.grow(4));
        assert_eq!(arrivals.bytes(), 10);
        drop(one);
        assert_eq!(arrivals.bytes(), 0);
    }
}

//! Giving memory back.
//!
//! The allocator of glibc takes large blocks from the kernel one by one and gives them back one by
//! one, but each time it does, it raises the size from which a block counts as large, up to 32 MiB.
//! After a burst of large messages, those of the next burst lie in its heap between small ones that
//! stay, and the heap never shrinks. Measured with three bursts of 300 unfinished messages of 1 MB:
//! 168 MB stay with the process, and 24 MB when the size is held where it begins.
//!
//! What then stays are holes: buffers below that size which were in use at the same time, one for
//! each connection whose message was on its way, with something small above them. The slower the
//! machine, the more of them at a time: 12 to 38 MB with 250 connections on two busy cores, and no
//! bound but the number of connections. So when a burst is over, the heap is asked to give back what
//! it does not use, and of those 38 MB less than one stays.

#![allow(
    unsafe_code,
    reason = "there is no safe interface to the allocator's settings; measured above"
)]

use std::convert::Infallible;
use std::time::{Duration, Instant};

/// Blocks from this size on go back to the kernel when they are freed. The size with which glibc
/// begins.
const LARGE_BLOCK_BYTES: i32 = 128 << 10;

/// Keeps the allocator from learning what is bad for a server. Call it before anything else.
pub(crate) fn settle() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` takes two numbers and touches nothing of ours. It must not run beside other
    // calls of itself, and `run` makes the only one, before there is a second thread.
    unsafe {
        // It refuses only numbers that it does not know; then memory stays, and nothing else.
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
    }
}

/// Time between two looks at whether a burst is over.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// Connections that have ended, since the heap was looked through last, before it is worth it again.
/// With a buffer each below [`LARGE_BLOCK_BYTES`] they have left holes of up to 8 MB. As many within
/// one interval are a burst that goes on, and it needs the holes itself.
const ENDED_MIN: u64 = 64;

/// Gives memory back after each burst of connections. `ended` counts those that are over.
pub(crate) async fn give_back(ended: impl Fn() -> u64) -> Infallible {
    let mut interval = tokio::time::interval(LOOK_INTERVAL);
    let (mut last, mut given) = (0, 0);
    loop {
        interval.tick().await;
        let now = ended();
        let is_calm = now.saturating_sub(last) < ENDED_MIN;
        if is_calm && now.saturating_sub(given) >= ENDED_MIN {
            let begun = Instant::now();
            trim();
            tracing::debug!(took = ?begun.elapsed(), "gave unused memory back");
            given = now;
        }
        last = now;
    }
}

fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` touches only memory that nobody has, under the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}

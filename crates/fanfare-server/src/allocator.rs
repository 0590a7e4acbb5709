//! Giving memory back.
//!
//! The allocator of glibc takes large blocks from the kernel one by one and gives them back one by
//! one, but each time it does, it raises the size from which a block counts as large, up to 32 MiB.
//! After a burst of large messages, those of the next burst lie in its heap between small ones that
//! stay, and the heap never shrinks. Measured with three bursts of 300 unfinished messages of 1 MB:
//! 168 MB stay with the process, and 24 MB when the size is held where it begins.

#![allow(
    unsafe_code,
    reason = "there is no safe interface to the allocator's settings; measured above"
)]

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

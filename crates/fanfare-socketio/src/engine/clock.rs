//! What time it is.

use std::time::Instant;

/// The time by which a mount lives: that of its runtime, which tests can stop.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

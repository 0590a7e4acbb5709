//! What every engine must do: the contract of [`Engine`], one check for each of its sentences.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use fanfare_hub::{Engine, MemoryEngine, MemoryLimits};
//! use fanfare_testkit::conformance::{IDLE, STARTED, check};
//!
//! check(async || {
//!     let limits = MemoryLimits { idle: IDLE, ..MemoryLimits::default() };
//!     Arc::new(MemoryEngine::new(limits, STARTED)) as Arc<dyn Engine>
//! });
//! ```
//!
//! The checks move time by hand and let nothing sleep. They do not know the engine's default
//! bounds; where bounds matter, the drafts bring their own.

mod atomicity;
mod channels;
mod gaps;
mod order;
mod publishing;
mod replay;
mod subject;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use fanfare_hub::{Engine, Timestamp};

use subject::Subject;

/// When the engines under test begin to live.
pub const STARTED: Timestamp = Timestamp::from_seconds(1_763_680_000);

/// How long the engines under test are to remember an empty channel that nobody uses.
pub const IDLE: Duration = Duration::from_secs(60);

/// Holds an engine to its contract.
///
/// `make` gives a new engine without channels that began to live at [`STARTED`] and has an idle
/// time of [`IDLE`]; it is called once for every check, on the runtime that then drives the engine.
///
/// # Panics
/// With the list of what is broken.
pub fn check(make: impl AsyncFn() -> Arc<dyn Engine>) {
    let broken = broken(make);
    assert!(
        broken.is_empty(),
        "the engine breaks its contract: {broken:#?}"
    );
}

/// Like [`check`], but says by name which checks have failed.
pub fn broken(make: impl AsyncFn() -> Arc<dyn Engine>) -> Vec<&'static str> {
    let fails = |check: &Check| {
        let subject = Subject::new(&make);
        catch_unwind(AssertUnwindSafe(|| (check.run)(&subject))).is_err()
    };
    let all = [
        order::CHECKS,
        atomicity::CHECKS,
        gaps::CHECKS,
        replay::CHECKS,
        publishing::CHECKS,
        channels::CHECKS,
    ];
    let failed = all.into_iter().flatten().filter(|check| fails(check));
    failed.map(|check| check.name).collect()
}

/// One sentence of the contract.
struct Check {
    name: &'static str,
    run: fn(&Subject),
}

/// Names checks by their functions.
macro_rules! checks {
    ($($run:ident,)+) => {
        /// The sentences that are checked here.
        pub(super) const CHECKS: &[$crate::conformance::Check] =
            &[$($crate::conformance::Check { name: stringify!($run), run: $run }),+];
    };
}
use checks;

//! The one place where the application layer looks at the clock on the wall.

use std::time::SystemTime;

use fanfare_hub::Timestamp;

/// The present moment.
#[expect(
    clippy::disallowed_methods,
    reason = "a library inside an application has no driver to be told the time by"
)]
pub(crate) fn today() -> SystemTime {
    SystemTime::now()
}

/// The present moment as the hub counts it.
pub(crate) fn now() -> Timestamp {
    today().into()
}

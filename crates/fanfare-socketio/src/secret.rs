//! Ids that nobody can guess.

use std::sync::Arc;

use crate::engine::sid::Sid;

/// A fresh one, as long as the reference's: others in a cluster tell ids from rooms by that.
pub(crate) fn id() -> Arc<str> {
    let id = Sid::random().expect("the session under it had its id from the same source");
    id.as_str().into()
}

//! The clock of one session.

use tokio::time::timeout_at;

use super::conn::Conn;

/// Tells a session when its time has come, until it has ended.
pub(super) async fn watch(conn: Conn) {
    while let Some(deadline) = conn.deadline() {
        // A later deadline is found when the earlier one has come.
        if timeout_at(deadline.into(), conn.rearmed()).await.is_err() {
            conn.tick();
        }
    }
}

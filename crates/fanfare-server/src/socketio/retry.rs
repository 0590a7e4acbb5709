//! What becomes of a read that the engine could not do.

use std::time::Duration;

use fanfare_hub::{ChannelName, EngineError};

/// Pause before an engine that could not be asked is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Says what went wrong, and waits as long as the engine should be left alone.
pub(super) async fn pause(channel: &ChannelName, error: &EngineError) {
    tracing::warn!(%channel, %error, "cannot read on; trying again");
    tokio::time::sleep(PAUSE).await;
}

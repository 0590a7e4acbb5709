//! Socket.IO 0.6, from its frames to an application behind real sockets.

mod app;
mod frames;
mod hostile;
mod house;
mod lives;
mod origins;
mod peer;
mod session;
mod socket;
mod transcripts;

use std::time::Duration;

use fanfare_socketio::museum::{MuseumSettings, Origins};

/// The times of the conformance contract.
fn contract() -> MuseumSettings {
    MuseumSettings {
        resource: "/sio06".into(),
        poll_duration: Duration::from_millis(2000),
        heartbeat_interval: Duration::from_millis(1000),
        heartbeat_timeout: Duration::from_millis(1500),
        close_timeout: Duration::from_millis(3000),
        origins: Origins::any(),
        ..MuseumSettings::default()
    }
}

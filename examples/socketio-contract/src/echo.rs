//! Engine.IO alone: every message goes back as it came.

use std::time::Duration;

use axum::http::request::Parts;
use fanfare_socketio::engine::{
    Application, Client, CloseReason, Conversation, Cors, EngineIo, EngineLayer, MountSettings,
    Origins, Parcel, Received, Revision, Settings,
};

pub fn layer(path: &str, allows_eio3: bool) -> EngineLayer {
    let settings = MountSettings {
        path: path.to_owned(),
        engine: Settings {
            ping_interval: Duration::from_millis(300),
            ping_timeout: Duration::from_millis(200),
            ..Settings::default()
        },
        revisions: if allows_eio3 {
            &[Revision::V4, Revision::V3]
        } else {
            &[Revision::V4]
        },
        cors: Some(anybody()),
        // The suites of the protocol's authors begin to listen a moment after the head.
        open_delay: Duration::from_millis(20),
        ..MountSettings::default()
    };
    EngineIo::new(settings, Echo).layer()
}

/// Pages of every origin.
pub fn anybody() -> Cors {
    Cors {
        origins: Origins::Any,
        credentials: false,
        guards_sockets: false,
    }
}

struct Echo;

impl Application for Echo {
    fn open(&self, _client: &Client, _request: &Parts) -> Box<dyn Conversation> {
        Box::new(Self)
    }
}

impl Conversation for Echo {
    fn message(&mut self, message: Received, client: &Client) {
        client.send(&match message {
            Received::Text(text) => Parcel::text(&text),
            Received::Binary(bytes) => Parcel::binary(bytes),
        });
    }

    fn closed(&mut self, _reason: CloseReason, _client: &Client) {}
}

//! The application of the conformance contract.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use fanfare_socketio::Json;
use fanfare_socketio::museum::{App, Conn, DisconnectReason, Message};

/// Says everything back, but for a few commands.
#[derive(Clone, Default)]
pub(super) struct Echo {
    disconnects: Arc<AtomicUsize>,
    pub(super) log: Arc<Mutex<Vec<DisconnectReason>>>,
}

impl Echo {
    fn answer(&self, conn: &Conn, message: Message) -> Option<Message> {
        let Message::Text(text) = &message else {
            return Some(message);
        };
        if let Some(rest) = text.strip_prefix("!broadcast:") {
            conn.museum().broadcast_except(conn, &rest.into());
            return None;
        }
        match text.as_str() {
            "!close" => {
                conn.close();
                None
            }
            "!count" => Some(conn.museum().len().to_string().into()),
            "!log" => {
                let disconnects = self.disconnects.load(Ordering::Relaxed);
                let json = format!(r#"{{"disconnects":{disconnects}}}"#);
                Some(Json::parse(&json).unwrap().into_owned().into())
            }
            _ => Some(message),
        }
    }
}

impl App for Echo {
    fn message(&self, conn: &Conn, message: Message) {
        if let Some(answer) = self.answer(conn, message) {
            // Whoever talks faster than they listen hears less.
            let _ = conn.send(answer);
        }
    }

    fn disconnect(&self, _conn: &Conn, reason: DisconnectReason) {
        self.disconnects.fetch_add(1, Ordering::Relaxed);
        self.log.lock().unwrap().push(reason);
    }
}

//! Socket.IO 0.6: an echo with a few commands.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fanfare_socketio::Json;
use fanfare_socketio::museum::{
    App, Conn, DisconnectReason, Message, Museum, MuseumService, MuseumSettings, Origins,
};

pub fn service(resource: &str) -> MuseumService {
    let settings = MuseumSettings {
        resource: resource.to_owned(),
        poll_duration: Duration::from_secs(2),
        heartbeat_interval: Duration::from_secs(1),
        heartbeat_timeout: Duration::from_millis(1500),
        close_timeout: Duration::from_secs(3),
        origins: Origins::any(),
        ..MuseumSettings::default()
    };
    let (service, _museum) = Museum::new(settings, Echo::default());
    service
}

#[derive(Default)]
struct Echo {
    disconnects: AtomicUsize,
}

impl Echo {
    fn answer(&self, conn: &Conn, text: &str) -> Option<Message> {
        let museum = conn.museum();
        match text {
            "!count" => Some(Message::Text(museum.len().to_string())),
            "!close" => {
                conn.close();
                None
            }
            "!log" => {
                let disconnects = self.disconnects.load(Ordering::Relaxed);
                let log = serde_json::json!({"disconnects": disconnects});
                Some(Message::Json(Json::write(&log).expect("a number")))
            }
            _ => match text.strip_prefix("!broadcast:") {
                Some(rest) => {
                    museum.broadcast_except(conn, &Message::Text(rest.to_owned()));
                    None
                }
                None => Some(Message::Text(text.to_owned())),
            },
        }
    }
}

impl App for Echo {
    fn message(&self, conn: &Conn, message: Message) {
        let answer = match message {
            Message::Text(text) => self.answer(conn, &text),
            json @ Message::Json(_) => Some(json),
        };
        if let Some(answer) = answer {
            // Who does not fetch its answers may lose some.
            let _ = conn.send(answer);
        }
    }

    fn disconnect(&self, _conn: &Conn, _reason: DisconnectReason) {
        self.disconnects.fetch_add(1, Ordering::Relaxed);
    }
}

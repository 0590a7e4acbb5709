//! The clients of 2010 and 2011, who speak Socket.IO 0.6: what `/ws` says, in their frames.
//!
//! A JSON message is a request of `/ws` and is answered like one. Publishing is left out: what
//! carries these clients says too little of who they are.

use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fanfare_hub::{Admission, ChannelName, Heard, Hub, Listener, PageLimit, Start};
use fanfare_link::{Clock, SubscribeError};
use fanfare_socketio::Json;
use fanfare_socketio::museum::{
    App, Conn, DisconnectReason, Message, Museum, MuseumService, MuseumSettings, Origins,
    SendError, Transport,
};
use tokio::task::AbortHandle;

use super::{Terms, retry};
use crate::adapters::json::GapNotice;
use crate::adapters::multiplex::{Request, RequestId, Rules, read};
use crate::adapters::refusal::Refusal;
use crate::adapters::reply::Reply;

/// Channels for the oldest clients.
pub(super) struct Exhibit {
    hub: Hub,
    clock: Arc<dyn Clock>,
    rules: Rules,
    admission: Admission,
    channels_max: usize,
    hearing: Mutex<HashMap<Box<str>, Tasks>>,
}

/// One task for each channel of a client. There are few of these clients, and a task costs them
/// less than the code that would do without.
type Tasks = HashMap<ChannelName, AbortHandle>;

impl Exhibit {
    pub(super) fn new(hub: Hub, clock: Arc<dyn Clock>, terms: &Terms) -> Self {
        let rules = Rules {
            message_bytes_max: terms.message_bytes_max,
            may_publish: false,
            history: terms.history,
            first: terms.first,
        };
        Self {
            hub,
            clock,
            rules,
            admission: terms.admission,
            channels_max: terms.channels_max,
            hearing: Mutex::default(),
        }
    }

    /// Opens it below `/socket.io/`. Who may come there has been asked already.
    pub(super) fn open(self) -> MuseumService {
        let settings = MuseumSettings {
            // What a request is lent to gives connections back; it does not give them away.
            transports: Transport::ALL
                .into_iter()
                .filter(|transport| *transport != Transport::WebSocket)
                .collect(),
            origins: Origins::any(),
            ..MuseumSettings::default()
        };
        Museum::new(settings, self).0
    }

    fn answer(&self, conn: &Conn, id: Option<&RequestId>, request: Request) -> Result<(), Refusal> {
        match request {
            Request::Ping => say(conn, &Reply::Pong { id }),
            Request::Publish { .. } => return Err(Refusal::key_required()),
            Request::Subscribe { channel, start } => {
                let listener = self.listen(conn, &channel, start)?;
                let name = channel.as_str();
                say(conn, &Reply::Subscribed { id, channel: name });
                let clock = Arc::clone(&self.clock);
                let task = tokio::spawn(hear(conn.clone(), listener, clock));
                let mut hearing = self.hearing();
                let tasks = hearing.entry(conn.id().into()).or_default();
                tasks.insert(channel, task.abort_handle());
                drop(hearing);
                // It may have gone meanwhile.
                if conn.is_over() {
                    self.forget(conn);
                }
            }
            Request::Unsubscribe { channel } => {
                let mut hearing = self.hearing();
                let task = hearing
                    .get_mut(conn.id())
                    .and_then(|tasks| tasks.remove(&channel));
                task.ok_or_else(Refusal::not_subscribed)?.abort();
                let channel = channel.as_str();
                say(conn, &Reply::Unsubscribed { id, channel });
            }
        }
        Ok(())
    }

    fn listen(
        &self,
        conn: &Conn,
        channel: &ChannelName,
        start: Start,
    ) -> Result<Listener, Refusal> {
        let mut hearing = self.hearing();
        let tasks = hearing.entry(conn.id().into()).or_default();
        tasks.retain(|_, task| !task.is_finished());
        if tasks.contains_key(channel) {
            return Err(Refusal::from(&SubscribeError::Already));
        }
        if tasks.len() >= self.channels_max {
            return Err(Refusal::from(&SubscribeError::TooMany(self.channels_max)));
        }
        let place = [(channel.clone(), start)];
        let now = self.clock.now().wall;
        let listener = self
            .hub
            .listen(place, self.admission, PageLimit::default(), now);
        listener.map_err(|error| Refusal::from(&SubscribeError::Join(error)))
    }

    fn forget(&self, conn: &Conn) {
        let tasks = self.hearing().remove(conn.id());
        for task in tasks.into_iter().flat_map(HashMap::into_values) {
            task.abort();
        }
    }

    fn hearing(&self) -> MutexGuard<'_, HashMap<Box<str>, Tasks>> {
        self.hearing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App for Exhibit {
    fn message(&self, conn: &Conn, message: Message) {
        let text = match &message {
            Message::Json(json) => json.as_str(),
            Message::Text(text) => text,
        };
        let (id, outcome) = match read(text, &self.rules) {
            Ok((id, request)) => {
                let outcome = self.answer(conn, id.as_ref(), request);
                (id, outcome)
            }
            Err((id, refusal)) => (id, Err(refusal)),
        };
        if let Err(refusal) = outcome {
            say(conn, &Reply::error(id.as_ref(), &refusal));
        }
    }

    fn disconnect(&self, conn: &Conn, _reason: DisconnectReason) {
        self.forget(conn);
    }
}

/// Gives a client what a channel has, as fast as it takes it.
async fn hear(conn: Conn, mut listener: Listener, clock: Arc<dyn Clock>) {
    let channel = listener.channel(0).clone();
    loop {
        let heard = poll_fn(|cx| listener.poll(cx, clock.now().wall)).await;
        let reply = match &heard {
            Ok(Heard::CaughtUp) => continue,
            Ok(Heard::Message { message, .. }) => Reply::message(message),
            Ok(Heard::Gap { gap, .. }) => Reply::Gap(GapNotice::of(gap, &channel)),
            Ok(Heard::Ended { reason, .. }) => {
                let (channel, reason) = (channel.as_str(), (*reason).into());
                return say(&conn, &Reply::End { channel, reason });
            }
            Err(error) => {
                retry::pause(&channel, error).await;
                continue;
            }
        };
        let Some(message) = message(&reply) else {
            continue;
        };
        // What the client does not take, waits in the history.
        while let Err(error) = conn.send(message.clone()) {
            if error == SendError::Over || conn.flushed().await.is_err() {
                return;
            }
        }
    }
}

fn message(reply: &Reply<'_>) -> Option<Message> {
    Json::write(reply).ok().map(Message::Json)
}

/// Answers. Whoever asks more than it fetches answers of, loses some.
fn say(conn: &Conn, reply: &Reply<'_>) {
    let _ = message(reply).map(|message| conn.send(message));
}

impl fmt::Debug for Exhibit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exhibit({} clients)", self.hearing().len())
    }
}

//! One session as a value without I/O.
//!
//! Messages wait in its queue until whatever carries the session takes them: a poll, a stream or a
//! WebSocket. So a slow carrier, one that has yet to come, and none at all are the same case, with
//! one bound. Call [`Session::take`] again after everything else that was called.
//!
//! ```text
//! carrier      attach, take, detach ─▶ ┌─────────┐ ─▶ Take
//!              receive ──────────────▶ │ Session │
//! application  send, close ──────────▶ │         │ ─▶ Event
//! clock        tick ─────────────────▶ └─────────┘ ─▶ deadline
//! ```

mod heartbeat;
mod queue;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use heartbeat::{Beat, Heartbeat};
use queue::Queue;

use super::frame::{self, Frame};
use super::limits::OFFENCES_MAX;
use super::message::Message;
use super::settings::MuseumSettings;
use super::transport::Transport;
use crate::Json;

/// A session, from its id to its end.
pub struct Session {
    settings: Arc<MuseumSettings>,
    transport: Transport,
    stage: Stage,
    carrier: Carrier,
    /// Carriers that there have been.
    carriers: u64,
    queue: Queue,
    heartbeat: Heartbeat,
    offences: u32,
    /// For the application. Whoever received the input they are from hands them over before they
    /// take more, so there are no more than what is being received at once.
    events: VecDeque<Event>,
}

/// A carrier of a session, told apart from those before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarrierId(u64);

/// What a carrier is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Take {
    /// Write these frames and come back.
    Frames(String),
    /// Write these frames, perhaps none, and be gone.
    Last(String),
}

/// What the application hears, in this order: one connect, messages, one disconnect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The session has opened.
    Connect,
    /// It has ended.
    Disconnect(DisconnectReason),
    /// The client says something.
    Message(Message),
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The client did not come back to poll or to open its stream again.
    Absent,
    /// The application closed it.
    Closed,
    /// The client did not echo a heartbeat.
    HeartbeatTimeout,
    /// The client sent too much that could not be understood.
    Malformed,
    /// The WebSocket has ended, and with it what cannot be opened again.
    SocketClosed,
}

/// Why a message is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The client is away or slow, and no more may wait for it. Sending may help later.
    #[error("too much waits for this client already")]
    Full,
    /// The session has ended, or is about to. Nothing helps.
    #[error("the session has ended")]
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// Closed by the application, and something still waits to be taken.
    Closing,
    Over,
}

#[derive(Clone, Copy, Debug)]
enum Carrier {
    /// None. The session ends then.
    Absent { until: Instant },
    /// None, and there will be none: the session has ended.
    Never,
    /// A poll, which is answered then with whatever there is.
    Poll { id: CarrierId, until: Instant },
    /// A stream or a WebSocket, which lives as long as its heartbeat.
    Stream { id: CarrierId },
}

impl Session {
    /// Opens a session. The first that its carriers take is `id`, which must be unguessable.
    pub fn open(
        settings: Arc<MuseumSettings>,
        transport: Transport,
        id: &str,
        now: Instant,
    ) -> Self {
        Self {
            transport,
            stage: Stage::Open,
            carrier: Carrier::Absent {
                until: now + settings.close_timeout,
            },
            carriers: 0,
            queue: Queue::beginning(&Message::from(id).encode()),
            heartbeat: Heartbeat::new(now, &settings),
            offences: 0,
            events: VecDeque::from([Event::Connect]),
            settings,
        }
    }

    /// A request or a WebSocket comes to carry the session. It takes over from any other, whose
    /// next [`Session::take`] is its last.
    pub fn attach(&mut self, now: Instant) -> CarrierId {
        self.carriers += 1;
        let id = CarrierId(self.carriers);
        if self.stage == Stage::Over {
            return id;
        }
        self.carrier = if self.transport.is_polling() {
            let until = now + self.settings.poll_duration;
            Carrier::Poll { id, until }
        } else {
            self.heartbeat.restart(now, &self.settings);
            Carrier::Stream { id }
        };
        id
    }

    /// What a carrier is to do now. That it asks says that it has written what it took before.
    /// `None` to come back when something has happened.
    pub fn take(&mut self, carrier: CarrierId, now: Instant) -> Option<Take> {
        match self.carrier {
            Carrier::Poll { id, .. } if id == carrier => self.take_for_poll(now),
            Carrier::Stream { id } if id == carrier => self.take_for_stream(),
            _ => Some(Take::Last(String::new())),
        }
    }

    /// A carrier is gone: the poll was abandoned, the stream has broken, the WebSocket has ended.
    pub fn detach(&mut self, carrier: CarrierId, now: Instant) {
        match self.carrier {
            Carrier::Poll { id, .. } | Carrier::Stream { id } if id == carrier => {
                if self.transport == Transport::WebSocket {
                    self.end(DisconnectReason::SocketClosed);
                } else {
                    self.leave(now);
                }
            }
            _ => {}
        }
    }

    /// The client says something: frames, of which those after a malformed one are lost.
    pub fn receive(&mut self, text: &str, now: Instant) {
        for frame in frame::decode(text) {
            match frame {
                Ok(Frame::Heartbeat(number)) => self.heartbeat.echo(number, now, &self.settings),
                Ok(Frame::Json(json)) => match Json::parse(json) {
                    Ok(json) => self.hear(json.into_owned().into()),
                    Err(_) => self.offence(),
                },
                Ok(Frame::Text(text)) => self.hear(text.into()),
                Err(frame::Malformed) => self.offence(),
            }
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// [`SendError`]. Nothing was sent.
    pub fn send(&mut self, message: &Message) -> Result<(), SendError> {
        self.send_frame(message.encode())
    }

    /// Sends a message that was encoded before, perhaps for many sessions.
    pub(super) fn send_frame(&mut self, frame: Arc<str>) -> Result<(), SendError> {
        if self.stage != Stage::Open {
            return Err(SendError::Over);
        }
        self.queue.push(frame, &self.settings)
    }

    /// Closes the session once all that was sent is taken. No message is heard any more.
    pub fn close(&mut self) {
        if self.stage != Stage::Open {
            return;
        }
        self.stage = Stage::Closing;
        self.events.retain(|event| *event == Event::Connect);
        if self.queue.is_empty() {
            self.end(DisconnectReason::Closed);
        }
    }

    /// When [`Session::tick`] has something to do. `None` once the session has ended.
    pub fn deadline(&self) -> Option<Instant> {
        match self.carrier {
            Carrier::Absent { until } | Carrier::Poll { until, .. } => Some(until),
            Carrier::Stream { .. } => Some(self.heartbeat.deadline()),
            Carrier::Never => None,
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.carrier {
            Carrier::Absent { .. } => self.end(DisconnectReason::Absent),
            Carrier::Poll { .. } => self.leave(now),
            Carrier::Stream { .. } => {
                if self.heartbeat.tick(now, &self.settings) == Beat::Dead {
                    self.end(DisconnectReason::HeartbeatTimeout);
                }
            }
            Carrier::Never => {}
        }
    }

    /// What the application is to hear next.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// True once it has ended: nobody can reach it any more.
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// The number of the message that was sent last.
    pub(super) fn sent(&self) -> u64 {
        self.queue.pushed()
    }

    /// The number of the message that was last written by a carrier.
    pub(super) fn written(&self) -> u64 {
        self.queue.written()
    }

    fn take_for_poll(&mut self, now: Instant) -> Option<Take> {
        if self.queue.is_empty() {
            return None;
        }
        let frames = self.queue.take();
        self.queue.confirm();
        self.leave(now);
        self.end_if_closing();
        Some(Take::Last(frames))
    }

    fn take_for_stream(&mut self) -> Option<Take> {
        self.queue.confirm();
        let mut frames = self.queue.take();
        if let Some(number) = self.heartbeat.take() {
            Frame::Heartbeat(&number.to_string()).encode(&mut frames);
        }
        if self.stage == Stage::Closing {
            self.queue.confirm();
            self.end_if_closing();
            return Some(Take::Last(frames));
        }
        (!frames.is_empty()).then_some(Take::Frames(frames))
    }

    /// Nobody carries the session for now.
    fn leave(&mut self, now: Instant) {
        let until = now + self.settings.close_timeout;
        self.carrier = Carrier::Absent { until };
    }

    /// The client sent what cannot be understood.
    fn offence(&mut self) {
        self.offences += 1;
        if self.offences >= OFFENCES_MAX {
            self.end(DisconnectReason::Malformed);
        }
    }

    fn hear(&mut self, message: Message) {
        if self.stage == Stage::Open {
            self.events.push_back(Event::Message(message));
        }
    }

    fn end_if_closing(&mut self) {
        if self.stage == Stage::Closing {
            self.end(DisconnectReason::Closed);
        }
    }

    /// Whatever else happens to a session that was closed, that is why it ended.
    fn end(&mut self, reason: DisconnectReason) {
        let reason = match self.stage {
            Stage::Over => return,
            Stage::Closing => DisconnectReason::Closed,
            Stage::Open => reason,
        };
        self.stage = Stage::Over;
        self.carrier = Carrier::Never;
        self.queue.clear();
        self.events.push_back(Event::Disconnect(reason));
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is said, and the id, which begins the queue, have no place in a log.
        f.debug_struct("Session")
            .field("transport", &self.transport)
            .field("stage", &self.stage)
            .field("carrier", &self.carrier)
            .finish_non_exhaustive()
    }
}

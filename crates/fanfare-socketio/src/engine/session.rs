//! One Engine.IO session as a value without I/O.
//!
//! A driver tells it what happened (a poll came, a socket said something, time passed) and then
//! takes [`Output`]s until there are none. Packets sent in between leave together: a held poll is
//! answered when the driver asks for the last output, not at the first packet.
//!
//! ```text
//!              get, post …            ┌─────────┐  Answer, Abandon
//!   polling ─────────────────────────▶│         │─────────────────▶ polling
//!              socket_message …       │ Session │  Send, CloseSocket
//!   sockets ─────────────────────────▶│         │─────────────────▶ sockets
//!              send, close, tick      │         │  Message, Upgraded, Closed
//!   application, clock ──────────────▶└─────────┘─────────────────▶ application
//! ```
//!
//! Source: Engine.IO protocol 4 and 3, and the reference server.

mod buffer;
mod heartbeat;
mod output;
mod polling;
mod sockets;

use std::sync::Arc;
use std::time::{Duration, Instant};

use heartbeat::{Beat, Heartbeat};
pub use output::{CloseReason, Output, Received, RequestId, SocketId};
pub use polling::PostBody;
use polling::{Polling, Post};

use super::answer::Answer;
use super::handshake::Open;
use super::judge::{Handshake, Known};
use super::moment::Moment;
use super::packet::{Encoded, Message, Packet};
use super::protocol1;
use super::query::Transport;
use super::queue::Queue;
use super::revision::Revision;
use crate::limits;

/// What all sessions of a mount have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// See [`limits::PING_INTERVAL`].
    pub ping_interval: Duration,
    /// See [`limits::PING_TIMEOUT`].
    pub ping_timeout: Duration,
    /// See [`limits::UPGRADE_TIMEOUT`].
    pub upgrade_timeout: Duration,
    /// See [`limits::POLL_DURATION`].
    pub poll_duration: Duration,
    /// See [`limits::CLOSE_TIMEOUT`].
    pub close_timeout: Duration,
    /// See [`limits::PAYLOAD_BYTES_MAX`].
    pub payload_bytes_max: usize,
    /// See [`limits::BUFFER_BYTES_MAX`].
    pub buffer_bytes_max: usize,
    /// What a session on polling may move to: the WebSocket, or nothing.
    pub upgrades: &'static [Transport],
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ping_interval: limits::PING_INTERVAL,
            ping_timeout: limits::PING_TIMEOUT,
            upgrade_timeout: limits::UPGRADE_TIMEOUT,
            poll_duration: limits::POLL_DURATION,
            close_timeout: limits::CLOSE_TIMEOUT,
            payload_bytes_max: limits::PAYLOAD_BYTES_MAX,
            buffer_bytes_max: limits::BUFFER_BYTES_MAX,
            upgrades: &[Transport::WebSocket],
        }
    }
}

/// A session, from its open packet to its end.
#[derive(Debug)]
pub struct Session {
    settings: Arc<Settings>,
    handshake: Handshake,
    stage: Stage,
    carrier: Carrier,
    heartbeat: Heartbeat,
    /// The `POST` whose body is being read. It may have begun before the carrier was a socket.
    post: Option<Box<Post>>,
    outputs: Queue<Output>,
}

/// What the session lives on. Most live on a socket in the end, which needs the least.
#[derive(Debug)]
enum Carrier {
    Polling(Box<Polling>),
    Socket(SocketId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// Closed by us, and the client does not know: its next poll fetches the rest.
    Closing {
        until: Moment,
        reason: CloseReason,
    },
    Closed,
}

/// Where a packet came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Post,
    Socket,
}

impl Session {
    /// Opens a session on polling. Answer the handshake's request with [`Session::get`]: what was
    /// sent in between shares the response with the open packet. Not so in revision 1, which has no
    /// open packet: the handshake has an answer of its own, and then polls or a WebSocket come.
    ///
    /// `sid` must be unguessable.
    pub fn polling(settings: Arc<Settings>, handshake: Handshake, sid: &str, now: Instant) -> Self {
        let upgrades = settings.upgrades;
        Self::open(
            settings,
            handshake,
            Carrier::Polling(Box::default()),
            upgrades,
            sid,
            now,
        )
    }

    /// Opens a session on a WebSocket. The open packet is the first output.
    pub fn websocket(
        settings: Arc<Settings>,
        handshake: Handshake,
        socket: SocketId,
        sid: &str,
        now: Instant,
    ) -> Self {
        Self::open(settings, handshake, Carrier::Socket(socket), &[], sid, now)
    }

    fn open(
        settings: Arc<Settings>,
        handshake: Handshake,
        carrier: Carrier,
        upgrades: &[Transport],
        sid: &str,
        now: Instant,
    ) -> Self {
        let open = (handshake.revision != Revision::V1).then(|| {
            let open = Open {
                sid,
                upgrades,
                ping_interval: settings.ping_interval,
                ping_timeout: settings.ping_timeout,
                payload_bytes_max: settings.payload_bytes_max,
            };
            open.encode()
        });
        let mut session = Self {
            heartbeat: Heartbeat::new(handshake.revision, &settings, now),
            settings,
            handshake,
            stage: Stage::Open,
            carrier,
            post: None,
            outputs: Queue::default(),
        };
        if let Some(open) = open {
            session.send(open);
        }
        session
    }

    /// What [`judge`](super::judge::judge()) wants to know. `None` once the session has ended: its
    /// `sid` is unknown then.
    pub fn known(&self) -> Option<Known> {
        (self.stage != Stage::Closed).then_some(Known {
            revision: self.handshake.revision,
            transport: self.transport(),
        })
    }

    /// What it goes by.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// True until it is closed.
    pub fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// What the session lives on, or lived on last.
    pub fn transport(&self) -> Transport {
        match self.carrier {
            Carrier::Polling(_) => Transport::Polling,
            Carrier::Socket(_) => Transport::WebSocket,
        }
    }

    /// True if a poll waits.
    pub fn has_poll(&self) -> bool {
        matches!(&self.carrier, Carrier::Polling(polling) if polling.has_poll())
    }

    /// The socket on which packets leave now, as [`Session::send`] would send them. `None` if they
    /// wait for a poll, or go nowhere.
    ///
    /// A driver that shares encoded frames between sessions writes them to it, having taken all
    /// outputs before.
    pub fn socket(&self) -> Option<SocketId> {
        match self.carrier {
            Carrier::Socket(socket) if self.is_open() => Some(socket),
            _ => None,
        }
    }

    /// Packets that polls have fetched since the session began, and those that wait for one. None
    /// of either once it is on a socket.
    pub fn fetched(&self) -> (u64, usize) {
        match &self.carrier {
            Carrier::Polling(polling) => polling.buffer.fetched(),
            Carrier::Socket(_) => (0, 0),
        }
    }

    /// True if a packet sent now leaves now: over polling, if a poll waits and nothing is before
    /// it. Volatile packets are dropped otherwise. How full a socket is, the driver knows.
    pub fn is_writable(&self) -> bool {
        let has_way = match &self.carrier {
            Carrier::Polling(polling) => polling.has_poll() && polling.buffer.is_empty(),
            Carrier::Socket(_) => true,
        };
        self.stage == Stage::Open && has_way
    }

    /// Sends a packet. What is sent after the session closed is dropped: the application hears of
    /// the end by [`Output::Closed`].
    ///
    /// # Limits
    /// If more than [`Settings::buffer_bytes_max`] wait for a poll, the session ends with
    /// [`CloseReason::TransportError`].
    pub fn send(&mut self, packet: Encoded) {
        if self.stage != Stage::Open {
            return;
        }
        match &mut self.carrier {
            Carrier::Polling(polling) => {
                polling.buffer.push(packet);
                if polling.buffer.bytes() > self.settings.buffer_bytes_max {
                    polling.buffer.take();
                    self.end(CloseReason::TransportError);
                }
            }
            Carrier::Socket(socket) => {
                let socket = *socket;
                self.send_on(socket, &packet);
            }
        }
    }

    /// Closes the session when what was sent has been fetched, or after
    /// [`Settings::close_timeout`]. Over polling the end has an answer of its own: clients 4.x that
    /// find it beside messages look at the end first.
    pub fn close(&mut self, reason: CloseReason, now: Instant) {
        if self.stage != Stage::Open {
            return;
        }
        if self.is_writable() {
            self.end(reason);
            return;
        }
        self.close_probe();
        self.stage = Stage::Closing {
            until: (now + self.settings.close_timeout).into(),
            reason,
        };
    }

    /// Ends the session at once. A waiting poll and a socket are still told.
    pub fn abort(&mut self, reason: CloseReason) {
        self.end(reason);
    }

    /// The client goes, and says so by other means than a packet.
    pub fn leave(&mut self) {
        self.end_by_client();
    }

    /// When [`Session::tick`] wants to be called. `None` once the session has ended.
    pub fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Open => {
                let carrier = match &self.carrier {
                    Carrier::Polling(polling) => polling.deadline(),
                    Carrier::Socket(_) => None,
                };
                let beat = self.heartbeat.deadline();
                Some(carrier.map_or(beat, |carrier| carrier.min(beat)))
            }
            Stage::Closing { until, .. } => Some(until.into()),
            Stage::Closed => None,
        }
    }

    /// Time has passed. May be called at any time.
    pub fn tick(&mut self, now: Instant) {
        match self.stage {
            Stage::Open => self.tick_open(now),
            Stage::Closing { until, reason } if until <= now.into() => self.end(reason),
            Stage::Closing { .. } | Stage::Closed => {}
        }
    }

    fn tick_open(&mut self, now: Instant) {
        if self.probe().is_some_and(|probe| probe.until <= now) {
            self.close_probe();
        }
        if self.is_poll_over(now) {
            self.release_poll();
        }
        match self.heartbeat.tick(&self.settings, now) {
            Some(Beat::Ping) => self.send(Packet::Ping("").encode()),
            Some(Beat::Dead) => self.end(CloseReason::PingTimeout),
            None => {}
        }
    }

    /// The next thing to do. Call it until there is none after everything else that was called.
    pub fn next_output(&mut self) -> Option<Output> {
        if self.outputs.is_empty() {
            self.flush();
        }
        self.next_due()
    }

    /// As [`Session::next_output`], but leaves a waiting poll waiting: more is going to be sent
    /// that can leave in the same answer.
    pub fn next_due(&mut self) -> Option<Output> {
        self.outputs.pop()
    }

    /// A packet of the client's, from whatever carries the session.
    fn receive(&mut self, packet: Packet<'_>, origin: Origin, now: Instant) {
        match (packet, self.handshake.revision) {
            (Packet::Pong(_), Revision::V1 | Revision::V4) => {
                self.heartbeat.pong(&self.settings, now)
            }
            (Packet::Ping(_), Revision::V3) => {
                self.heartbeat.heard(&self.settings, now);
                self.send(Packet::Pong("").encode());
            }
            // Each revision has one side that pings. The other way round, somebody is confused.
            (Packet::Ping(_) | Packet::Pong(_), _) => self.end(CloseReason::TransportError),
            (Packet::Close, _) => self.end_by_client(),
            (Packet::Message(message), _) => {
                self.heartbeat.heard(&self.settings, now);
                self.hand_over(message.into(), origin);
            }
            (Packet::Open(_) | Packet::Upgrade | Packet::Noop, _) => {
                self.heartbeat.heard(&self.settings, now);
            }
        }
    }

    /// Gives a message to the application, unless an earlier one is still on its way.
    fn hand_over(&mut self, message: Received, origin: Origin) {
        match &mut self.post {
            Some(post) if origin == Origin::Socket => {
                if post.hold_back(message) > self.settings.buffer_bytes_max {
                    self.end(CloseReason::TransportError);
                }
            }
            _ => self.outputs.push(Output::Message(message)),
        }
    }

    /// The client said that it goes: a waiting poll is only released.
    fn end_by_client(&mut self) {
        self.release_poll();
        self.end(CloseReason::TransportClose);
    }

    fn end(&mut self, reason: CloseReason) {
        if self.stage == Stage::Closed {
            return;
        }
        self.stage = Stage::Closed;
        match &mut self.carrier {
            Carrier::Polling(polling) => {
                if let Some(held) = polling.held.take() {
                    polling
                        .buffer
                        .push(farewell(self.handshake.revision, reason));
                    let packets = polling.buffer.fetch();
                    self.answer_poll(held, &packets);
                } else {
                    polling.buffer.take();
                }
            }
            Carrier::Socket(socket) => {
                let socket = *socket;
                if self.handshake.revision == Revision::V1 && reason == CloseReason::ForcedClose {
                    // Without it they come back.
                    self.send_on(socket, &Packet::Close.encode());
                }
                self.outputs.push(Output::CloseSocket { socket });
            }
        }
        self.close_probe();
        if let Some(post) = &mut self.post {
            post.take_held_back();
        }
        self.outputs.push(Output::Closed(reason));
    }

    fn answer(&mut self, request: RequestId, answer: Answer) {
        self.outputs.push(Output::Answer { request, answer });
    }
}

/// What the last poll is told. Clients of revision 1 stay away after a close packet, and come back
/// if they are not known any more.
fn farewell(revision: Revision, reason: CloseReason) -> Encoded {
    match (revision, reason) {
        (Revision::V3 | Revision::V4, _)
        | (_, CloseReason::ForcedClose | CloseReason::TransportClose) => Packet::Close.encode(),
        (Revision::V1, _) => protocol1::unknown(),
    }
}

impl From<Message<'_>> for Received {
    fn from(message: Message<'_>) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.into()),
            Message::Binary(bytes) => Self::Binary(bytes.into_owned().into()),
        }
    }
}

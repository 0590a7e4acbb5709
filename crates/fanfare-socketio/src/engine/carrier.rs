//! A session's end of a WebSocket, for whoever moves the bytes.

use std::fmt;
use std::task::Waker;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fanfare_websocket::{Decoder, Deflate, Event, Role, Settings, frame};

use super::client::Client;
use super::live::Live;
use super::payload::Body;
use super::session::SocketId;

/// What becomes of a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// What was taken is the last: write it, then close. Give it a bounded time.
    Close,
    /// It goes on.
    Open,
}

/// A WebSocket of a session, without I/O: frames in, frames out.
///
/// Whoever has the connection calls [`receive`](Self::receive) with what was read,
/// [`take`](Self::take) for what to write, tells what was [`written`](Self::written), and at last
/// that it [`ended`](Self::ended). Dropping it says that the connection broke. It holds no buffer
/// while no message is half received.
pub struct WebSocketCarrier {
    client: Client,
    socket: SocketId,
    decoder: Decoder,
}

impl WebSocketCarrier {
    pub(super) fn new(client: Client, socket: SocketId, deflate: Option<Deflate>) -> Self {
        let bytes_max = client.mount().settings().engine.payload_bytes_max;
        Self {
            client,
            socket,
            decoder: Decoder::new(Settings {
                role: Role::Server,
                // No message is that long.
                message_bytes_max: u32::try_from(bytes_max).unwrap_or(u32::MAX),
                deflate: deflate.is_some(),
            }),
        }
    }

    /// The session.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// True if the session began on this socket, so that the first to come is its open packet.
    ///
    /// Time to let pass between the head of the response and the first [`take`](Self::take), if the
    /// socket begins a session: [`MountSettings::open_delay`](super::MountSettings::open_delay).
    pub fn open_delay(&self) -> Option<Duration> {
        let delay = self.client.mount().settings().open_delay;
        (self.begins_session() && !delay.is_zero()).then_some(delay)
    }

    fn begins_session(&self) -> bool {
        self.socket == Live::FIRST_SOCKET
    }

    /// Bytes came; they are unmasked in place. The application hears their messages before this
    /// returns, unless another thread is talking to it. What there is to answer waits for
    /// [`take`](Self::take).
    pub fn receive(&mut self, mut bytes: &mut [u8], now: Instant) {
        let Self {
            client,
            socket,
            decoder,
            ..
        } = self;
        let socket = *socket;
        loop {
            match decoder.decode(&mut bytes) {
                Ok(None) => return,
                Ok(Some(Event::Text(text))) => client.tell(|live| {
                    let message = Body::Text(&text);
                    (
                        live.session_mut().socket_message(socket, message, now),
                        None,
                    )
                }),
                Ok(Some(Event::Binary(data))) => client.tell(|live| {
                    let message = Body::Binary(&data);
                    (
                        live.session_mut().socket_message(socket, message, now),
                        None,
                    )
                }),
                Ok(Some(Event::Ping(payload))) => {
                    client.tell(|live| ((), live.control(socket, frame::pong(&payload))));
                }
                Ok(Some(Event::Pong(_))) => {}
                Ok(Some(Event::Close(received))) => client.tell(|live| {
                    let waker = live.hang_up(socket, frame::close_echo(received.as_ref()));
                    (live.session_mut().socket_closed(socket), waker)
                }),
                Err(violation) => client.tell(|live| {
                    let waker = live.hang_up(socket, violation.close_frame());
                    (live.session_mut().socket_failed(socket), waker)
                }),
            }
        }
    }

    /// Appends to `out` all frames that are to be written now, and sees to it that `waker` hears
    /// of the next.
    pub fn take(&mut self, waker: &Waker, out: &mut Vec<Bytes>) -> Flow {
        match self.client.lock().take(self.socket, waker, out) {
            Some(false) => Flow::Open,
            Some(true) => Flow::Close,
            None => {
                out.push(frame::close_echo(None));
                Flow::Close
            }
        }
    }

    /// The kernel took so many bytes of what was taken from here. Without being told, the session
    /// takes its client for a slow one.
    pub fn written(&mut self, bytes: usize) {
        let somebody_waits = self.client.lock().written(self.socket, bytes);
        if somebody_waits {
            self.client.tell(|_| ((), None));
        }
    }

    /// How long the last frames may take.
    pub(super) fn close_timeout(&self) -> Duration {
        self.client.mount().settings().engine.close_timeout
    }

    /// The connection has ended: in order if the peer closed it. What is said after that has no
    /// effect.
    pub fn ended(&mut self, in_order: bool) {
        let socket = self.socket;
        self.client
            .tell(|live| (live.socket_gone(socket, in_order), None));
    }
}

impl Drop for WebSocketCarrier {
    fn drop(&mut self) {
        self.ended(false);
    }
}

impl fmt::Debug for WebSocketCarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketCarrier")
            .field("client", &self.client)
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

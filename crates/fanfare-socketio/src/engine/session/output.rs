//! What a session wants done.

use bytes::Bytes;

use crate::engine::{Answer, Encoded};

/// The driver's name for a polling request; unique among those of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub u64);

/// The driver's name for a WebSocket; unique among those of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SocketId(pub u64);

/// What to do next. In order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Drop the connection of a request without an answer.
    Abandon {
        /// Which.
        request: RequestId,
    },
    /// Answer a request.
    Answer {
        /// Which.
        request: RequestId,
        /// With what.
        answer: Answer,
    },
    /// The session is over. Nothing comes after it but answers to requests that still come.
    Closed(CloseReason),
    /// Send a close frame, without a status as the reference does, and close.
    CloseSocket {
        /// Which.
        socket: SocketId,
    },
    /// A message for the application.
    Message(Received),
    /// Send a message on a WebSocket.
    Send {
        /// Which.
        socket: SocketId,
        /// Payload and kind of the WebSocket message.
        message: Encoded,
    },
    /// The session lives on its WebSocket from here on.
    Upgraded,
}

/// A message from the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Bytes.
    Binary(Bytes),
    /// Text.
    Text(Box<str>),
}

impl Received {
    /// Bytes of it.
    pub fn len(&self) -> usize {
        match self {
            Self::Binary(bytes) => bytes.len(),
            Self::Text(text) => text.len(),
        }
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why a session ended. Applications see the text of it, which is the reference's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The application or a layer above closed it.
    ForcedClose,
    /// The client sent what is no packet.
    ParseError,
    /// The client was silent for too long.
    PingTimeout,
    /// The server goes away; the client should come back.
    ServerShuttingDown,
    /// The client closed it, or its connection ended in order.
    TransportClose,
    /// The client broke a rule of its transport, or its connection ended in disorder.
    TransportError,
}

impl CloseReason {
    /// The reason as the reference writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ForcedClose => "forced close",
            Self::ParseError => "parse error",
            Self::PingTimeout => "ping timeout",
            Self::ServerShuttingDown => "server shutting down",
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
        }
    }
}

//! A WebSocket of Socket.IO, parked: bytes between the link and a session of `fanfare-socketio`.
//!
//! Here messages do not come from places in the hub but from the session, to which anybody in the
//! process may send; it wakes the connection.

use std::task::Waker;
use std::time::Instant;

use fanfare_hub::{EndReason, Gap, Message};
use fanfare_link::{At, Close, Farewell, Kind, Loss, Outbox, Protocol, Reads, Tick};
use fanfare_socketio::engine::{CloseReason, Flow, WebSocketCarrier};

use super::kind;

/// Moves the bytes of one WebSocket.
#[derive(Debug)]
pub struct EngineSocket {
    carrier: WebSocketCarrier,
    /// Makes the link ask for what the session has to say. None before the connection is held.
    waker: Option<Waker>,
    /// Bytes that were written and of which the session does not know that the kernel has them.
    undrained: usize,
}

impl EngineSocket {
    /// A connection whose handshake was accepted.
    pub fn new(carrier: WebSocketCarrier) -> Self {
        Self {
            carrier,
            waker: None,
            undrained: 0,
        }
    }

    /// Writes what the session has to say.
    fn pour(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        let Some(waker) = &self.waker else {
            return Ok(());
        };
        let mut frames = Vec::new();
        let flow = self.carrier.take(waker, &mut frames);
        if !frames.is_empty() {
            self.undrained += frames.iter().map(bytes::Bytes::len).sum::<usize>();
            out.tell_when_drained();
        }
        for frame in frames {
            out.send(frame);
        }
        match flow {
            Flow::Open => Ok(()),
            Flow::Close => Err(Close::HangUp),
        }
    }
}

impl Protocol for EngineSocket {
    fn kind(&self) -> Kind {
        kind::SOCKET_IO
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.waker = Some(out.waker());
        self.pour(out)
    }

    fn deliver(&mut self, _: &Message, _: At<'_>, _: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    fn gap(&mut self, _: &Gap, _: At<'_>, _: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    fn ended(&mut self, _: EndReason, _: At<'_>, _: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    fn reads(&self) -> Reads {
        Reads::Frames
    }

    fn receive(&mut self, bytes: &mut [u8], out: &mut Outbox<'_>) -> Result<(), Close> {
        // Sessions have a clock of their own, finer than the link's.
        self.carrier.receive(bytes, Instant::now());
        self.pour(out)
    }

    fn woken(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.pour(out)
    }

    fn drained(&mut self) {
        self.carrier.written(std::mem::take(&mut self.undrained));
    }

    /// The session keeps its own deadlines.
    fn deadline(&self) -> Option<Tick> {
        None
    }

    fn tick(&mut self, _: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    fn farewell(&mut self, reason: Farewell, out: &mut Outbox<'_>) -> Close {
        let reason = match reason {
            Farewell::Behind => CloseReason::TransportError,
            Farewell::Shutdown => CloseReason::ServerShuttingDown,
        };
        self.carrier.client().close(reason);
        self.pour(out).err().unwrap_or(Close::HangUp)
    }

    fn lost(&mut self, loss: Loss) {
        self.carrier.ended(loss == Loss::Closed);
    }
}

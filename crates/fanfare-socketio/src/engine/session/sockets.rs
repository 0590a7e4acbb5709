//! A session's WebSockets: the one it lives on, and the one it may move to.
//!
//! Source: Engine.IO protocol 4, "Upgrade".

use std::time::Instant;

use super::{
    Carrier, CloseReason, Encoded, Heartbeat, Origin, Output, Packet, Revision, Session, SocketId,
    Stage,
};
use crate::engine::packet::PROBE;
use crate::engine::payload::Body;
use crate::engine::protocol1;

/// A socket that has not become the carrier yet.
#[derive(Debug)]
pub(super) struct Probe {
    socket: SocketId,
    /// When it is given up.
    pub(super) until: Instant,
    /// True once its ping was answered: no poll is held any more, so that the client can move.
    pub(super) is_confirmed: bool,
}

impl Session {
    /// A WebSocket was opened for this session. It is closed at once if the session does not move:
    /// it is on a socket, or another one is being probed, or upgrades are off.
    ///
    /// In revision 1 a session on polling moves at once.
    pub fn socket_opened(&mut self, socket: SocketId, now: Instant) {
        if self.handshake.revision == Revision::V1 {
            return self.take_over(socket, now);
        }
        let may_move = self.stage == Stage::Open && !self.settings.upgrades.is_empty();
        match &mut self.carrier {
            Carrier::Polling(polling) if may_move && polling.probe.is_none() => {
                polling.probe = Some(Probe {
                    socket,
                    until: now + self.settings.upgrade_timeout,
                    is_confirmed: false,
                });
            }
            _ => self.outputs.push(Output::CloseSocket { socket }),
        }
    }

    /// A message came on a WebSocket, complete and not longer than
    /// [`Settings::payload_bytes_max`](super::Settings::payload_bytes_max), which whoever decodes
    /// frames holds.
    pub fn socket_message(&mut self, socket: SocketId, message: Body<'_>, now: Instant) {
        if self.stage != Stage::Open {
            return;
        }
        let packet = match message {
            Body::Binary(bytes) => Packet::decode_binary(bytes, self.handshake.revision),
            Body::Text(text) => Packet::decode_text(text, self.handshake.revision),
        };
        if self.is_carrier(socket) {
            match packet {
                Ok(packet) => self.receive(packet, Origin::Socket, now),
                Err(_) => self.end(CloseReason::ParseError),
            }
        } else if self.probe().is_some_and(|it| it.socket == socket) {
            self.receive_on_probe(packet.as_ref().ok());
        }
    }

    /// A WebSocket has ended in order.
    pub fn socket_closed(&mut self, socket: SocketId) {
        self.lose_socket(socket, CloseReason::TransportClose);
    }

    /// A WebSocket has ended in disorder: a broken connection, a frame that is none, a message
    /// that is too long.
    pub fn socket_failed(&mut self, socket: SocketId) {
        self.lose_socket(socket, CloseReason::TransportError);
    }

    pub(super) fn close_probe(&mut self) {
        if let Carrier::Polling(polling) = &mut self.carrier
            && let Some(Probe { socket, .. }) = polling.probe.take()
        {
            self.outputs.push(Output::CloseSocket { socket });
        }
    }

    pub(super) fn send_on(&mut self, socket: SocketId, packet: &Encoded) {
        let message = packet.for_websocket(self.handshake.revision, self.handshake.binary);
        self.outputs.push(Output::Send { socket, message });
    }

    pub(super) fn probe(&self) -> Option<&Probe> {
        match &self.carrier {
            Carrier::Polling(polling) => polling.probe.as_ref(),
            Carrier::Socket(_) => None,
        }
    }

    fn is_carrier(&self, socket: SocketId) -> bool {
        matches!(self.carrier, Carrier::Socket(carrier) if carrier == socket)
    }

    /// Only a probe and the upgrade itself may come on a socket that is not the carrier; all else
    /// costs the socket, not the session.
    fn receive_on_probe(&mut self, packet: Option<&Packet<'_>>) {
        let Carrier::Polling(polling) = &mut self.carrier else {
            return;
        };
        let Some(probe) = &mut polling.probe else {
            return;
        };
        let socket = probe.socket;
        match packet {
            Some(Packet::Ping(PROBE)) => {
                probe.is_confirmed = true;
                self.send_on(socket, &Packet::Pong(PROBE).encode());
                self.flush();
                self.release_poll();
            }
            Some(Packet::Upgrade) => self.move_to(socket),
            Some(_) | None => self.close_probe(),
        }
    }

    /// A WebSocket without a probe: the client polls only if it cannot have one.
    fn take_over(&mut self, socket: SocketId, now: Instant) {
        match (self.stage, &self.carrier) {
            (Stage::Open, Carrier::Polling(_)) => {
                self.heartbeat = Heartbeat::resting(&self.settings, now);
                self.move_to(socket);
            }
            (Stage::Closing { reason, .. }, Carrier::Polling(_)) => {
                self.move_to(socket);
                self.end(reason);
            }
            (Stage::Closed, _) | (_, Carrier::Socket(_)) => {
                self.send_on(socket, &protocol1::unknown());
                self.outputs.push(Output::CloseSocket { socket });
            }
        }
    }

    fn move_to(&mut self, socket: SocketId) {
        self.release_poll();
        let before = std::mem::replace(&mut self.carrier, Carrier::Socket(socket));
        self.outputs.push(Output::Upgraded);
        if let Carrier::Polling(mut polling) = before {
            for packet in polling.buffer.take() {
                self.send_on(socket, &packet);
            }
        }
    }

    fn lose_socket(&mut self, socket: SocketId, reason: CloseReason) {
        if self.is_carrier(socket) {
            self.end(reason);
        } else if let Carrier::Polling(polling) = &mut self.carrier {
            polling.probe.take_if(|probe| probe.socket == socket);
        }
    }
}

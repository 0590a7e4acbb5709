//! What carries a session: a held request, or a WebSocket.

use std::task::{Context, Poll};

use super::conn::Conn;
use super::session::{CarrierId, Take};
use super::transport::Transport;
use super::websocket::{Say, Speaker};

/// The place of a carrier at its session, given up when this is dropped.
#[derive(Debug)]
pub(super) struct Carrier {
    conn: Conn,
    id: CarrierId,
}

impl Carrier {
    pub(super) fn attach(conn: Conn) -> Self {
        let id = conn.attach();
        Self { conn, id }
    }

    pub(super) fn transport(&self) -> Transport {
        self.conn.transport()
    }

    /// What to do, once there is something.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Take> {
        self.conn.poll_take(self.id, cx)
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.conn.detach(self.id);
    }
}

impl Speaker for Carrier {
    fn hear(&mut self, text: &str) {
        self.conn.receive(text);
    }

    fn poll_say(&mut self, cx: &mut Context<'_>) -> Poll<Say> {
        self.poll_take(cx).map(|take| match take {
            Take::Frames(frames) => Say::More(frames),
            Take::Last(frames) => Say::Last(frames),
        })
    }

    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.conn.poll_over(cx)
    }
}

//! What a session has around it while it is live: requests that wait for an answer, sockets with
//! frames to write, and an application that has not heard the last of it.
//!
//! Everything here happens under the session's lock, and nothing here calls anybody: what is to be
//! done outside is returned as [`Effects`].

use std::task::Waker;
use std::time::Instant;

use bytes::Bytes;
use fanfare_websocket::Deflate;
use tokio::sync::oneshot;

use super::answer::Answer;
use super::flush::{Flushes, Mark};
use super::line::Line;
use super::mind::{Event, Mind};
use super::moment::Moment;
use super::packet::Encoded;
use super::parcel::{Parcel, Wire};
use super::queue::Queue;
use super::refusal::Refusal;
use super::session::{CloseReason, Output, RequestId, Session, SocketId};
use crate::few::Few;

/// A session and its surroundings.
pub(super) struct Live {
    session: Session,
    wire: Wire,
    /// The socket that carries the session, one that may come to, and what has yet to close.
    lines: Few<Line>,
    /// Requests without an answer: at most a poll and a `POST`.
    requests: Queue<(RequestId, oneshot::Sender<Answer>)>,
    flushes: Flushes,
    mind: Mind,
    /// When the alarm clock will look at this session. Invariant: not after what it waits for.
    armed: Option<Moment>,
    /// Numbers requests and sockets.
    next: u64,
}

/// What to do once the lock is open.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Effects {
    pub(super) answers: Vec<(oneshot::Sender<Answer>, Answer)>,
    pub(super) flushed: Vec<oneshot::Sender<()>>,
    pub(super) waker: Option<Waker>,
    /// Seldom more than none.
    pub(super) other_wakers: Vec<Waker>,
    /// When to look at the session, if that is earlier than was known.
    pub(super) alarm: Option<Moment>,
    /// The session is over.
    pub(super) is_over: bool,
    /// Somebody has to talk to the application.
    pub(super) has_news: bool,
}

impl Live {
    /// The socket of a session that began on one.
    pub(super) const FIRST_SOCKET: SocketId = SocketId(0);

    pub(super) fn on_polling(session: Session, wire: Wire) -> Self {
        Self::new(session, wire, Few::default())
    }

    /// The session's socket is [`Live::FIRST_SOCKET`].
    pub(super) fn on_socket(session: Session, wire: Wire, deflate: Option<Deflate>) -> Self {
        let line = Line::new(Self::FIRST_SOCKET, deflate);
        Self::new(session, wire, Few::one(line))
    }

    fn new(session: Session, wire: Wire, lines: Few<Line>) -> Self {
        Self {
            session,
            wire,
            lines,
            requests: Queue::default(),
            flushes: Flushes::default(),
            mind: Mind::new(),
            armed: None,
            next: 0,
        }
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// For what needs nothing but the session. Settle afterwards.
    pub(super) fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    pub(super) fn wire(&self) -> Wire {
        self.wire
    }

    /// A number for a request, and where its answer will come. No answer means that its connection
    /// shall end.
    pub(super) fn request(&mut self) -> (RequestId, oneshot::Receiver<Answer>) {
        let request = RequestId(self.number());
        let (sender, receiver) = oneshot::channel();
        self.requests.push((request, sender));
        (request, receiver)
    }

    /// The connection of a request has ended. False if the request was answered already.
    pub(super) fn request_gone(&mut self, request: RequestId) -> bool {
        self.session.request_gone(request);
        self.answered(request).is_some()
    }

    /// A number for a WebSocket that the session is going to hear of.
    pub(super) fn socket(&mut self, deflate: Option<Deflate>) -> SocketId {
        let socket = SocketId(self.number());
        self.lines.push(Line::new(socket, deflate));
        socket
    }

    /// A control frame for a WebSocket.
    pub(super) fn control(&mut self, socket: SocketId, frame: Bytes) -> Option<Waker> {
        self.push(socket, |line| line.push(frame))
    }

    /// The last frame for a WebSocket.
    pub(super) fn hang_up(&mut self, socket: SocketId, frame: Bytes) -> Option<Waker> {
        self.line(socket).and_then(|line| line.close(frame))
    }

    /// Hands over the frames of a WebSocket; true if the last one is among them. `None` if the
    /// session does not know it any more.
    pub(super) fn take(
        &mut self,
        socket: SocketId,
        waker: &Waker,
        out: &mut Vec<Bytes>,
    ) -> Option<bool> {
        self.line(socket).map(|line| line.take(waker, out))
    }

    /// The kernel has taken so many bytes. True if somebody may have waited for that.
    pub(super) fn written(&mut self, socket: SocketId, bytes: usize) -> bool {
        if let Some(line) = self.line(socket) {
            line.written(bytes);
        }
        !self.flushes.is_empty()
    }

    /// The connection of a WebSocket has ended.
    pub(super) fn socket_gone(&mut self, socket: SocketId, is_in_order: bool) {
        self.lines.take(|line| line.socket == socket);
        if is_in_order {
            self.session.socket_closed(socket);
        } else {
            self.session.socket_failed(socket);
        }
    }

    /// Sends packets as one unit. False if the session is over.
    pub(super) fn send(&mut self, parcel: &Parcel) -> (bool, Option<Waker>) {
        let wire = self.wire;
        let waker = match self.session.socket() {
            Some(socket) => self.push(socket, |line| line.share(parcel, wire)),
            None => {
                for packet in parcel.packets() {
                    self.session.send(packet.clone());
                }
                None
            }
        };
        (self.session.is_open(), waker)
    }

    /// True if what is sent now leaves now.
    pub(super) fn is_writable(&mut self, socket_backlog_bytes_max: u64) -> bool {
        match self.session.socket() {
            Some(socket) => self
                .line(socket)
                .is_some_and(|line| line.backlog() <= socket_backlog_bytes_max),
            None => self.session.is_writable(),
        }
    }

    /// Ends the session without delivering what nobody has taken.
    pub(super) fn abort(&mut self, reason: CloseReason) {
        self.flushes.fail();
        if let Some(socket) = self.session.socket()
            && let Some(line) = self.line(socket)
        {
            line.discard();
        }
        self.session.abort(reason);
    }

    /// Where a promise about what has been sent so far is kept.
    pub(super) fn flushed(&mut self) -> Option<oneshot::Receiver<()>> {
        let mark = self.mark()?;
        Some(self.flushes.promise(mark))
    }

    /// The application's side.
    pub(super) fn mind(&mut self) -> &mut Mind {
        &mut self.mind
    }

    /// The alarm that was set for `armed` rings.
    pub(super) fn ring(&mut self, armed: Moment, now: Instant) {
        if self.armed != Some(armed) {
            return;
        }
        self.armed = None;
        self.session.tick(now);
        self.mind.tick(now);
    }

    /// Does what the session wants done. Required after everything that may have changed it.
    pub(super) fn settle(&mut self, waker: Option<Waker>) -> Effects {
        let mut effects = Effects {
            waker,
            ..Effects::default()
        };
        loop {
            let output = match self.mind.is_busy() {
                // What the application is going to say can share the answer.
                true => self.session.next_due(),
                false => self.session.next_output(),
            };
            let Some(output) = output else { break };
            self.carry_out(output, &mut effects);
        }
        if effects.is_over {
            self.refuse_requests(&mut effects);
        }
        self.keep_promises(&mut effects);
        effects.alarm = self.alarm();
        effects.has_news = self.mind.has_news();
        effects
    }

    fn carry_out(&mut self, output: Output, effects: &mut Effects) {
        match output {
            Output::Abandon { request } => drop(self.answered(request)),
            Output::Answer { request, answer } => {
                if let Some(sender) = self.answered(request) {
                    effects.answers.push((sender, answer));
                }
            }
            Output::Closed(reason) => {
                self.mind.note(Event::Closed(reason));
                effects.is_over = true;
            }
            Output::CloseSocket { socket } => {
                effects.wake(self.line(socket).and_then(Line::close_silently));
            }
            Output::Message(message) => self.mind.note(Event::Message(message)),
            Output::Send { socket, message } => effects.wake(self.send_on(socket, &message)),
            Output::Upgraded => {}
        }
    }

    fn send_on(&mut self, socket: SocketId, message: &Encoded) -> Option<Waker> {
        let wire = self.wire;
        self.push(socket, |line| line.send(message, wire))
    }

    /// Adds frames to a WebSocket, unless its client reads too slowly: that ends the session, or
    /// the socket if it does not carry the session.
    fn push(
        &mut self,
        socket: SocketId,
        add: impl FnOnce(&mut Line) -> Option<Waker>,
    ) -> Option<Waker> {
        let bytes_max = self.session.settings().buffer_bytes_max as u64;
        let line = self.line(socket)?;
        // One message that is longer than the bound may pass: there is no other way for it.
        if line.backlog() <= bytes_max {
            return add(line);
        }
        line.discard();
        let waker = line.close_silently();
        self.flushes.fail();
        self.session.socket_failed(socket);
        waker
    }

    /// A body that still comes when the session has ended is of no use to anybody.
    fn refuse_requests(&mut self, effects: &mut Effects) {
        while let Some((_, sender)) = self.requests.pop() {
            let answer = Refusal::SessionUnknown.answer_in(self.wire.revision, None);
            effects.answers.push((sender, answer));
        }
    }

    fn keep_promises(&mut self, effects: &mut Effects) {
        if self.flushes.is_empty() {
            return;
        }
        let now = self.mark();
        let (fetched, _) = self.session.fetched();
        let lines = &self.lines;
        effects.flushed = self.flushes.kept(now, |mark| match mark {
            Mark::Fetched(place) => fetched >= place,
            Mark::Written { socket, place } => lines
                .iter()
                .any(|line| line.socket == socket && line.is_written(place)),
        });
        if effects.is_over && self.session.socket().is_none() {
            self.flushes.fail_polls();
        }
        if self.lines.is_empty() && effects.is_over {
            self.flushes.fail();
        }
    }

    /// The place after all that was sent. `None` once nothing can be.
    fn mark(&self) -> Option<Mark> {
        if !self.session.is_open() {
            return None;
        }
        match self.session.socket() {
            Some(socket) => {
                let line = self.lines.iter().find(|line| line.socket == socket)?;
                Some(Mark::Written {
                    socket,
                    place: line.mark(),
                })
            }
            None => {
                let (fetched, waiting) = self.session.fetched();
                Some(Mark::Fetched(fetched.saturating_add(waiting as u64)))
            }
        }
    }

    /// When to be looked at, if nobody is going to earlier.
    fn alarm(&mut self) -> Option<Moment> {
        let due = [self.session.deadline().map(Moment::from), self.mind.wish()]
            .into_iter()
            .flatten()
            .min()?;
        if self.armed.is_some_and(|armed| armed <= due) {
            return None;
        }
        self.armed = Some(due);
        self.armed
    }

    fn answered(&mut self, request: RequestId) -> Option<oneshot::Sender<Answer>> {
        let (_, sender) = self.requests.take(|(other, _)| *other == request)?;
        Some(sender)
    }

    fn line(&mut self, socket: SocketId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.socket == socket)
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl Effects {
    fn wake(&mut self, waker: Option<Waker>) {
        match (waker, &self.waker) {
            (None, _) => {}
            (waker, None) => self.waker = waker,
            (Some(waker), Some(_)) => self.other_wakers.push(waker),
        }
    }
}

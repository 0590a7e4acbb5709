//! Drives a shard with real sockets.
//!
//! A private selector (`epoll` through mio) watches the shard's sockets; the selector itself is one
//! descriptor in the thread's tokio runtime. So a parked connection costs tokio nothing, and hyper,
//! timers and every client library still run on the same thread.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{Hub, Inbox};
use mio::event::Event as Readiness;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Token};
use tokio::io::Interest as TokioInterest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::exchange::{self, Fallback};
use crate::front::Front;
use crate::limits::{ACCEPTS_PER_TURN, EVENTS_MAX, LinkLimits};
use crate::local::{Event, Local};
use crate::pipe::PipeSocket;
use crate::socket::Socket;
use crate::stream::{self, ByteStream};
use crate::{Clock, Key, Now, Shard, ShardMetrics};

const LISTENER: Token = Token(usize::MAX);

/// How often the reactor looks at the clock. Deadlines are in seconds; four looks keep them within
/// a quarter of one.
const CLOCK_INTERVAL: Duration = Duration::from_millis(250);

/// How often a draining reactor closes its share of connections: smooth, and few wake-ups.
const DRAIN_INTERVAL: Duration = Duration::from_millis(50);

/// What every connection of the node gets.
pub(crate) struct Common {
    pub(crate) hub: Hub,
    pub(crate) front: Arc<dyn Front>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: LinkLimits,
    /// Time over which closing connections is spread.
    pub(crate) grace: Duration,
}

/// What the node wants of its reactors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Serve.
    Run,
    /// Accept no more, and close what is open.
    Drain,
}

/// A shard's socket: of the kernel's, or a pipe to a task.
#[derive(Debug)]
pub(crate) enum Carrier {
    Pipe(PipeSocket),
    Tcp(TcpStream),
}

pub(crate) struct Reactor<F> {
    common: Rc<Common>,
    fallback: F,
    shard: Shard<Carrier>,
    selector: AsyncFd<mio::Poll>,
    listener: Option<TcpListener>,
    /// The listener may have more connections than one turn takes.
    is_accepting: bool,
    /// Connections wait that could not be accepted.
    has_refused: bool,
    connections_max: usize,
    events: Events,
    local: Rc<Local>,
    /// Connections that hyper has for a request, or for good.
    lent: JoinSet<()>,
    /// Answers that come later.
    tasks: JoinSet<()>,
    streams: mpsc::Receiver<Box<dyn ByteStream>>,
    stage: watch::Receiver<Stage>,
    /// When the last connection has to be gone.
    drained_at: Option<tokio::time::Instant>,
}

impl<F: Fallback> Reactor<F> {
    /// Sets a reactor up on the current tokio runtime and `LocalSet`.
    ///
    /// # Errors
    /// When the kernel gives no selector, mostly for want of descriptors.
    pub(crate) fn new(
        common: Common,
        listener: std::net::TcpListener,
        fallback: F,
        connections_max: usize,
        streams: mpsc::Receiver<Box<dyn ByteStream>>,
        stage: watch::Receiver<Stage>,
        seed: u64,
    ) -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let mut listener = TcpListener::from_std(listener);
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        let local = Rc::<Local>::default();
        let inbox = Inbox::new(Box::new(local.cord()));
        let now = common.clock.now();
        let shard = Shard::new(
            common.hub.clone(),
            Arc::clone(&common.front),
            inbox,
            common.limits,
            seed,
            now,
        );
        Ok(Self {
            common: Rc::new(common),
            fallback,
            shard,
            selector: nest(poll)?,
            listener: Some(listener),
            is_accepting: true,
            has_refused: false,
            connections_max,
            events: Events::with_capacity(EVENTS_MAX),
            local,
            lent: JoinSet::new(),
            tasks: JoinSet::new(),
            streams,
            stage,
            drained_at: None,
        })
    }

    pub(crate) fn metrics(&self) -> Arc<ShardMetrics> {
        Arc::clone(self.shard.metrics())
    }

    /// Serves until it is told to drain and has drained.
    pub(crate) async fn run(mut self) -> io::Result<()> {
        let mut interval = ticker(CLOCK_INTERVAL);
        loop {
            let has_more = self.turn()?;
            if self.drained_at.is_some() && self.is_drained() {
                return Ok(());
            }
            if has_more {
                // The tasks on this thread get their turn; the kernel is asked again after that.
                tokio::task::yield_now().await;
                continue;
            }
            tokio::select! {
                ready = self.selector.readable() => ready?.clear_ready(),
                () = self.local.notified() => {}
                Some(_ended) = self.lent.join_next() => self.shard.metrics().lent.subtract(1),
                Some(_ended) = self.tasks.join_next() => {}
                Some(stream) = self.streams.recv(), if self.drained_at.is_none() => self.serve_stream(stream),
                _ = interval.tick() => self.on_clock(),
                changed = self.stage.changed(), if self.drained_at.is_none() => {
                    // A sender that is gone wants no more service either.
                    if changed.is_err() || *self.stage.borrow() == Stage::Drain {
                        self.begin_drain();
                        interval = ticker(DRAIN_INTERVAL);
                    }
                }
            }
        }
    }

    /// Does a bounded part of everything there is to do; `true` when there is more.
    fn turn(&mut self) -> io::Result<bool> {
        let now = self.common.clock.now();
        let is_full = self.poll(now)?;
        if self.is_accepting {
            self.accept(now);
        }
        self.hear_tasks(now);
        let has_more = self.shard.turn(now);
        self.serve_output();
        Ok(has_more || is_full || self.is_accepting)
    }

    /// Takes events from the kernel; `true` when there may be more.
    fn poll(&mut self, now: Now) -> io::Result<bool> {
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        match self
            .selector
            .get_mut()
            .poll(&mut events, Some(Duration::ZERO))
        {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => result?,
        }
        let mut count = 0;
        for event in &events {
            count += 1;
            match event.token() {
                LISTENER => self.is_accepting = self.listener.is_some(),
                Token(token) => self.dispatch(Key::from_token(token as u64), event, now),
            }
        }
        self.events = events;
        Ok(count >= EVENTS_MAX)
    }

    fn dispatch(&mut self, key: Key, event: &Readiness, now: Now) {
        if event.is_error() {
            return self.shard.hung_up(key, now);
        }
        if event.is_writable() {
            self.shard.writable(key, now);
        }
        if event.is_read_closed() {
            self.shard.readable(key, now);
        } else if event.is_readable() {
            self.shard.readable_before_end(key, now);
        }
    }

    fn accept(&mut self, now: Now) {
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(listener) = &self.listener else {
                return;
            };
            match listener.accept() {
                Ok((stream, _peer)) => self.welcome(stream, now),
                Err(error) if is_about_one_connection(&error) => {}
                Err(error) => {
                    self.is_accepting = false;
                    // Without descriptors no event will come for those who wait: the clock will.
                    self.has_refused = error.kind() != io::ErrorKind::WouldBlock;
                    if self.has_refused {
                        tracing::warn!(%error, "cannot accept connections");
                    }
                    return;
                }
            }
        }
    }

    fn welcome(&mut self, stream: TcpStream, now: Now) {
        if self.shard.len() + self.lent.len() >= self.connections_max {
            if let Some(key) = self.shard.turn_away_connection(Carrier::Tcp(stream), now) {
                self.register(key, now);
            }
            return;
        }
        self.shard.metrics().accepted.add(1);
        let key = self.shard.accept(Carrier::Tcp(stream), &[], now);
        self.register(key, now);
    }

    /// Puts a socket of the shard under the selector's watch.
    fn register(&mut self, key: Key, now: Now) {
        let registry = self.selector.get_ref().registry();
        let Some(Carrier::Tcp(stream)) = self.shard.socket_mut(key) else {
            return;
        };
        // Both interests once and for all: edge-triggered readiness that nobody waits for is free.
        let both = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = registry.register(stream, Token(key.to_token() as usize), both) {
            tracing::warn!(%error, "cannot watch a connection");
            self.shard.hung_up(key, now);
        }
    }

    fn hear_tasks(&mut self, now: Now) {
        for event in self.local.take() {
            match event {
                Event::AcceptStream(pipe) => {
                    let key = self.shard.accept(Carrier::Pipe(pipe), &[], now);
                    self.bind(key, now);
                }
                Event::Adopt(pipe, hold) => {
                    let key = self.shard.adopt(Carrier::Pipe(pipe), hold, now);
                    self.bind(key, now);
                }
                Event::Completed(completion) => self.shard.complete(completion, now),
                Event::HungUp(key) => self.shard.hung_up(key, now),
                Event::Readable(key) => self.shard.readable(key, now),
                Event::Returned(stream, received) => self.take_back(stream, &received, now),
                Event::Spent(stream) => self.part_from(stream, now),
                Event::Writable(key) => self.shard.writable(key, now),
            }
        }
    }

    fn bind(&mut self, key: Key, now: Now) {
        let Some(Carrier::Pipe(pipe)) = self.shard.socket_mut(key) else {
            return;
        };
        if pipe.bind(key) {
            self.shard.readable(key, now);
        }
    }

    fn take_back(&mut self, stream: tokio::net::TcpStream, received: &[u8], now: Now) {
        // A socket that cannot leave tokio is broken; it closes by being dropped.
        if let Ok(stream) = stream.into_std() {
            let stream = Carrier::Tcp(TcpStream::from_std(stream));
            let key = self.shard.take_back(stream, received, now);
            self.register(key, now);
        }
    }

    fn part_from(&mut self, stream: tokio::net::TcpStream, now: Now) {
        if let Ok(stream) = stream.into_std() {
            let key = self
                .shard
                .part(Carrier::Tcp(TcpStream::from_std(stream)), now);
            self.register(key, now);
        }
    }

    /// Does for the shard what it cannot do itself.
    fn serve_output(&mut self) {
        let output = self.shard.take_output();
        for deferred in output.deferred {
            let local = Rc::clone(&self.local);
            self.tasks
                .spawn_local(async move { local.push(Event::Completed(deferred.await)) });
        }
        for handover in output.handovers {
            match handover.socket {
                Carrier::Pipe(pipe) => pipe.hand_over(handover.received),
                Carrier::Tcp(stream) => self.lend(stream, handover.received),
            }
        }
    }

    /// Lends a connection to hyper.
    fn lend(&mut self, mut stream: TcpStream, received: Bytes) {
        // Not being watched any more is what this is for; a failure means it never was.
        let _ = self.selector.get_ref().registry().deregister(&mut stream);
        let Ok(stream) = tokio::net::TcpStream::from_std(stream.into()) else {
            return;
        };
        self.shard.metrics().lent.add(1);
        let fallback = self.fallback.clone();
        let local = Rc::clone(&self.local);
        if exchange::is_http2(&received) {
            let front = Arc::clone(&self.common.front);
            let stop = until_drain(self.stage.clone());
            self.lent.spawn_local(exchange::serve_streams(
                stream, received, fallback, front, local, stop,
            ));
        } else {
            self.lent
                .spawn_local(lend_once(stream, received, fallback, local));
        }
    }

    fn serve_stream(&mut self, stream: Box<dyn ByteStream>) {
        if self.shard.len() + self.lent.len() >= self.connections_max {
            self.shard.metrics().turned_away.add(1);
            return;
        }
        self.shard.metrics().lent.add(1);
        let (fallback, front) = (self.fallback.clone(), Arc::clone(&self.common.front));
        let (local, stop) = (Rc::clone(&self.local), until_drain(self.stage.clone()));
        self.lent
            .spawn_local(stream::serve(stream, fallback, front, local, stop));
    }

    fn on_clock(&mut self) {
        let now = self.common.clock.now();
        self.shard.tick(now);
        self.is_accepting |= self.has_refused && self.listener.is_some();
        if let Some(at) = self.drained_at {
            let left = at.saturating_duration_since(tokio::time::Instant::now());
            let steps = left.as_millis() / DRAIN_INTERVAL.as_millis() + 1;
            let steps = usize::try_from(steps).unwrap_or(usize::MAX);
            self.shard.drain(self.shard.len().div_ceil(steps), now);
        }
    }

    fn begin_drain(&mut self) {
        self.listener = None;
        self.is_accepting = false;
        self.drained_at = Some(tokio::time::Instant::now() + self.common.grace);
        self.on_clock();
    }

    fn is_drained(&self) -> bool {
        let is_over = self
            .drained_at
            .is_some_and(|at| at + CLOSING_TIME < tokio::time::Instant::now());
        let is_idle = self.shard.is_empty() && self.lent.is_empty() && self.tasks.is_empty();
        is_idle || is_over
    }
}

/// What connections get beyond the grace time to take their last bytes.
const CLOSING_TIME: Duration = Duration::from_secs(3);

async fn lend_once<F: Fallback>(
    stream: tokio::net::TcpStream,
    received: Bytes,
    fallback: F,
    local: Rc<Local>,
) {
    match exchange::serve_one(stream, received, fallback).await {
        Some((stream, rest, true)) => local.push(Event::Returned(stream, rest)),
        Some((stream, _rest, false)) => local.push(Event::Spent(stream)),
        None => {}
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe, for values that could close their descriptor early; \
              `mio::Poll` owns its own until it is dropped, and this crate has no unsafe code"
)]
fn nest(poll: mio::Poll) -> io::Result<AsyncFd<mio::Poll>> {
    AsyncFd::with_interest(poll, TokioInterest::READABLE)
}

async fn until_drain(mut stage: watch::Receiver<Stage>) {
    // A sender that is gone wants no more service either.
    let _ = stage.wait_for(|stage| *stage == Stage::Drain).await;
}

/// True for errors that concern the connection that was to be accepted, not the listener.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

fn ticker(period: Duration) -> tokio::time::Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    interval
}

impl Socket for Carrier {
    fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Pipe(pipe) => pipe.receive(into),
            Self::Tcp(stream) => stream.receive(into),
        }
    }

    fn send(&mut self, piece: &Bytes, offset: usize) -> io::Result<usize> {
        match self {
            Self::Pipe(pipe) => pipe.send(piece, offset),
            Self::Tcp(stream) => stream.send(piece, offset),
        }
    }

    fn send_all(&mut self, pieces: &[Bytes], offset: usize) -> io::Result<usize> {
        match self {
            Self::Pipe(pipe) => pipe.send_all(pieces, offset),
            Self::Tcp(stream) => stream.send_all(pieces, offset),
        }
    }

    fn respond(&mut self, response: http::Response<Bytes>) {
        if let Self::Pipe(pipe) = self {
            pipe.respond(response);
        }
    }

    fn finish(&mut self) {
        match self {
            Self::Pipe(pipe) => pipe.finish(),
            Self::Tcp(stream) => stream.finish(),
        }
    }

    fn reset(&mut self) {
        if let Self::Tcp(stream) = self {
            stream.reset();
        }
    }
}

//! A node: its listeners, its threads, its end.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use fanfare_hub::Hub;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::watch;
use tokio::task::LocalSet;

use crate::exchange::Fallback;
use crate::reactor::{Common, Reactor, Stage};
use crate::stream::ByteStream;
use crate::{Clock, Front, LinkLimits, ShardMetrics};

/// Connections that wait to be accepted, per shard. The kernel caps it at `net.core.somaxconn`.
const ACCEPT_BACKLOG: i32 = 4096;

/// Streams on their way to a shard. One more is dropped, which its peer sees as a refusal.
const ARRIVING_STREAMS_MAX: usize = 1024;

/// How often expired messages and idle channels are collected.
const COLLECT_INTERVAL: Duration = Duration::from_secs(1);

/// How a node serves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// Threads, each with its own share of the connections.
    pub shards: NonZeroUsize,
    /// Bounds of connections.
    pub limits: LinkLimits,
    /// Time over which [`Node::stop`] spreads the closing of connections, so that clients do not
    /// all come back at once.
    pub grace: Duration,
    /// How long an unused channel is remembered.
    pub channel_idle: Duration,
}

/// A node that serves.
#[derive(Debug)]
pub struct Node {
    address: SocketAddr,
    stage: watch::Sender<Stage>,
    metrics: Vec<Arc<ShardMetrics>>,
    streams: Vec<tokio::sync::mpsc::Sender<Box<dyn ByteStream>>>,
    next_stream: AtomicUsize,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Dropped at the end, which ends the collector.
    collector: Mutex<Option<mpsc::Sender<()>>>,
}

/// Starts the threads and begins to serve.
///
/// `front` decides about requests, `fallback` answers what it passes on. Returns when every shard
/// listens.
///
/// # Errors
/// When the address cannot be listened on, or the machine gives no thread or descriptor.
pub fn serve<F>(
    settings: &Settings,
    hub: &Hub,
    front: &Arc<dyn Front>,
    fallback: &F,
    clock: &Arc<dyn Clock>,
) -> io::Result<Node>
where
    F: Fallback + Send,
{
    let listeners = listen(settings)?;
    let address = listeners
        .first()
        .map_or(Ok(settings.listen), TcpListener::local_addr)?;
    let (stage, stages) = watch::channel(Stage::Run);
    let mut threads = Vec::new();
    let mut metrics = Vec::new();
    let mut streams = Vec::new();
    for (index, listener) in listeners.into_iter().enumerate() {
        let common = Common {
            hub: hub.clone(),
            front: Arc::clone(front),
            clock: Arc::clone(clock),
            limits: settings.limits,
            grace: settings.grace,
        };
        let share = settings
            .limits
            .connections_max
            .div_ceil(settings.shards.get());
        let seed = clock.now().wall.millis() ^ (index as u64) << 48;
        let (fallback, stages) = (fallback.clone(), stages.clone());
        let (stream, arriving) = tokio::sync::mpsc::channel(ARRIVING_STREAMS_MAX);
        let make = move || Reactor::new(common, listener, fallback, share, arriving, stages, seed);
        let (thread, counted) = start_shard(index, make)?;
        threads.push(thread);
        streams.push(stream);
        metrics.push(counted);
    }
    let (collector, ended) = mpsc::channel();
    threads.push(start_collector(
        hub.clone(),
        Arc::clone(clock),
        settings.channel_idle,
        ended,
    )?);
    Ok(Node {
        address,
        stage,
        metrics,
        streams,
        next_stream: AtomicUsize::new(0),
        threads: Mutex::new(threads),
        collector: Mutex::new(Some(collector)),
    })
}

impl Node {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The counters of its shards.
    pub fn metrics(&self) -> &[Arc<ShardMetrics>] {
        &self.metrics
    }

    /// Serves a connection that was accepted elsewhere and is not plain TCP, such as TLS after its
    /// handshake. It gets everything that the node's own connections get, at a higher price: see
    /// the module [`stream`](crate::stream).
    ///
    /// The stream must have been made on a tokio runtime that outlives it. Returns `false`, and
    /// drops the stream, when the shards cannot take more at the moment.
    pub fn serve_stream(&self, stream: impl ByteStream + 'static) -> bool {
        let index = self.next_stream.fetch_add(1, Ordering::Relaxed);
        let shard = self.streams.get(index % self.streams.len().max(1));
        shard.is_some_and(|shard| shard.try_send(Box::new(stream)).is_ok())
    }

    /// Begins to stop: no new connections, and goodbye to some of the open ones at a time, to the last
    /// within the grace time. Returns at once.
    pub fn stop(&self) {
        self.stage.send_replace(Stage::Drain);
    }

    /// Waits until the last connection is gone, or has had the grace time and a little more.
    pub fn join(&self) {
        self.collector
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the node panicked");
            }
        }
    }
}

/// One listener per shard on the same port, so that shards share no lock when they accept.
fn listen(settings: &Settings) -> io::Result<Vec<TcpListener>> {
    // With port sharing a second server would silently take half of the connections. Without it
    // the kernel refuses, so ask once without.
    let probe = bind(settings.listen, settings.limits.send_buffer, false)?;
    let address = probe.local_addr()?.as_socket().unwrap_or(settings.listen);
    drop(probe);
    (0..settings.shards.get())
        .map(|_| {
            let socket = bind(address, settings.limits.send_buffer, true)?;
            socket.listen(ACCEPT_BACKLOG)?;
            Ok(socket.into())
        })
        .collect()
}

/// The options are set here once: accepted sockets inherit them.
fn bind(address: SocketAddr, send_buffer: usize, shares_port: bool) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shares_port)?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(send_buffer)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn start_shard<F: Fallback>(
    index: usize,
    make: impl FnOnce() -> io::Result<Reactor<F>> + Send + 'static,
) -> io::Result<(JoinHandle<()>, Arc<ShardMetrics>)> {
    let (started, starting) = mpsc::sync_channel(1);
    let thread = std::thread::Builder::new()
        .name(format!("shard-{index}"))
        .spawn(move || {
            let run = || -> io::Result<()> {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                let set = LocalSet::new();
                set.block_on(&runtime, async {
                    let reactor = make()?;
                    // The other end waits for exactly this.
                    let _ = started.send(Ok(reactor.metrics()));
                    reactor.run().await
                })
            };
            if let Err(error) = run() {
                tracing::error!(%error, shard = index, "a shard has stopped");
                let _ = started.send(Err(error));
            }
        })?;
    let metrics = starting
        .recv()
        .map_err(|_| io::Error::other("a shard did not start"))??;
    Ok((thread, metrics))
}

/// Collects beside the shards, so that no subscriber waits for it.
fn start_collector(
    hub: Hub,
    clock: Arc<dyn Clock>,
    idle: Duration,
    ended: mpsc::Receiver<()>,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name("collector".into())
        .spawn(move || {
            while ended.recv_timeout(COLLECT_INTERVAL) == Err(mpsc::RecvTimeoutError::Timeout) {
                hub.collect(clock.now().wall, idle);
            }
        })
}

//! A shard between a hub and sockets that a test moves by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use fanfare_hub::{
    ChannelName, Draft, Engine, Hub, Inbox, MemoryEngine, MemoryLimits, MessageId, Pending,
    Timestamp, Wake,
};
use fanfare_link::{Deferred, Handover, LinkLimits, Now, Shard, Tick};

use crate::routes::Routes;
use crate::wire::{Peer, Wire};

/// When every test begins: `1700000000` is Tue, 14 Nov 2023 22:13:20 GMT.
pub(crate) const BEGIN: u64 = 1_700_000_000;

/// Far more turns than anything here needs: a shard that still wants more is running in circles.
const TURNS_MAX: usize = 100_000;

pub(crate) struct Rig {
    pub(crate) shard: Shard<Wire>,
    pub(crate) hub: Hub,
    pub(crate) routes: Arc<Routes>,
    pub(crate) now: Now,
    pub(crate) deferred: Vec<Deferred>,
    pub(crate) handovers: Vec<Handover<Wire>>,
    calls: Arc<AtomicUsize>,
}

/// Counts the calls of the driver, and leaves it to the test to hear them.
struct Rope(Arc<AtomicUsize>);

impl Wake for Rope {
    fn wake(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with_limits(LinkLimits::default())
    }

    pub(crate) fn with_limits(limits: LinkLimits) -> Self {
        Self::build(limits, memory(), Inbox::new)
    }

    pub(crate) fn with_engine(engine: Arc<dyn Engine>) -> Self {
        Self::build(LinkLimits::default(), engine, Inbox::new)
    }

    /// A shard whose inbox holds `items` at a time.
    pub(crate) fn with_inbox(items: usize) -> Self {
        Self::build(LinkLimits::default(), memory(), |wake| {
            Inbox::bounded(wake, items, usize::MAX)
        })
    }

    fn build(
        limits: LinkLimits,
        engine: Arc<dyn Engine>,
        inbox: impl FnOnce(Box<dyn Wake>) -> Arc<Inbox>,
    ) -> Self {
        let now = Now {
            tick: Tick(1000),
            wall: Timestamp::from_seconds(BEGIN),
        };
        let hub = Hub::new(engine, 0);
        let routes = Arc::new(Routes::default());
        let front = Arc::clone(&routes);
        let calls = Arc::<AtomicUsize>::default();
        let inbox = inbox(Box::new(Rope(Arc::clone(&calls))));
        Self {
            shard: Shard::new(hub.clone(), front, inbox, limits, 7, now),
            hub,
            routes,
            now,
            deferred: Vec::new(),
            handovers: Vec::new(),
            calls,
        }
    }

    /// How often the driver was woken since the last time it was asked.
    pub(crate) fn calls(&self) -> usize {
        self.calls.swap(0, Ordering::Relaxed)
    }

    pub(crate) fn connect(&mut self) -> Peer {
        let wire = Wire::new();
        let ends = wire.ends();
        let key = self.shard.accept(wire, &[], self.now);
        Peer { key, ends }
    }

    /// Connects, sends a `GET` for `target` and runs.
    pub(crate) fn get(&mut self, target: &str) -> Peer {
        let peer = self.connect();
        self.send(&peer, &request(target));
        peer
    }

    /// Connects to `/talk` and throws the head of the answer away.
    pub(crate) fn talk(&mut self, query: &str) -> Peer {
        let peer = self.get(&format!("/talk?{query}"));
        let answer = peer.take();
        let (head, rest) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(rest.is_empty() || rest.ends_with('\n'), "{rest}");
        peer.put_back(rest);
        peer
    }

    /// Sends bytes to the shard and runs.
    pub(crate) fn send(&mut self, peer: &Peer, bytes: &str) {
        self.send_only(peer, bytes);
        self.run();
    }

    /// Sends bytes to the shard, which gets no turn yet.
    pub(crate) fn send_only(&mut self, peer: &Peer, bytes: &str) {
        peer.write(bytes.as_bytes());
        self.shard.readable(peer.key, self.now);
    }

    /// The peer takes `room` bytes more.
    pub(crate) fn take_more(&mut self, peer: &Peer, room: usize) {
        peer.set_room(room);
        self.shard.writable(peer.key, self.now);
        self.run();
    }

    /// The peer closes its side.
    pub(crate) fn end(&mut self, peer: &Peer) {
        peer.end();
        self.shard.readable(peer.key, self.now);
        self.run();
    }

    pub(crate) fn publish(&self, channel: &str, text: &str) -> MessageId {
        self.publish_draft(channel, Draft::new(text.to_owned()))
    }

    pub(crate) fn publish_draft(&self, channel: &str, draft: Draft) -> MessageId {
        match self.hub.publish(&name(channel), draft, self.now.wall) {
            Pending::Ready(receipt) => receipt.unwrap().id,
            Pending::Later(_) => unreachable!("the engines of these tests publish at once"),
        }
    }

    pub(crate) fn delete(&self, channel: &str) {
        match self.hub.delete(&name(channel), self.now.wall) {
            Pending::Ready(info) => assert!(info.is_ok()),
            Pending::Later(_) => unreachable!("the engines of these tests delete at once"),
        }
    }

    /// Gives the shard turns until it wants no more.
    pub(crate) fn run(&mut self) {
        for _ in 0..TURNS_MAX {
            if !self.turn() {
                return;
            }
        }
        panic!("the shard runs in circles");
    }

    pub(crate) fn turn(&mut self) -> bool {
        let has_more = self.shard.turn(self.now);
        let output = self.shard.take_output();
        self.deferred.extend(output.deferred);
        self.handovers.extend(output.handovers);
        has_more
    }

    /// Gives the shard those deferred answers that have come, and runs.
    pub(crate) fn complete(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        for mut deferred in std::mem::take(&mut self.deferred) {
            match deferred.as_mut().poll(&mut context) {
                Poll::Ready(completion) => self.shard.complete(completion, self.now),
                Poll::Pending => self.deferred.push(deferred),
            }
        }
        self.run();
    }

    /// Lets time pass, second by second.
    pub(crate) fn pass(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.tick();
            self.run();
        }
    }

    /// Lets a second pass, in which the shard gets no turn.
    pub(crate) fn tick(&mut self) {
        self.now.tick.0 += 1;
        self.now.wall = Timestamp::from_millis(self.now.wall.millis() + 1000);
        self.shard.tick(self.now);
    }

    /// Everything that counts what is there now counts nothing.
    pub(crate) fn check_nothing_is_left(&self) {
        let metrics = self.shard.metrics();
        assert_eq!(self.shard.len(), 0);
        assert_eq!(metrics.connections.value(), 0);
        assert_eq!(metrics.backlog_bytes.value(), 0);
        assert!(metrics.held.iter().all(|held| held.value() == 0));
        assert_eq!(self.hub.subscriptions(), 0);
    }
}

pub(crate) fn request(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n")
}

pub(crate) fn name(channel: &str) -> ChannelName {
    ChannelName::new(channel).unwrap()
}

fn memory() -> Arc<dyn Engine> {
    Arc::new(MemoryEngine::new(
        MemoryLimits::default(),
        Timestamp::from_seconds(BEGIN - 1),
    ))
}

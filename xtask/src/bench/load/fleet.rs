//! All the connections of the load client.

use std::net::{SocketAddr, TcpStream as BlockingStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use mio::{Events, Interest, Poll, Token};

use crate::bench::plan::{Faults, Transport};
use crate::bench::process::Processes;

use super::ledger::Ledger;
use super::payload::Stamp;
use super::publisher::Publisher;
use super::subscriber::{Subscriber, join_stalled};

const PUBLISHER: Token = Token(usize::MAX);

/// Descriptors of one process are often limited to 20,000; some are needed for other things.
const SUBSCRIBERS_MAX: usize = 19_000;

/// Connections made before the server gets time to answer: fewer than fit in the queue of any
/// listener, as a lost SYN is repeated only after a second.
const JOIN_BATCH: usize = 64;

/// Between two looks at the sockets while CPU time is measured.
const SLEEP: Duration = Duration::from_millis(5);

/// Without any delivery in this time, the rest is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server is at rest if it uses no more than a clock tick in this time.
const REST: Duration = Duration::from_millis(200);
const REST_CPU: Duration = Duration::from_millis(10);

/// Bytes read at once, into a buffer for all connections.
const SCRATCH_BYTES: usize = 64 << 10;

/// Subscribers and a publisher.
#[derive(Debug)]
pub(super) struct Fleet {
    address: SocketAddr,
    server: Processes,
    poll: Poll,
    events: Events,
    scratch: Vec<u8>,
    publisher: Publisher,
    subscribers: Vec<Subscriber>,
    /// Kept open, never read.
    stalled: Vec<BlockingStream>,
    ledger: Ledger,
    published: u64,
    /// Deliveries that the messages published so far have to make.
    due: u64,
}

/// How to wait for something to happen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pause {
    /// At most until then, waking up for each event: prompt.
    Until(Instant),
    /// For a fixed time in which no event wakes anybody up: see the doc of [`super`].
    Sleep,
}

/// Messages at a steady rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) messages: usize,
    pub(super) message_bytes: usize,
    pub(super) messages_per_second: u32,
}

impl Fleet {
    /// Connects the publisher.
    pub(super) fn new(address: SocketAddr, server: Processes) -> Result<Self> {
        let poll = Poll::new()?;
        let mut publisher = Publisher::connect(address)?;
        poll.registry()
            .register(&mut publisher.socket, PUBLISHER, Interest::READABLE)?;
        Ok(Self {
            address,
            server,
            poll,
            events: Events::with_capacity(1024),
            scratch: vec![0; SCRATCH_BYTES],
            publisher,
            subscribers: Vec::new(),
            stalled: Vec::new(),
            ledger: Ledger::new(Instant::now()),
            published: 0,
            due: 0,
        })
    }

    pub(super) fn server(&self) -> &Processes {
        &self.server
    }

    /// Adds subscribers, and waits until their requests are answered; those of polls are only
    /// answered by a message, so that [`Self::rest`] has to tell when they are waiting.
    pub(super) fn join(&mut self, transport: Transport, count: usize) -> Result<()> {
        ensure!(
            self.subscribers.len() + self.stalled.len() + count <= SUBSCRIBERS_MAX,
            "more than {SUBSCRIBERS_MAX} connections do not fit into one process"
        );
        let opened = self.ledger.opened + count;
        for number in 0..count {
            let key = self.subscribers.len();
            let mut subscriber = Subscriber::join(self.address, transport, self.published)?;
            self.poll.registry().register(
                &mut subscriber.socket,
                Token(key),
                Interest::READABLE,
            )?;
            self.subscribers.push(subscriber);
            if number % JOIN_BATCH == JOIN_BATCH - 1 {
                self.turn(Pause::Sleep)?;
            }
        }
        let deadline = Instant::now() + PATIENCE;
        while transport != Transport::Poll && self.ledger.opened < opened {
            ensure!(Instant::now() < deadline, "subscribers are not answered");
            self.turn(Pause::Sleep)?;
        }
        Ok(())
    }

    /// Lets all that have only connected so far enter the room, and waits until they are there: on
    /// Socket.IO that is another step.
    pub(super) fn enter(&mut self) -> Result<()> {
        let entered = self.ledger.entered;
        let joining = self.subscribers.get_mut(entered..).unwrap_or_default();
        // Written without a look at the answers: they fit into the buffers of the kernel.
        joining.iter_mut().try_for_each(Subscriber::enter)?;
        let deadline = Instant::now() + PATIENCE;
        while self.ledger.entered < self.subscribers.len() {
            ensure!(Instant::now() < deadline, "subscribers do not get in");
            self.turn(Pause::Sleep)?;
        }
        Ok(())
    }

    /// Lets some time pass, in which only the clients' pings and the like are answered.
    pub(super) fn idle(&mut self, time: Duration) -> Result<()> {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            self.turn(Pause::Sleep)?;
        }
        Ok(())
    }

    /// Adds subscribers that never read.
    pub(super) fn join_stalled(&mut self, transport: Transport, count: usize) -> Result<()> {
        for number in 0..count {
            self.stalled.push(join_stalled(self.address, transport)?);
            if number % JOIN_BATCH == JOIN_BATCH - 1 {
                self.turn(Pause::Sleep)?;
            }
        }
        Ok(())
    }

    /// Waits until the server has nothing left to do.
    pub(super) fn rest(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (before, begin) = (self.server.cpu()?, Instant::now());
            while begin.elapsed() < REST {
                self.turn(Pause::Sleep)?;
            }
            if self.server.cpu()?.saturating_sub(before) <= REST_CPU {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "the server does not come to rest"
            );
        }
    }

    /// Publishes messages back to back.
    pub(super) fn publish(&mut self, messages: usize, message_bytes: usize) -> Result<()> {
        let mut payloads = Vec::with_capacity(messages);
        for _ in 0..messages {
            let stamp = Stamp {
                sequence: self.published,
                published: self.ledger.epoch.elapsed(),
            };
            payloads.push(stamp.write(message_bytes));
            self.published += 1;
            self.due += self.subscribers.len() as u64;
        }
        self.publisher.publish(&payloads)
    }

    /// Publishes messages one by one at a steady rate, whether or not the server keeps up, and
    /// waits for the last.
    pub(super) fn publish_steadily(&mut self, pace: Pace) -> Result<()> {
        let interval = Duration::from_secs(1) / pace.messages_per_second;
        let mut due = Instant::now();
        for _ in 0..pace.messages {
            while Instant::now() < due {
                self.turn(Pause::Until(due))?;
            }
            self.publish(1, pace.message_bytes)?;
            due += interval;
        }
        self.wait_for_deliveries(Pause::Until(due))
    }

    /// As [`Self::publish_steadily`]; returns how many nanoseconds each delivery took.
    pub(super) fn timed(&mut self, pace: Pace) -> Result<Vec<u64>> {
        self.ledger.latencies = Some(Vec::with_capacity(pace.messages * self.subscribers.len()));
        self.publish_steadily(pace)?;
        Ok(self.ledger.latencies.take().unwrap_or_default())
    }

    /// Lets the connections emit events in turn at a steady rate, and waits until they are
    /// acknowledged; returns how many nanoseconds each took.
    pub(super) fn timed_trips(&mut self, pace: Pace) -> Result<Vec<u64>> {
        self.ledger.latencies = Some(Vec::with_capacity(pace.messages));
        let interval = Duration::from_secs(1) / pace.messages_per_second;
        let mut due = Instant::now();
        for number in 0..pace.messages {
            while Instant::now() < due {
                self.turn(Pause::Until(due))?;
            }
            let key = number % self.subscribers.len().max(1);
            let subscriber = self.subscribers.get_mut(key).context("nobody to emit")?;
            subscriber.emit(self.ledger.epoch.elapsed(), pace.message_bytes)?;
            self.due += 1;
            due += interval;
        }
        self.wait_for_deliveries(Pause::Until(due))?;
        Ok(self.ledger.latencies.take().unwrap_or_default())
    }

    /// Waits until everything that was published has come. What does not come is lost, and no
    /// error here: [`Self::finish`] counts it.
    pub(super) fn wait_for_deliveries(&mut self, pause: Pause) -> Result<()> {
        let mut progress = (self.ledger.faults.deliveries, Instant::now());
        while self.ledger.faults.deliveries < self.due || self.publisher.unanswered > 0 {
            self.turn(match pause {
                Pause::Until(_) => Pause::Until(Instant::now() + SLEEP),
                Pause::Sleep => Pause::Sleep,
            })?;
            let deliveries = self.ledger.faults.deliveries;
            if deliveries > progress.0 {
                progress = (deliveries, Instant::now());
            } else if progress.1.elapsed() > PATIENCE {
                ensure!(self.publisher.unanswered == 0, "a publish is not answered");
                self.due = deliveries;
            }
        }
        Ok(())
    }

    /// What everybody heard, and what they should not have or have not.
    pub(super) fn finish(self) -> Faults {
        let mut faults = self.ledger.faults;
        for subscriber in &self.subscribers {
            faults.lost += subscriber.missing_after(self.published);
        }
        faults
    }

    /// Waits, then reads what there is.
    fn turn(&mut self, pause: Pause) -> Result<()> {
        let mut wait = match pause {
            Pause::Until(instant) => instant.saturating_duration_since(Instant::now()),
            Pause::Sleep => {
                thread::sleep(SLEEP);
                Duration::ZERO
            }
        };
        loop {
            self.poll.poll(&mut self.events, Some(wait))?;
            let mut count = 0;
            for event in &self.events {
                count += 1;
                if event.token() == PUBLISHER {
                    self.publisher.read(&mut self.scratch)?;
                } else {
                    self.subscribers
                        .get_mut(event.token().0)
                        .context("an event of nobody")?
                        .read(&mut self.scratch, &mut self.ledger)?;
                }
            }
            if count < self.events.capacity() {
                return Ok(());
            }
            wait = Duration::ZERO;
        }
    }
}

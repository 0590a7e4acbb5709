//! A shard and its driver, which calls it as the reactor does: only when something has happened,
//! and not always at once.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use fanfare_hub::{Hub, Inbox, Wake};
use fanfare_link::limits::{BATCH_BYTES_MAX, BATCH_MESSAGES_MAX};
use fanfare_link::{Deferred, Front, Key, Now, Shard, Tick};

use crate::dice::Dice;
use crate::simulation::exchange::{Exchange, Outcome};
use crate::simulation::network::{Line, SimSocket};
use crate::simulation::plan::{Plan, Weather};

/// Far more turns than there can be work for: a shard that still wants more runs in circles.
const TURNS_MAX: usize = 100_000;

/// Bytes around the payload of a message on any wire of the simulation.
const FRAMING_BYTES_MAX: usize = 100;

/// One thread of a simulated node.
pub struct Host {
    hub: Hub,
    shard: Shard<SimSocket>,
    plan: Plan,
    woken: Arc<Bell>,
    /// Something happened since the last turn, or there was more to do after it.
    wants_turn: bool,
    lines: Vec<(Key, Rc<RefCell<Line>>)>,
    deferred: Vec<Deferred>,
    exchanges: Vec<Exchange>,
    ticked: Tick,
    is_draining: bool,
}

#[derive(Debug, Default)]
struct Bell(AtomicBool);

struct BellRope(Arc<Bell>);

impl Wake for BellRope {
    fn wake(&self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("shard", &self.shard)
            .field("wants_turn", &self.wants_turn)
            .field("lines", &self.lines)
            .field("deferred", &self.deferred.len())
            .field("exchanges", &self.exchanges)
            .field("is_draining", &self.is_draining)
            .finish_non_exhaustive()
    }
}

impl Host {
    /// A shard of `hub` without connections.
    pub fn new(hub: &Hub, front: Arc<dyn Front>, plan: &Plan, now: Now) -> Self {
        let woken = Arc::default();
        let (items, bytes) = plan.inbox;
        let inbox = Inbox::bounded(Box::new(BellRope(Arc::clone(&woken))), items, bytes);
        Self {
            hub: hub.clone(),
            shard: Shard::new(hub.clone(), front, inbox, plan.limits, plan.seed, now),
            plan: *plan,
            woken,
            wants_turn: false,
            lines: Vec::new(),
            deferred: Vec::new(),
            exchanges: Vec::new(),
            ticked: now.tick,
            is_draining: false,
        }
    }

    /// Accepts a connection; returns the peer's end.
    pub fn dial(&mut self, now: Now, dice: &mut Dice) -> Rc<RefCell<Line>> {
        let capacity = dice.within(self.plan.send_buffer_max / 4..self.plan.send_buffer_max + 1);
        let line = Line::new(usize::try_from(capacity).unwrap_or(1));
        let socket = SimSocket::new(&line, dice.roll());
        self.watch(socket, &[], now);
        line
    }

    /// True until it is told to drain.
    pub fn is_welcoming(&self) -> bool {
        !self.is_draining
    }

    /// True when nothing is left of it.
    pub fn is_empty(&self) -> bool {
        self.shard.is_empty() && self.exchanges.is_empty()
    }

    /// Closes a few connections, and takes no more.
    pub fn drain(&mut self, now: Now, dice: &mut Dice) {
        self.is_draining = true;
        let count = usize::try_from(dice.within(0..3)).unwrap_or(0);
        self.shard.drain(count, now);
        self.wants_turn = true;
    }

    /// Every line to this host.
    pub fn lines(&self) -> impl Iterator<Item = &Rc<RefCell<Line>>> {
        self.lines.iter().map(|(_, line)| line)
    }

    /// Lets it hear some of what has happened, and do some of what it wants to do.
    pub fn step(&mut self, now: Now, dice: &mut Dice, weather: Weather) {
        self.hear_network(now, dice, weather);
        self.hear_answers(now, dice);
        self.serve_exchanges(now, dice);
        if now.tick > self.ticked && dice.within(0..4) > 0 {
            self.ticked = now.tick;
            self.shard.tick(now);
            self.wants_turn = true;
        }
        for _ in 0..dice.within(0..4) {
            if !self.turn(now) {
                break;
            }
        }
        self.check_bounds();
    }

    /// Lets it do everything that it wants to do.
    ///
    /// # Panics
    /// If there is no end to that.
    pub fn settle(&mut self, now: Now) {
        for _ in 0..TURNS_MAX {
            if !self.turn(now) {
                return;
            }
        }
        panic!("a shard runs in circles");
    }

    /// Checks that nothing is left of anybody.
    ///
    /// # Panics
    /// If something is.
    pub fn check_nothing_is_left(&self) {
        let metrics = self.shard.metrics();
        assert_eq!(self.shard.len(), 0, "connections in the table");
        assert_eq!(metrics.connections.value(), 0, "connections counted");
        assert_eq!(metrics.backlog_bytes.value(), 0, "backlog counted");
        for held in &metrics.held {
            assert_eq!(held.value(), 0, "connections counted as held");
        }
    }

    /// Messages given to readers.
    pub fn deliveries(&self) -> u64 {
        self.shard.metrics().deliveries.value()
    }

    /// One turn if it is due; `true` when the next one is due too.
    fn turn(&mut self, now: Now) -> bool {
        let is_woken = self.woken.0.swap(false, Ordering::Relaxed);
        if !is_woken && !self.wants_turn {
            return false;
        }
        self.wants_turn = self.shard.turn(now);
        let output = self.shard.take_output();
        self.deferred.extend(output.deferred);
        for handover in output.handovers {
            self.exchanges.push(Exchange::new(handover));
        }
        self.wants_turn
    }

    fn watch(&mut self, socket: SimSocket, received: &[u8], now: Now) {
        let line = socket.line();
        let key = self.shard.accept(socket, received, now);
        self.lines.push((key, line));
        self.wants_turn = true;
    }

    fn hear_network(&mut self, now: Now, dice: &mut Dice, weather: Weather) {
        self.lines.retain(|(_, line)| !line.borrow().is_dropped());
        for (key, line) in &self.lines {
            if dice.within(0..4) == 0 {
                continue;
            }
            line.borrow_mut().bury(dice);
            // A readiness that is none would wake whoever was forgotten: not in the calm.
            let is_spurious = weather == Weather::Storm && dice.within(0..50) == 0;
            let edges = line.borrow_mut().take_edges(is_spurious);
            if edges.writable {
                self.shard.writable(*key, now);
                self.wants_turn = true;
            }
            if edges.readable {
                if edges.ended {
                    self.shard.readable(*key, now);
                } else {
                    self.shard.readable_before_end(*key, now);
                }
                self.wants_turn = true;
            }
        }
    }

    fn hear_answers(&mut self, now: Now, dice: &mut Dice) {
        let mut context = Context::from_waker(Waker::noop());
        for mut pending in std::mem::take(&mut self.deferred) {
            if dice.within(0..4) > 0
                && let Poll::Ready(completion) = pending.as_mut().poll(&mut context)
            {
                self.shard.complete(completion, now);
                self.wants_turn = true;
            } else {
                self.deferred.push(pending);
            }
        }
    }

    fn serve_exchanges(&mut self, now: Now, dice: &mut Dice) {
        for mut exchange in std::mem::take(&mut self.exchanges) {
            let outcome = if dice.within(0..4) > 0 {
                exchange.step(&self.hub, now)
            } else {
                Outcome::GoesOn
            };
            match outcome {
                Outcome::GoesOn => self.exchanges.push(exchange),
                Outcome::Lost => {}
                Outcome::Returned => {
                    let (socket, rest) = exchange.into_parts();
                    // A selector that begins to watch a socket tells how it stands.
                    socket.line().borrow_mut().report();
                    self.lines
                        .retain(|(_, line)| !Rc::ptr_eq(line, &socket.line()));
                    self.watch(socket, &rest, now);
                }
            }
        }
    }

    /// What waits for slow readers: their bound, and what one batch can bring at once.
    fn check_bounds(&self) {
        let batch = BATCH_BYTES_MAX + BATCH_MESSAGES_MAX * FRAMING_BYTES_MAX;
        let each = self.plan.limits.backlog_bytes_max + batch;
        let backlog = self.shard.metrics().backlog_bytes.value();
        let bound = (self.shard.len() * each) as u64;
        assert!(backlog <= bound, "{backlog} bytes wait, {bound} may");
        assert_eq!(
            self.shard.metrics().connections.value(),
            self.shard.len() as u64
        );
    }
}

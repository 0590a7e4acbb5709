//! The run itself: everybody around one hub, a storm, a calm, and the end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;
use std::{future::Future, pin::Pin};

use fanfare_hub::{
    ChannelName, Draft, EngineError, HistoryLimits, Hub, MemoryEngine, MemoryLimits, Pending,
    PublishError, Receipt, Timestamp,
};

use crate::dice::Dice;
use crate::simulation::clock::{BEGIN, VirtualClock};
use crate::simulation::engine::LateEngine;
use crate::simulation::front::Routes;
use crate::simulation::host::Host;
use crate::simulation::ledger::{Ledger, Track};
use crate::simulation::network::Line;
use crate::simulation::plan::{Plan, Weather};
use crate::simulation::reader::{Habits, Reader, Surroundings, Tally};
use crate::simulation::story::Story;
use crate::simulation::visitor::Visitor;

/// Milliseconds that recovery may take once nothing goes wrong any more: a reader that has not
/// noticed that its connection is dead gives it up after 25 s, and by polls a long history takes
/// about 200 ms a message.
const RECOVERY_MILLIS: u64 = 100_000;

/// Messages per channel at once when the storm is over.
const LAST_BURST: usize = 20;

/// Milliseconds between two messages when it is calm.
const CALM_INTERVAL_MILLIS: u64 = 2000;

/// Milliseconds in which everything of a peer that is gone must be gone too.
const PARTING_MILLIS: u64 = 40_000;

/// The channel that takes one reader at a time.
const SOLO: &str = "solo";

/// What a run has seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Connections made by readers.
    pub connections: u64,
    /// Messages published.
    pub published: u64,
    /// Messages that readers have seen.
    pub messages: u64,
    /// Gaps that readers were told of.
    pub gaps: u64,
    /// Gaps told for safety's sake, in which nothing was missing.
    pub false_gaps: u64,
    /// Readers closed because they fell behind.
    pub behind: u64,
    /// Requests of visitors that were answered.
    pub answers: u64,
    /// Shards replaced.
    pub replaced: u64,
    /// Milliseconds of virtual time that recovery took.
    pub recovery_millis: u64,
    /// The state of chance at the end: two runs of one seed that did the same have the same.
    pub fingerprint: u64,
}

/// Runs the simulation of a seed.
///
/// # Panics
/// If anything that must hold does not.
pub fn run(seed: u64) -> Report {
    let mut world = World::new(Plan::new(seed));
    world.storm();
    world.calm();
    world.end();
    world.report()
}

/// What a reader sees of the world, while the world keeps its readers.
macro_rules! surroundings {
    ($world:ident) => {
        Surroundings {
            hosts: &mut $world.hosts,
            clock: &$world.clock,
            ledger: &$world.ledger,
            dice: &mut $world.dice,
            channels: &$world.channels,
            story: &mut $world.story,
            weather: $world.weather,
        }
    };
}

struct World {
    plan: Plan,
    dice: Dice,
    clock: VirtualClock,
    ledger: Ledger,
    engine: Arc<LateEngine>,
    hub: Hub,
    routes: Arc<Routes>,
    hosts: Vec<Host>,
    channels: Vec<String>,
    story: Story,
    readers: Vec<Reader>,
    visitors: Vec<Visitor>,
    publishing: Vec<Pending<Result<Receipt, PublishError>>>,
    deleting: Vec<Pending<Result<fanfare_hub::Deletion, EngineError>>>,
    published: u64,
    replaced: u64,
    recovery_millis: u64,
    calm_messages: u64,
    weather: Weather,
}

impl World {
    fn new(plan: Plan) -> Self {
        let mut dice = Dice::new(plan.seed ^ 0x5eed);
        let clock = VirtualClock::default();
        let ledger = Ledger::new(plan.forgets);
        let limits = MemoryLimits {
            history: plan.history,
            bytes_max: plan.engine_bytes,
            idle: idle(&plan),
            ..MemoryLimits::default()
        };
        let memory = MemoryEngine::new(limits, Timestamp::from_seconds(BEGIN - 1));
        let engine = LateEngine::new(memory, &clock, &ledger, Dice::new(dice.roll()));
        let engine = Arc::new(engine);
        let (late, failing) = plan.engine_trouble;
        engine.trouble(late, failing);
        let hub = Hub::new(Arc::clone(&engine) as _, 0);
        let routes = Arc::new(Routes::new(&clock));
        let channels: Vec<String> = (0..plan.channels).map(|n| format!("c{n}")).collect();
        let mut world = Self {
            plan,
            clock,
            ledger,
            engine,
            hub,
            routes,
            hosts: Vec::new(),
            story: Story::default(),
            readers: (0..plan.readers)
                .map(|name| reader(name, &plan, &channels, &mut dice))
                .collect(),
            visitors: (0..plan.visitors).map(|_| Visitor::default()).collect(),
            channels,
            publishing: Vec::new(),
            deleting: Vec::new(),
            published: 0,
            replaced: 0,
            recovery_millis: 0,
            calm_messages: 0,
            weather: Weather::Storm,
            dice,
        };
        world.hosts = (0..plan.shards).map(|_| world.host()).collect();
        world
    }

    fn host(&self) -> Host {
        let routes = Arc::clone(&self.routes);
        Host::new(&self.hub, routes, &self.plan, self.clock.now())
    }

    /// Everything goes wrong that may.
    fn storm(&mut self) {
        while self.clock.millis() < self.plan.storm_millis {
            self.publish_some();
            self.break_some();
            self.step();
        }
    }

    /// Nothing goes wrong any more: everybody must get everything.
    fn calm(&mut self) {
        self.weather = Weather::Calm;
        self.engine.trouble(0, 0);
        // One burst that no inbox holds, and silence: nothing comes after it that would wake by
        // chance whoever was forgotten.
        for channel in self.channels.clone() {
            for _ in 0..LAST_BURST {
                self.publish(&channel, Draft::new("burst"));
            }
        }
        let began = self.clock.millis();
        while let Some(behind) = self.behind(|track| track.cursor.is_some()) {
            self.check_recovery(began, &behind);
            self.step();
        }
        // Who came late to a channel that keeps nothing has nothing: one message after the other,
        // because a poll without a cursor is owed only what comes while it waits.
        let began = self.clock.millis();
        while let Some(behind) = self.behind(|_| true) {
            let due = self.clock.millis().saturating_sub(began) / CALM_INTERVAL_MILLIS;
            if due > self.calm_messages {
                self.calm_messages = due;
                self.channels.rotate_left(1);
                let channel = self.channels[0].clone();
                self.publish(&channel, Draft::new("calm"));
            }
            self.check_recovery(began, &behind);
            self.step();
        }
    }

    fn check_recovery(&mut self, began: u64, behind: &str) {
        let millis = self.clock.millis() - began;
        assert!(millis < RECOVERY_MILLIS, "{behind}; {:#?}", self.hosts);
        self.recovery_millis = self.recovery_millis.max(millis);
    }

    /// Somebody who has not read everything, among those who can be asked for it.
    fn behind(&self, can_be_asked: fn(&Track) -> bool) -> Option<String> {
        if !self.publishing.is_empty() {
            return Some("a publisher waits for its receipt".to_owned());
        }
        if let Some(visitor) = self.visitors.iter().find(|v| v.is_waiting()) {
            return Some(format!("{visitor:?} waits for its answers"));
        }
        let mut lines = self.hosts.iter().flat_map(Host::lines);
        if let Some(line) = lines.find(|line| line.borrow().is_unread()) {
            return Some(format!("nobody reads what came over {line:?}"));
        }
        self.readers
            .iter()
            .filter(|reader| !reader.is_retired())
            .find_map(|reader| {
                let missing = reader.missing(&self.ledger, can_be_asked)?;
                Some(format!("{missing:?} is all that {reader:?} has read"))
            })
    }

    /// Everybody leaves: nothing may be left, and nobody may want to do anything.
    fn end(&mut self) {
        let mut around = surroundings!(self);
        for reader in &mut self.readers {
            reader.leave(around.dice);
        }
        for visitor in &mut self.visitors {
            visitor.leave(&mut around);
        }
        let end = self.clock.millis() + PARTING_MILLIS;
        while self.clock.millis() < end {
            for host in &self.hosts {
                for line in host.lines() {
                    let mut line = line.borrow_mut();
                    if line.is_silent() {
                        line.cut(&mut self.dice);
                    }
                }
            }
            self.pass_time();
            self.step_hosts();
        }
        for host in &mut self.hosts {
            host.settle(self.clock.now());
            host.check_nothing_is_left();
        }
        assert_eq!(self.hub.subscriptions(), 0, "subscriptions in the hub");
    }

    fn report(mut self) -> Report {
        let mut report = Report {
            published: self.ledger.len() as u64,
            answers: self.visitors.iter().map(|v| v.answers).sum(),
            replaced: self.replaced,
            recovery_millis: self.recovery_millis,
            fingerprint: self.dice.roll(),
            ..Report::default()
        };
        for tally in self.readers.iter().map(Reader::tally) {
            report.add(tally);
        }
        report
    }

    /// A moment passes, in which everybody does something or nothing.
    fn step(&mut self) {
        self.pass_time();
        self.replace_some();
        let mut around = surroundings!(self);
        for reader in &mut self.readers {
            reader.step(&mut around);
        }
        for visitor in &mut self.visitors {
            visitor.step(&mut around);
        }
        self.step_hosts();
        let mut context = Context::from_waker(Waker::noop());
        self.publishing
            .retain_mut(|pending| Pin::new(pending).poll(&mut context).is_pending());
        self.deleting
            .retain_mut(|pending| Pin::new(pending).poll(&mut context).is_pending());
    }

    fn pass_time(&mut self) {
        let millis = match self.dice.within(0..200) {
            0 if self.weather == Weather::Storm => self.dice.within(0..5000),
            _ => self.dice.within(1..60),
        };
        let before = self.clock.now().tick;
        self.clock.advance(millis);
        let now = self.clock.now();
        if now.tick > before {
            self.hub.collect(now.wall, idle(&self.plan));
        }
    }

    fn step_hosts(&mut self) {
        let now = self.clock.now();
        for host in &mut self.hosts {
            host.step(now, &mut self.dice, self.weather);
        }
    }

    fn publish_some(&mut self) {
        if self.dice.within(0..20) > 0 {
            return;
        }
        let burst = *self.dice.one_of(&[1, 1, 1, 5, 30, 100]);
        let solo = SOLO.to_owned();
        for _ in 0..burst {
            let channel = match self.dice.within(0..10) {
                0 => solo.clone(),
                _ => self.dice.one_of(&self.channels).clone(),
            };
            let draft = self.draft();
            self.publish(&channel, draft);
        }
        if self.plan.forgets && self.dice.within(0..20) == 0 {
            let channel = self.dice.one_of(&self.channels);
            let name = ChannelName::new(channel).expect("names of the simulation are sound");
            let pending = self.hub.delete(&name, self.clock.now().wall);
            self.deleting.push(pending);
        }
    }

    fn draft(&mut self) -> Draft {
        let length = *self.dice.one_of(&[0, 1, 10, 100, 600]);
        let mut draft = Draft::new(format!("{}{}", self.published, "x".repeat(length)));
        if self.dice.within(0..10) == 0 {
            draft.ttl = Some(Duration::from_millis(self.dice.within(0..3000)));
        }
        if self.dice.within(0..50) == 0 {
            draft.history = Some(HistoryLimits {
                messages: *self.dice.one_of(&[0, 2, 20]),
                ..self.plan.history
            });
        }
        draft
    }

    fn publish(&mut self, channel: &str, draft: Draft) {
        self.published += 1;
        let name = ChannelName::new(channel).expect("names of the simulation are sound");
        let pending = self.hub.publish(&name, draft, self.clock.now().wall);
        self.publishing.push(pending);
    }

    fn break_some(&mut self) {
        let dice = &mut self.dice;
        let mut happens = |times: u64| dice.within(0..100_000) < times;
        let mut cut = Vec::new();
        let visitors = self.visitors.iter().filter_map(Visitor::line);
        let readers = self.readers.iter().filter_map(Reader::line);
        for line in readers.chain(visitors) {
            if happens(self.plan.cuts) {
                cut.push(std::rc::Rc::clone(line));
            }
            if happens(self.plan.silences) {
                line.borrow_mut().fall_silent();
            }
        }
        let until = self.clock.millis();
        for reader in &mut self.readers {
            if happens(self.plan.stalls) {
                reader.stall(until + 15_000);
            }
        }
        for line in cut {
            Line::cut(&mut line.borrow_mut(), dice);
        }
        if self.plan.steps_clock && dice.within(0..1000) == 0 {
            let millis = dice.within(0..20_000).cast_signed() - 10_000;
            self.clock.step_wall(millis);
        }
    }

    /// Drains a shard now and then; a drained one makes room for another.
    fn replace_some(&mut self) {
        if !self.plan.replaces_shards {
            return;
        }
        let now = self.clock.now();
        for index in 0..self.hosts.len() {
            let host = &mut self.hosts[index];
            let begins = self.weather == Weather::Storm && self.dice.within(0..1000) == 0;
            if begins || !host.is_welcoming() {
                host.drain(now, &mut self.dice);
            }
            if !host.is_welcoming() && host.is_empty() {
                host.check_nothing_is_left();
                self.hosts[index] = self.host();
                self.replaced += 1;
            }
        }
    }
}

impl Report {
    fn add(&mut self, tally: Tally) {
        self.connections += tally.connections;
        self.messages += tally.messages;
        self.gaps += tally.gaps;
        self.false_gaps += tally.false_gaps;
        self.behind += tally.behind;
    }
}

/// How long an unused channel is remembered.
fn idle(plan: &Plan) -> Duration {
    Duration::from_secs(if plan.forgets { 2 } else { 3600 })
}

/// A reader of some of the channels, or of the one that takes a single reader.
fn reader(name: usize, plan: &Plan, channels: &[String], dice: &mut Dice) -> Reader {
    let back_at = dice.within(0..10_000);
    let is_strict = dice.within(0..4) == 0;
    if dice.within(0..8) == 0 {
        let habits = Habits {
            is_strict,
            is_jealous: true,
        };
        return Reader::new(name, [SOLO.to_owned()], habits, back_at);
    }
    let count = dice.within(1..plan.limits.channels_max as u64 + 1);
    let wanted: BTreeSet<String> = (0..count).map(|_| dice.one_of(channels).clone()).collect();
    let habits = Habits {
        is_strict,
        is_jealous: false,
    };
    Reader::new(name, wanted, habits, back_at)
}

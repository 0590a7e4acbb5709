//! A reader: it wants some channels whole, over whatever transport and shard it happens to use.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use fanfare_hub::MessageId;

use crate::dice::Dice;
use crate::simulation::clock::VirtualClock;
use crate::simulation::host::Host;
use crate::simulation::ledger::{Ledger, Track};
use crate::simulation::network::{Arrival, Line};
use crate::simulation::plan::Weather;
use crate::simulation::responses::{Event, Responses};
use crate::simulation::story::Story;

/// Milliseconds without a sign of life after which a reader gives a connection up. Servers give
/// one every 8 or 10 seconds.
const PATIENCE: u64 = 25_000;

/// What is around a reader.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// Where it can connect.
    pub hosts: &'a mut [Host],
    /// What time it is.
    pub clock: &'a VirtualClock,
    /// What it may see.
    pub ledger: &'a Ledger,
    /// Its chances.
    pub dice: &'a mut Dice,
    /// Channels that there are.
    pub channels: &'a [String],
    /// What it hears, for people.
    pub story: &'a mut Story,
    /// What to expect of everything.
    pub weather: Weather,
}

/// A reader, across all of its connections.
#[derive(Debug)]
pub struct Reader {
    name: usize,
    tracks: BTreeMap<String, Track>,
    habits: Habits,
    session: Option<Session>,
    /// When it connects again.
    back_at: u64,
    tally: Tally,
}

/// What a reader always does.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// It is to be closed when it falls behind.
    pub is_strict: bool,
    /// It takes its channel over from others, and goes away when the storm is over.
    pub is_jealous: bool,
}

/// What a reader has seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Connections.
    pub connections: u64,
    /// Messages.
    pub messages: u64,
    /// Gaps.
    pub gaps: u64,
    /// Gaps in which nothing was missing.
    pub false_gaps: u64,
    /// Farewells for falling behind.
    pub behind: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Frames,
    Lines,
    LinesOfOldHttp,
    Poll,
}

/// One connection.
#[derive(Debug)]
struct Session {
    line: Rc<RefCell<Line>>,
    transport: Transport,
    responses: Responses,
    /// Written, but not yet sent.
    unsent: Vec<u8>,
    heard_at: u64,
    /// It does not read before then.
    stalled_until: u64,
    /// Bytes that it takes at a time.
    speed: usize,
    /// Responses to come.
    due: u32,
    /// When it last asked.
    asked_in: Weather,
    /// The response that is being read belongs to the upgrade or to a subscription.
    is_held: bool,
    subscriptions: BTreeMap<String, Subscription>,
    tag: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subscription {
    Asked(u32),
    On,
    Leaving(u32),
}

impl Reader {
    /// A reader of `channels` that first connects at `back_at`.
    pub fn new(
        name: usize,
        channels: impl IntoIterator<Item = String>,
        habits: Habits,
        back_at: u64,
    ) -> Self {
        Self {
            name,
            tracks: channels
                .into_iter()
                .map(|name| (name, Track::default()))
                .collect(),
            habits,
            session: None,
            back_at,
            tally: Tally::default(),
        }
    }

    /// What it has seen so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// True when it wants nothing more, because the storm is over.
    pub fn is_retired(&self) -> bool {
        self.habits.is_jealous
    }

    /// Where it has not read everything: its own cursor and the newest id. Looks
    /// only at tracks that `can_be_asked`.
    pub fn missing(
        &self,
        ledger: &Ledger,
        can_be_asked: fn(&Track) -> bool,
    ) -> Option<(String, Track, MessageId)> {
        self.tracks.iter().find_map(|(channel, track)| {
            let newest = ledger.newest(channel);
            let is_missing = track.cursor != Some(newest) && can_be_asked(track);
            is_missing.then(|| (channel.clone(), *track, newest))
        })
    }

    /// Closes its connection, or breaks it.
    pub fn leave(&mut self, dice: &mut Dice) {
        if let Some(session) = self.session.take() {
            let mut line = session.line.borrow_mut();
            if line.is_silent() || dice.within(0..2) == 0 {
                line.cut(dice);
            } else {
                line.leave();
            }
        }
    }

    /// Does something, or nothing.
    pub fn step(&mut self, around: &mut Surroundings<'_>) {
        let now = around.clock.millis();
        if around.weather == Weather::Calm && self.is_retired() {
            return self.leave(around.dice);
        }
        let Some(session) = &mut self.session else {
            if now >= self.back_at {
                self.connect(around);
            }
            return;
        };
        if around.weather == Weather::Calm {
            session.speed = usize::MAX;
        } else if now < session.stalled_until {
            return;
        }
        session.send(around.dice);
        session.line.borrow_mut().pass(around.dice, session.speed);
        let arrival = session.line.borrow_mut().read();
        match arrival {
            Arrival::Bytes(bytes) if !bytes.is_empty() => {
                session.heard_at = now;
                for event in session.responses.read(&bytes) {
                    self.hear(event, around);
                }
            }
            Arrival::Bytes(_) if now > session.heard_at + PATIENCE => {
                let is_silent = session.line.borrow().is_silent();
                assert!(is_silent, "nobody speaks to {:?}", self.session);
                self.leave(around.dice);
                self.back_at = now;
            }
            Arrival::Bytes(_) => {}
            Arrival::End => {
                self.session = None;
                self.back_at = now + around.dice.within(0..3000);
            }
        }
        if around.weather == Weather::Storm {
            self.get_restless(around);
        }
        self.ask(around);
    }

    fn connect(&mut self, around: &mut Surroundings<'_>) {
        let now = around.clock.now();
        let count = around.hosts.len() as u64;
        let host = usize::try_from(around.dice.within(0..count)).unwrap_or(0);
        if !around.hosts[host].is_welcoming() {
            return;
        }
        self.tally.connections += 1;
        let transport = *around.dice.one_of(&[
            Transport::Frames,
            Transport::Lines,
            Transport::Lines,
            Transport::LinesOfOldHttp,
            Transport::Poll,
        ]);
        let session = Session {
            line: around.hosts[host].dial(now, around.dice),
            transport,
            responses: Responses::default(),
            unsent: Vec::new(),
            heard_at: around.clock.millis(),
            stalled_until: 0,
            speed: *around.dice.one_of(&[1, 30, 1000, usize::MAX]),
            due: 0,
            asked_in: around.weather,
            is_held: false,
            subscriptions: BTreeMap::new(),
            tag: 0,
        };
        self.session = Some(session);
        self.request_again(transport, around);
    }

    /// The request that begins a session, or the next poll.
    fn request(&mut self, transport: Transport, around: &mut Surroundings<'_>) -> String {
        let dice = &mut *around.dice;
        // A track without a cursor begins wherever it begins this time.
        for track in self.tracks.values_mut() {
            track.floor = None;
        }
        let mut query = Vec::new();
        if transport != Transport::Frames {
            for (channel, track) in &self.tracks {
                query.push(format!("{channel}={}", start(*track, transport, dice)));
            }
        }
        if self.habits.is_strict {
            query.push("close".to_owned());
        }
        if self.habits.is_jealous {
            query.push((*dice.one_of(&["first", "last"])).to_owned());
        }
        if around.weather == Weather::Storm && dice.within(0..5) == 0 {
            query.push(format!("later={}", dice.within(0..2000)));
        }
        let query = query.join("&");
        match transport {
            Transport::Frames => get(&format!("/frames?{query}")),
            Transport::Lines => get(&format!("/lines?{query}")),
            Transport::LinesOfOldHttp => {
                format!("GET /lines?{query} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            }
            Transport::Poll => get(&format!("/poll?{query}")),
        }
    }

    fn hear(&mut self, event: Event, around: &mut Surroundings<'_>) {
        let Some(session) = &mut self.session else {
            return;
        };
        match event {
            Event::Status(status) => {
                let is_late = status == 408 && session.asked_in == Weather::Calm;
                assert!(!is_late, "a whole request was left lying: {session:?}");
                session.is_held = matches!(status, 101 | 200);
            }
            Event::Line(line) if session.is_held => self.hear_line(&line, around),
            Event::Line(_) => {}
            Event::End => {
                // Another request may follow; whether it is answered is for the server to say.
                let transport = session.transport;
                if transport != Transport::Poll && around.dice.within(0..2) == 0 {
                    self.leave(around.dice);
                    return;
                }
                session.due -= 1;
                if session.due == 0 {
                    self.request_again(transport, around);
                }
            }
        }
    }

    /// Sends the next request on the same connection; sometimes another right behind a poll.
    fn request_again(&mut self, transport: Transport, around: &mut Surroundings<'_>) {
        let request = self.request(transport, around);
        let Some(session) = &mut self.session else {
            return;
        };
        session.is_held = false;
        session.due = 1;
        session.asked_in = around.weather;
        session.unsent.extend(request.bytes());
        if transport == Transport::Poll && around.dice.flip() {
            session.due = 2;
            session.unsent.extend(get("/hello").bytes());
        }
    }

    fn hear_line(&mut self, line: &str, around: &mut Surroundings<'_>) {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        around.story.tell(format!(
            "{:>6} ms, reader {} by {:?}: {line:.60}",
            around.clock.millis(),
            self.name,
            self.session.as_ref().map(|session| session.transport),
        ));
        match words[..] {
            ["m", channel, id, text] => {
                self.check_subscribed(channel);
                self.tally.messages += 1;
                let track = self.track(channel);
                around.ledger.check_message(track, channel, parse(id), text);
            }
            ["g", channel, after, resumed] => {
                self.check_subscribed(channel);
                self.tally.gaps += 1;
                let track = self.track(channel);
                let is_real = around
                    .ledger
                    .check_gap(track, channel, parse(after), parse(resumed));
                self.tally.false_gaps += u64::from(!is_real);
            }
            ["e", channel, _reason] => self.ended(channel, around),
            ["l"] => self.live(around.ledger),
            ["b", "Behind"] => {
                assert!(self.habits.is_strict, "only strict readers are closed");
                self.tally.behind += 1;
            }
            ["b", "Shutdown"] | ["k"] | ["p", _, _] => {}
            ["a", tag, outcome] => self.answered(tag, outcome),
            ["u", tag, found] => self.left(tag, found),
            _ => panic!("a reader hears {line:?}"),
        }
    }

    fn track(&mut self, channel: &str) -> &mut Track {
        self.tracks
            .get_mut(channel)
            .unwrap_or_else(|| panic!("nobody asked for {channel}"))
    }

    /// From here on everything that is published must come.
    fn live(&mut self, ledger: &Ledger) {
        let is_frames = self
            .session
            .as_ref()
            .is_some_and(|s| s.transport == Transport::Frames);
        for (channel, track) in &mut self.tracks {
            // Frames are live before they have subscribed to anything.
            if !is_frames {
                track.floor = Some(ledger.newest(channel));
            }
        }
    }

    fn check_subscribed(&self, channel: &str) {
        let Some(session) = &self.session else {
            return;
        };
        if session.transport == Transport::Frames {
            let subscription = session.subscriptions.get(channel);
            assert!(
                matches!(
                    subscription,
                    Some(Subscription::On | Subscription::Leaving(_))
                ),
                "{channel} speaks while it is {subscription:?}"
            );
        }
    }

    /// Frames ask for the channel again; over the others that takes another request.
    fn ended(&mut self, channel: &str, around: &mut Surroundings<'_>) {
        let Some(session) = &mut self.session else {
            return;
        };
        match session.transport {
            Transport::Frames => {
                session.subscriptions.remove(channel);
            }
            Transport::Lines | Transport::LinesOfOldHttp => self.leave(around.dice),
            Transport::Poll => {}
        }
    }

    fn answered(&mut self, tag: &str, outcome: &str) {
        let Some(session) = &mut self.session else {
            return;
        };
        let asked = Subscription::Asked(tag.parse().expect("tags come back"));
        let channel = session.channel(asked);
        match outcome {
            "ok" => session.subscriptions.insert(channel, Subscription::On),
            "full" | "no" => session.subscriptions.remove(&channel),
            _ => panic!("{channel} was asked for once, and is {outcome}"),
        };
    }

    fn left(&mut self, tag: &str, found: &str) {
        let Some(session) = &mut self.session else {
            return;
        };
        let leaving = Subscription::Leaving(tag.parse().expect("tags come back"));
        if found == "true" {
            let channel = session.channel(leaving);
            session.subscriptions.remove(&channel);
        }
    }

    /// Stalls, leaves, or breaks something, now and then.
    fn get_restless(&mut self, around: &mut Surroundings<'_>) {
        let now = around.clock.millis();
        let Some(session) = &mut self.session else {
            return;
        };
        match around.dice.within(0..2000) {
            0 => {
                self.leave(around.dice);
                self.back_at = now + around.dice.within(0..10_000);
            }
            1 => session.speed = *around.dice.one_of(&[1, 30, 1000, usize::MAX]),
            _ => {}
        }
    }

    /// Asks for what it does not get yet; with frames, also for what it need not.
    fn ask(&mut self, around: &mut Surroundings<'_>) {
        let Some(session) = &mut self.session else {
            return;
        };
        if session.transport != Transport::Frames || !session.is_held {
            return;
        }
        let is_restless = around.weather == Weather::Storm && around.dice.within(0..200) == 0;
        if is_restless {
            let channel = around.dice.one_of(around.channels).clone();
            session.tag += 1;
            let tag = session.tag;
            if around.dice.within(0..2) == 0 {
                let text = format!("pub {tag} {channel} by-frame\n");
                session.unsent.extend(text.bytes());
            } else if session.subscriptions.get(&channel) == Some(&Subscription::On) {
                session
                    .subscriptions
                    .insert(channel.clone(), Subscription::Leaving(tag));
                session
                    .unsent
                    .extend(format!("unsub {tag} {channel}\n").bytes());
            }
            return;
        }
        for (channel, track) in &self.tracks {
            if session.subscriptions.contains_key(channel) {
                continue;
            }
            session.tag += 1;
            let start = start(*track, Transport::Frames, around.dice);
            let text = format!("sub {} {channel} {start}\n", session.tag);
            session.unsent.extend(text.bytes());
            session
                .subscriptions
                .insert(channel.clone(), Subscription::Asked(session.tag));
        }
    }

    /// Stops reading for a while.
    pub fn stall(&mut self, until: u64) {
        if let Some(session) = &mut self.session {
            session.stalled_until = until;
            // A stall is not the server's silence.
            session.heard_at = until;
        }
    }

    /// Its connection, if it has one.
    pub fn line(&self) -> Option<&Rc<RefCell<Line>>> {
        self.session.as_ref().map(|session| &session.line)
    }
}

impl Session {
    /// Sends what is written, not always in one piece.
    fn send(&mut self, dice: &mut Dice) {
        if self.unsent.is_empty() {
            return;
        }
        let count = match dice.within(0..4) {
            0 => usize::try_from(dice.within(0..self.unsent.len() as u64)).unwrap_or(0),
            _ => self.unsent.len(),
        };
        let piece: Vec<u8> = self.unsent.drain(..count).collect();
        self.line.borrow_mut().send(&piece);
    }

    fn channel(&self, which: Subscription) -> String {
        self.subscriptions
            .iter()
            .find(|(_, subscription)| **subscription == which)
            .map(|(channel, _)| channel.clone())
            .unwrap_or_else(|| panic!("nobody waits for {which:?}"))
    }
}

/// Where to begin in a channel.
fn start(track: Track, transport: Transport, dice: &mut Dice) -> String {
    match track.cursor {
        Some(cursor) => cursor.to_string(),
        // A poll that finds nothing is told no cursor: beginning with the newest each time would
        // miss what comes between two of them, and rightly so.
        None if transport != Transport::Poll && dice.within(0..2) == 0 => "newest".to_owned(),
        None => "oldest".to_owned(),
    }
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: simulation\r\n\r\n")
}

fn parse(id: &str) -> MessageId {
    id.parse().expect("ids come back as they were")
}

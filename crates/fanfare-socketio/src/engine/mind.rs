//! The application's side of a session: who is talking to it, and what it has yet to hear.

use std::time::Instant;

use super::application::Conversation;
use super::moment::Moment;
use super::queue::Queue;
use super::session::{CloseReason, Received};

/// A conversation that hears one thing at a time, in order, from whoever finds it at rest.
pub(super) struct Mind {
    state: State,
    inbox: Queue<Event>,
    /// When it wants to hear of time.
    wish: Option<Moment>,
}

enum State {
    /// In a call, or not made yet. Whoever is at that tells it the rest of the inbox as well.
    Busy,
    Idle(Box<dyn Conversation>),
    /// It heard of the end, or fell over.
    Gone,
}

/// What an application is told.
#[derive(Debug)]
pub(super) enum Event {
    Closed(CloseReason),
    Message(Received),
    Tick(Instant),
}

/// A conversation and what to tell it. Whoever has this goes on with [`Mind::go_on`].
pub(super) type Talk = (Box<dyn Conversation>, Event);

impl Mind {
    /// That of a session whose conversation is yet to be made.
    pub(super) fn new() -> Self {
        Self {
            state: State::Busy,
            inbox: Queue::default(),
            wish: None,
        }
    }

    /// The conversation is made.
    pub(super) fn greet(&mut self, conversation: Box<dyn Conversation>, wish: Option<Instant>) {
        self.wish = wish.map(Moment::from);
        self.state = State::Idle(conversation);
    }

    /// There is something to tell.
    pub(super) fn note(&mut self, event: Event) {
        if !matches!(self.state, State::Gone) {
            self.inbox.push(event);
        }
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Instant) {
        if self.wish.take_if(|wish| *wish <= now.into()).is_some() {
            self.note(Event::Tick(now));
        }
    }

    /// Takes the conversation aside, if it is at rest and there is something to tell.
    pub(super) fn begin(&mut self) -> Option<Talk> {
        if !self.has_news() {
            return None;
        }
        let event = self.inbox.pop()?;
        match std::mem::replace(&mut self.state, State::Busy) {
            State::Idle(conversation) => Some((conversation, event)),
            State::Busy | State::Gone => None,
        }
    }

    /// Goes on with what is next, or lets the conversation rest.
    pub(super) fn go_on(
        &mut self,
        conversation: Box<dyn Conversation>,
        wish: Option<Instant>,
    ) -> Option<Talk> {
        self.wish = wish.map(Moment::from);
        if let Some(event) = self.inbox.pop() {
            return Some((conversation, event));
        }
        self.state = State::Idle(conversation);
        None
    }

    /// The conversation is over.
    pub(super) fn part(&mut self) {
        self.state = State::Gone;
        self.inbox.clear();
        self.wish = None;
    }

    /// True while somebody talks: more may be said in a moment.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.state, State::Busy)
    }

    /// True if somebody has to talk to it.
    pub(super) fn has_news(&self) -> bool {
        matches!(self.state, State::Idle(_)) && !self.inbox.is_empty()
    }

    pub(super) fn wish(&self) -> Option<Moment> {
        self.wish
    }
}

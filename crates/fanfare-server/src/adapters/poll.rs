//! Polls: one whole response per request, as revision 2.23 of the relay protocol has them. What it
//! says is [`PollAnswer`]'s.

use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{EndReason, Gap, Message, PageLimit};
use fanfare_link::{At, Close, Farewell, Kind, Outbox, Protocol, Reads, Tick, shared_head};
use fanfare_relay::{Location, Outcome, PollAnswer, PollMode, Profile, Validators};
use http::Response;
use http::header::HeaderValue;

use super::{format, kind, missed, validators};
use crate::access::welcome;
use crate::headers::merge;

/// Answers one poll.
#[derive(Debug)]
pub struct Poll {
    answer: PollAnswer,
    patience: Patience,
    /// The page that asks, if it is not ours. Most polls have none.
    origin: Option<Box<HeaderValue>>,
}

/// How long it waits.
#[derive(Debug)]
enum Patience {
    /// For this long from its beginning.
    For(Duration),
    /// For as long as it takes.
    Forever,
    /// Until then.
    Until(Tick),
}

/// How a poll is to be answered.
#[derive(Clone, Debug)]
pub struct PollSettings {
    /// The dialect.
    pub profile: Profile,
    /// Whether it waits.
    pub mode: PollMode,
    /// How long it is held at most; `None` for as long as it takes.
    pub timeout: Option<Duration>,
    /// The cursor that the request came with, for an answer that does not move it.
    pub echo: Validators,
    /// The request begins at a place that is another one at its next try, such as `since=now`: tell
    /// the client where it stands, also with an answer that there is nothing.
    pub tells_place: bool,
    /// The page that asks, if one of an origin that is welcome does: the answer must let it read.
    pub origin: Option<HeaderValue>,
}

impl Poll {
    /// A poll to be answered like this.
    pub fn new(settings: PollSettings) -> Self {
        let PollSettings {
            profile,
            mode,
            timeout,
            echo,
            tells_place,
            origin,
        } = settings;
        Self {
            answer: PollAnswer::new(profile, mode, echo).telling_place(tells_place),
            patience: timeout.map_or(Patience::Forever, Patience::For),
            origin: origin.map(Box::new),
        }
    }

    fn reply(&self, mut response: Response<Bytes>, out: &mut Outbox<'_>) -> Close {
        if let Some(origin) = &self.origin {
            merge(
                response.headers_mut(),
                welcome(origin, Location::Subscriber),
            );
        }
        out.reply(response);
        Close::Finished
    }

    fn answer_nothing(&self, outcome: Outcome, out: &mut Outbox<'_>) -> Close {
        self.reply(self.answer.nothing(outcome), out)
    }
}

impl Protocol for Poll {
    fn kind(&self) -> Kind {
        match self.answer.mode() {
            PollMode::Interval => kind::INTERVAL_POLL,
            PollMode::Long => kind::LONG_POLL,
        }
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        if let Patience::For(time) = self.patience {
            self.patience = Patience::Until(out.tick().after(time));
        }
        Ok(())
    }

    fn settled(&mut self, at: At<'_>) {
        if let Some(id) = at.cursors().nth(at.index()).flatten() {
            self.answer.settled(|| validators(id, at));
        }
    }

    fn deliver(
        &mut self,
        message: &Message,
        at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        let respond = || {
            let reached = validators(message.id(), at);
            self.answer.message(message, reached)
        };
        if at.is_only() && self.answer.is_common() && self.origin.is_none() {
            let head = message.encoded(format::POLL, |_| {
                let response = respond();
                shared_head(response.status(), response.headers())
            });
            out.reply_shared(head, message.payload(), respond);
            return Err(Close::Finished);
        }
        Err(self.reply(respond(), out))
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, _out: &mut Outbox<'_>) -> Result<(), Close> {
        self.answer
            .gap(missed(gap, at), validators(gap.resumed, at));
        Ok(())
    }

    fn caught_up(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        match self.answer.mode() {
            PollMode::Interval => Err(self.answer_nothing(Outcome::NothingNewer, out)),
            PollMode::Long => Ok(()),
        }
    }

    fn ended(&mut self, reason: EndReason, _at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        Err(self.reply(self.answer.ended(reason), out))
    }

    /// A client may send its next request before this one is answered (D39).
    fn reads(&self) -> Reads {
        Reads::NextRequest
    }

    fn deadline(&self) -> Option<Tick> {
        match self.patience {
            Patience::Until(tick) => Some(tick),
            Patience::For(_) | Patience::Forever => None,
        }
    }

    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        Err(self.answer_nothing(Outcome::TimedOut, out))
    }

    /// As if time had run out: the client asks again, and finds another node.
    fn farewell(&mut self, _reason: Farewell, out: &mut Outbox<'_>) -> Close {
        self.answer_nothing(Outcome::TimedOut, out)
    }

    /// R48: whoever is not held does not listen.
    fn stays(&self) -> bool {
        self.answer.mode() == PollMode::Long
    }

    /// One response has one message.
    fn appetite(&self) -> PageLimit {
        PageLimit::ONE
    }
}

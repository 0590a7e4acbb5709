//! Polls: one whole response per request, as revision 2.23 of the relay protocol has them.
//!
//! A message is a 200 with the publisher's `Content-Type`, the cursor as `Last-Modified` and
//! `Etag`, its id as `Fanfare-Id`, and `X-EventSource-Event` if it has a name. What was missed
//! before it stands in `Fanfare-Gap`.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use fanfare_hub::{EndReason, Gap, Message, MessageId, PageLimit};
use fanfare_link::{At, Close, Farewell, Kind, Outbox, Protocol, Reads, Tick};
use fanfare_relay::gap::{self, Missed};
use fanfare_relay::headers::{FANFARE_GAP, FANFARE_ID, X_EVENTSOURCE_EVENT};
use fanfare_relay::validators::id_value;
use fanfare_relay::{Location, Outcome, Profile, Validators};
use http::Response;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, VARY};

use super::{kind, missed, single_validators, validators};
use crate::access::welcome;
use crate::headers::{SUBSCRIBER_VARY, merge};

/// Answers one poll.
#[derive(Debug)]
pub struct Poll {
    profile: Profile,
    mode: PollMode,
    timeout: Option<Duration>,
    times_out_at: Option<Tick>,
    tells_place: bool,
    /// For an answer without a message.
    cursor: Cursor,
    /// What the answer has to say beyond the message. A first poll from a page of our own, or from
    /// no page at all, has nothing here.
    rest: Option<Box<Rest>>,
}

/// Whether a poll waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollMode {
    /// Answered at once, with 304 when there is nothing (R27, R28).
    Interval,
    /// Held until there is a message (R21 to R24).
    Long,
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

#[derive(Debug, Default)]
struct Rest {
    origin: Option<HeaderValue>,
    /// At most one for each channel.
    missed: Vec<Missed>,
}

/// A cursor as a waiting poll keeps it. As header values it would cost 250 bytes.
#[derive(Debug, Default)]
enum Cursor {
    /// The usual one, of a client that sends back what it was sent.
    Id(MessageId),
    /// There is none.
    #[default]
    None,
    /// One of several channels, or one in a client's own words.
    Words(Box<Validators>),
}

impl Cursor {
    fn new(validators: Validators) -> Self {
        match id_of(&validators) {
            Some(id) if single_validators(id) == validators => Self::Id(id),
            _ if validators == Validators::default() => Self::None,
            _ => Self::Words(Box::new(own(validators))),
        }
    }

    fn validators(&self) -> Validators {
        match self {
            Self::Id(id) => single_validators(*id),
            Self::None => Validators::default(),
            Self::Words(validators) => (**validators).clone(),
        }
    }
}

/// The same in memory of its own: as they came they would keep the whole request head.
fn own(validators: Validators) -> Validators {
    let own =
        |value: Option<HeaderValue>| value.and_then(|v| HeaderValue::from_bytes(v.as_bytes()).ok());
    Validators {
        last_modified: own(validators.last_modified),
        etag: own(validators.etag),
    }
}

fn id_of(validators: &Validators) -> Option<MessageId> {
    let date = validators.last_modified.as_ref()?.to_str().ok()?;
    let since = httpdate::parse_http_date(date)
        .ok()?
        .duration_since(UNIX_EPOCH)
        .ok()?;
    let tag = validators.etag.as_ref()?.to_str().ok()?.parse().ok()?;
    Some(MessageId::new(since.as_secs(), tag))
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
        let rest = origin.map(|origin| Rest {
            origin: Some(origin),
            missed: Vec::new(),
        });
        Self {
            profile,
            mode,
            timeout,
            times_out_at: None,
            tells_place,
            cursor: Cursor::new(echo),
            rest: rest.map(Box::new),
        }
    }

    /// Answers that there is nothing, with the cursor to come back with.
    fn answer_nothing(&mut self, outcome: Outcome, out: &mut Outbox<'_>) -> Close {
        let rest = self.take_rest();
        let mut response = self.response(outcome);
        self.cursor.validators().write(response.headers_mut());
        self.reply(response, &rest, out)
    }

    fn response(&self, outcome: Outcome) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = outcome.answer(Location::Subscriber, self.profile).status;
        response
            .headers_mut()
            .insert(VARY, HeaderValue::from_static(SUBSCRIBER_VARY));
        response
    }

    fn take_rest(&mut self) -> Rest {
        self.rest.take().map_or_else(Rest::default, |rest| *rest)
    }

    fn reply(&self, mut response: Response<Bytes>, rest: &Rest, out: &mut Outbox<'_>) -> Close {
        let headers = response.headers_mut();
        if let Some(value) = gap::write(&rest.missed) {
            headers.insert(FANFARE_GAP, value);
        }
        if let Some(origin) = &rest.origin {
            merge(headers, welcome(origin, Location::Subscriber));
        }
        out.reply(response);
        Close::Finished
    }
}

impl Protocol for Poll {
    fn kind(&self) -> Kind {
        match self.mode {
            PollMode::Interval => kind::INTERVAL_POLL,
            PollMode::Long => kind::LONG_POLL,
        }
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.times_out_at = self.timeout.map(|timeout| out.tick().after(timeout));
        Ok(())
    }

    /// A client that began at `now` or near it gets the cursor it stands at with an answer that
    /// there is nothing. Without it the next poll would begin anew, and lose what came in between.
    fn settled(&mut self, at: At<'_>) {
        let reached = at.cursors().nth(at.index()).flatten();
        if let Some(id) = reached
            && self.tells_place
        {
            self.cursor = Cursor::new(validators(id, at));
        }
    }

    fn deliver(
        &mut self,
        message: &Message,
        at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        let mut response = self.response(Outcome::Message);
        *response.body_mut() = message.payload().clone();
        let headers = response.headers_mut();
        validators(message.id(), at).write(headers);
        headers.insert(FANFARE_ID, id_value(message.id()));
        insert_text(headers, CONTENT_TYPE, message.content_type());
        insert_text(headers, X_EVENTSOURCE_EVENT, message.event());
        let rest = self.take_rest();
        Err(self.reply(response, &rest, out))
    }

    /// Kept for the answer. An answer without a message then moves the client's cursor past it.
    fn gap(&mut self, gap: &Gap, at: At<'_>, _out: &mut Outbox<'_>) -> Result<(), Close> {
        self.cursor = Cursor::new(validators(gap.resumed, at));
        let rest = self.rest.get_or_insert_default();
        let found = missed(gap, at);
        match rest
            .missed
            .iter_mut()
            .find(|known| known.channel == found.channel)
        {
            Some(known) => known.gap.resumed = gap.resumed,
            None => rest.missed.push(found),
        }
        Ok(())
    }

    fn caught_up(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        match self.mode {
            PollMode::Interval => Err(self.answer_nothing(Outcome::NothingNewer, out)),
            PollMode::Long => Ok(()),
        }
    }

    fn ended(&mut self, reason: EndReason, _at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        let rest = self.take_rest();
        Err(self.reply(self.response(reason.into()), &rest, out))
    }

    /// A client may send its next request before this one is answered (D39).
    fn reads(&self) -> Reads {
        Reads::NextRequest
    }

    fn deadline(&self) -> Option<Tick> {
        self.times_out_at
    }

    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        Err(self.answer_nothing(Outcome::TimedOut, out))
    }

    /// As if time had run out: the client asks again, and finds another node.
    fn farewell(&mut self, _reason: Farewell, out: &mut Outbox<'_>) -> Close {
        self.answer_nothing(Outcome::TimedOut, out)
    }

    /// One response has one message.
    fn appetite(&self) -> PageLimit {
        PageLimit::ONE
    }
}

/// Header values are bytes: what is not ASCII goes out as the UTF-8 it came in as.
fn insert_text(headers: &mut HeaderMap, name: HeaderName, text: Option<&str>) {
    // The hub takes no control characters, so the value is always one; were it not, the message
    // is worth more than the header.
    if let Some(Ok(value)) = text.map(|text| HeaderValue::from_bytes(text.as_bytes())) {
        headers.insert(name, value);
    }
}

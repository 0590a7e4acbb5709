//! The answer to one poll, whoever drives it.
//!
//! A message is a 200 with the publisher's `Content-Type`, the cursor as `Last-Modified` and
//! `Etag`, its id as `Fanfare-Id`, and `X-EventSource-Event` if it has a name. What was missed
//! before it stands in `Fanfare-Gap`. To a browser it is [no page](crate::headers::confine).

use bytes::Bytes;
use fanfare_hub::{EndReason, Message, MessageId};
use http::Response;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::gap::{self, Missed};
use crate::headers::{FANFARE_GAP, FANFARE_ID, X_EVENTSOURCE_EVENT, confine};
use crate::validators::id_value;
use crate::{Location, Outcome, Profile, Validators};

/// Whether a poll waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PollMode {
    /// Answered at once, with 304 when there is nothing (R27, R28).
    Interval,
    /// Held until there is a message (R21 to R24).
    #[default]
    Long,
}

/// What one poll will be answered, as far as it is known. Small, because a great many wait.
#[derive(Debug)]
pub struct PollAnswer {
    profile: Profile,
    mode: PollMode,
    tells_place: bool,
    /// For an answer without a message.
    cursor: Cursor,
    /// At most one for each channel; nothing for nearly all.
    #[expect(
        clippy::box_collection,
        reason = "8 bytes in every waiting poll instead of 24"
    )]
    missed: Option<Box<Vec<Missed>>>,
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

impl PollAnswer {
    /// The answer to a poll that came with the cursor `echo`.
    pub fn new(profile: Profile, mode: PollMode, echo: Validators) -> Self {
        Self {
            profile,
            mode,
            tells_place: false,
            cursor: Cursor::new(echo),
            missed: None,
        }
    }

    /// For a request that begins at a place that is another one at its next try, such as
    /// `since=now`: the client is told where it stands, also with an answer that there is nothing.
    /// Without that its next poll would begin anew, and lose what came in between.
    #[must_use]
    pub fn telling_place(mut self, tells_place: bool) -> Self {
        self.tells_place = tells_place;
        self
    }

    /// Whether it waits.
    pub fn mode(&self) -> PollMode {
        self.mode
    }

    /// The subscription has found its place.
    pub fn settled(&mut self, reached: impl FnOnce() -> Validators) {
        if self.tells_place {
            self.cursor = Cursor::new(reached());
        }
    }

    /// Something was missed. Kept for the answer; one without a message then moves the client's
    /// cursor past it.
    pub fn gap(&mut self, found: Missed, reached: Validators) {
        self.cursor = Cursor::new(reached);
        let missed = self.missed.get_or_insert_default();
        match missed.iter_mut().find(|m| m.channel == found.channel) {
            Some(known) => known.gap.resumed = found.gap.resumed,
            None => missed.push(found),
        }
    }

    /// True while the answer with a message is the same for every reader of its channel: nothing was
    /// missed.
    pub fn is_common(&self) -> bool {
        self.missed.is_none()
    }

    /// Here is the message.
    pub fn message(&self, message: &Message, reached: Validators) -> Response<Bytes> {
        let mut response = self.response(Outcome::Message);
        *response.body_mut() = message.payload().clone();
        let headers = response.headers_mut();
        reached.write(headers);
        headers.insert(FANFARE_ID, id_value(message.id()));
        insert_text(headers, CONTENT_TYPE, message.content_type());
        insert_text(headers, X_EVENTSOURCE_EVENT, message.event());
        confine(headers);
        response
    }

    /// There is nothing, with the cursor to come back with: [`Outcome::NothingNewer`] or
    /// [`Outcome::TimedOut`].
    pub fn nothing(&self, outcome: Outcome) -> Response<Bytes> {
        let mut response = self.response(outcome);
        self.cursor.validators().write(response.headers_mut());
        response
    }

    /// The hub has ended the subscription.
    pub fn ended(&self, reason: EndReason) -> Response<Bytes> {
        self.response(reason.into())
    }

    fn response(&self, outcome: Outcome) -> Response<Bytes> {
        let mut response = outcome.response(Location::Subscriber, self.profile);
        if let Some(value) = self.missed.as_ref().and_then(|missed| gap::write(missed)) {
            response.headers_mut().insert(FANFARE_GAP, value);
        }
        response
    }
}

impl Cursor {
    fn new(validators: Validators) -> Self {
        match validators.id() {
            Some(id) if Validators::single(id) == validators => Self::Id(id),
            _ if validators == Validators::default() => Self::None,
            _ => Self::Words(Box::new(validators.into_own())),
        }
    }

    fn validators(&self) -> Validators {
        match self {
            Self::Id(id) => Validators::single(*id),
            Self::None => Validators::default(),
            Self::Words(validators) => (**validators).clone(),
        }
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

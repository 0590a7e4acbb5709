//! Subscribing a client to channels.

use std::time::SystemTime;

use fanfare_hub::{
    Admission, ChannelName, Hub, JoinError, NameError, PageLimit, Start, Timestamp, cursor,
};
use http::StatusCode;

use super::following::Following;
use crate::body::SseBody;
use crate::config::SseConfig;
use crate::rejection::{Rejection, sentence};
use crate::request::SseRequest;
use crate::response::{SseResponse, streaming};
use crate::sse::Sse;

/// A subscription that is about to begin, see [`Sse::subscribe`].
#[derive(Clone, Debug)]
#[must_use = "it begins with `resume`"]
pub struct Subscribe {
    hub: Hub,
    channels: Result<Vec<ChannelName>, NameError>,
    start: Start,
    admission: Admission,
    config: SseConfig,
    clock: fn() -> Timestamp,
}

/// Why a client is not subscribed. Its text is a sentence for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// 400: this cannot be the name of a channel.
    #[error(transparent)]
    ChannelName(#[from] NameError),
    /// 409 or 503: a channel takes no further subscriber.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The request is not one for an event stream.
    #[error(transparent)]
    Request(#[from] Rejection),
}

impl Sse {
    /// Subscribes a client to a channel of `hub`, in the end with [`Subscribe::resume`].
    ///
    /// ```
    /// use fanfare_hub::Hub;
    /// use fanfare_sse::{Sse, SseResponse};
    ///
    /// fn news(hub: &Hub, request: &http::Request<()>) -> Result<SseResponse, SseResponse> {
    ///     Ok(Sse::subscribe(hub, "news").resume(request)?)
    /// }
    /// ```
    ///
    /// A new client begins with the oldest stored message, see [`Subscribe::start`].
    pub fn subscribe(hub: &Hub, channel: &str) -> Subscribe {
        let subscribe = Subscribe {
            hub: hub.clone(),
            channels: Ok(Vec::new()),
            start: Start::Oldest,
            admission: Admission::default(),
            config: SseConfig::new(),
            clock: wall_clock,
        };
        subscribe.and(channel)
    }
}

impl Subscribe {
    /// Follows one more channel. The order matters: the cursor of several channels is the list of
    /// their cursors. A channel named twice is followed once.
    pub fn and(mut self, channel: &str) -> Self {
        if let Ok(channels) = &mut self.channels {
            match ChannelName::new(channel) {
                Err(error) => self.channels = Err(error),
                Ok(name) if channels.contains(&name) => {}
                Ok(name) => channels.push(name),
            }
        }
        self
    }

    /// Where a client begins that brings no cursor.
    pub fn start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// What happens if somebody listens already.
    pub fn admission(mut self, admission: Admission) -> Self {
        self.admission = admission;
        self
    }

    /// Says how the stream behaves. Its buffer does not matter here: a client that reads slowly
    /// reads on from the history, and is told of a gap when that is too short.
    pub fn config(mut self, config: &SseConfig) -> Self {
        self.config = *config;
        self
    }

    /// Replaces the wall clock, by which messages expire.
    pub fn clock(mut self, clock: fn() -> Timestamp) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the stream and goes on from where the client left off, by its `Last-Event-ID`. A cursor
    /// that the hub did not make counts as none.
    ///
    /// # Errors
    /// [`SubscribeError`], which makes a response too. The client is then in no channel.
    pub fn resume<R>(self, request: R) -> Result<SseResponse, SubscribeError>
    where
        R: TryInto<SseRequest>,
        Rejection: From<R::Error>,
    {
        let request = request.try_into().map_err(Rejection::from)?;
        let channels = self.channels?;
        if !request.wants_body {
            return Ok(streaming(SseBody::empty()));
        }
        let count = channels.len();
        let cursors = request
            .last_event_id()
            .and_then(|id| cursor::read(id.as_str(), count))
            .unwrap_or_else(|| vec![None; count]);
        let has_cursor = cursors.iter().all(Option::is_some);
        let starts = cursors
            .into_iter()
            .map(|id| id.map_or(self.start, Start::After));
        let listener = self.hub.listen(
            channels.into_iter().zip(starts),
            self.admission,
            PageLimit::default(),
            (self.clock)(),
        )?;
        let following = Following::new(listener, self.clock, count, has_cursor);
        let body = SseBody::stream(Box::pin(following), &self.config);
        Ok(streaming(body))
    }
}

impl SubscribeError {
    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::ChannelName(_) => StatusCode::BAD_REQUEST,
            Self::Join(JoinError::Conflict) => StatusCode::CONFLICT,
            Self::Join(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Request(rejection) => rejection.status(),
        }
    }

    /// The whole answer: status, headers, and the sentence.
    pub fn into_response(self) -> SseResponse {
        match self {
            Self::Request(rejection) => rejection.into_response(),
            other => sentence(other.status(), &other),
        }
    }
}

/// So that a handler that returns `Result<SseResponse, SseResponse>` can use `?`.
impl From<SubscribeError> for SseResponse {
    fn from(error: SubscribeError) -> Self {
        error.into_response()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the default clock; `Subscribe::clock` takes another"
)]
fn wall_clock() -> Timestamp {
    SystemTime::now().into()
}

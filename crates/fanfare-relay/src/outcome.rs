//! What can become of a request, and the answer to it.

use bytes::Bytes;
use fanfare_hub::{EndReason, JoinError, PublishError, Receipt};
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, VARY};
use http::{Response, StatusCode};

use crate::headers::FANFARE_ERROR;
use crate::{Location, Profile};

/// What became of a request at a publisher or subscriber location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The message is stored, nobody was listening.
    Accepted,
    /// The subscription is over because another subscriber conflicts with it.
    Conflict,
    /// The message was given to those who were listening.
    Delivered,
    /// The channel was deleted while the request was held.
    Gone,
    /// The channel is known, was made, or was deleted: its information is the answer.
    Informed,
    /// The request contradicts itself or cannot be read; nothing was done.
    Invalid,
    /// Here is the next message.
    Message,
    /// The request names no channel.
    NoChannelId,
    /// No such channel, and this method does not make one.
    NoSuchChannel,
    /// An interval poll found nothing newer.
    NothingNewer,
    /// The question what is allowed here.
    Options,
    /// Not permitted: not authorised, publishing at a subscriber location of Nchan's kind, over a limit of subscribers or of the name's length, or the
    /// channel has to exist first and does not.
    Refused,
    /// There is no room for another channel or message.
    StorageExhausted,
    /// A poll was held for as long as the server holds one.
    TimedOut,
    /// The body is over the limit.
    TooLarge,
    /// The engine cannot be reached; nothing was done, and the same request may work later.
    Unavailable,
    /// The method is not for this location.
    WrongMethod,
}

/// Status, body and `Allow` of an answer. [`Location::vary`] and the cursor headers come on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// What to put in the body.
    pub body: Body,
    /// The value of `Allow`, for the answers that must have one.
    pub allow: Option<&'static str>,
}

/// What the body of an answer is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing, and no content type.
    Empty,
    /// Sentence and code of the error, mostly a [`RelayError`](crate::RelayError), in whatever form
    /// the server gives its errors.
    Error,
    /// Channel information in the negotiated [`InfoFormat`](crate::InfoFormat).
    Info,
    /// The message under the content type of its publisher, none if there was none.
    Message,
    /// This text, as `text/plain`.
    Text(&'static str),
}

/// The one text that the protocol's implementations agree on.
pub(crate) const NO_CHANNEL_ID: &str = "No channel id provided.";

impl Outcome {
    /// The answer that goes with this outcome at `location`.
    pub fn answer(self, location: Location, profile: Profile) -> Answer {
        let (status, body) = match self {
            Self::Informed => (StatusCode::OK, Body::Info),
            Self::Delivered => (StatusCode::CREATED, Body::Info),
            Self::Accepted => (StatusCode::ACCEPTED, Body::Info),
            Self::NoSuchChannel => (StatusCode::NOT_FOUND, Body::Empty),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, Body::Empty),
            Self::StorageExhausted => (StatusCode::INSUFFICIENT_STORAGE, Body::Empty),

            Self::Message => (StatusCode::OK, Body::Message),
            Self::NothingNewer => (StatusCode::NOT_MODIFIED, Body::Empty),
            Self::TimedOut => (profile.poll_timeout(), Body::Empty),
            Self::Conflict => (StatusCode::CONFLICT, Body::Empty),
            Self::Gone => (StatusCode::GONE, Body::Empty),

            Self::Options => (StatusCode::OK, Body::Empty),
            Self::Invalid => (StatusCode::BAD_REQUEST, Body::Error),
            Self::NoChannelId => (StatusCode::NOT_FOUND, Body::Text(NO_CHANNEL_ID)),
            Self::Refused => (StatusCode::FORBIDDEN, Body::Empty),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, Body::Empty),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, Body::Empty),
        };
        let has_allow = self == Self::Options || status == StatusCode::METHOD_NOT_ALLOWED;
        Answer {
            status,
            body,
            allow: has_allow.then(|| location.allow()),
        }
    }
}

impl Outcome {
    /// What is wrong, for programs; `None` where nothing is, or where an error says more.
    pub fn code(self) -> Option<&'static str> {
        Some(match self {
            Self::Conflict => "conflict",
            Self::Gone => "gone",
            Self::NoChannelId => "no_channel_id",
            Self::NoSuchChannel => "no_such_channel",
            Self::Refused => "refused",
            Self::StorageExhausted => "too_many_channels",
            Self::TooLarge => "message_too_large",
            Self::Unavailable => "engine_unavailable",
            Self::WrongMethod => "wrong_method",
            Self::Accepted
            | Self::Delivered
            | Self::Informed
            | Self::Invalid
            | Self::Message
            | Self::NothingNewer
            | Self::Options
            | Self::TimedOut => return None,
        })
    }

    /// The answer as far as it is the same for all: everything but the body of [`Body::Error`],
    /// [`Body::Info`] and [`Body::Message`].
    pub fn response(self, location: Location, profile: Profile) -> Response<Bytes> {
        let answer = self.answer(location, profile);
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        if let Some(vary) = location.vary() {
            headers.insert(VARY, HeaderValue::from_static(vary));
        }
        if let Some(allow) = answer.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(code) = self.code() {
            headers.insert(FANFARE_ERROR, HeaderValue::from_static(code));
        }
        if let Body::Text(text) = answer.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            *response.body_mut() = Bytes::from_static(text.as_bytes());
        }
        response
    }
}

impl From<&Receipt> for Outcome {
    /// Counts the subscribers the message was meant for, not those it will reach later: a client
    /// between two polls is not counted, and 202 does not mean that nobody will get it (R48, R49).
    fn from(receipt: &Receipt) -> Self {
        match receipt.info.subscribers {
            0 => Self::Accepted,
            _ => Self::Delivered,
        }
    }
}

impl From<&PublishError> for Outcome {
    fn from(error: &PublishError) -> Self {
        match error {
            PublishError::TooManyChannels { .. } => Self::StorageExhausted,
            PublishError::Unfit { .. } => Self::Invalid,
            // Whatever an engine adds one day is not the publisher's fault.
            _ => Self::Unavailable,
        }
    }
}

impl From<JoinError> for Outcome {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Conflict => Self::Conflict,
            _ => Self::Refused,
        }
    }
}

impl From<EndReason> for Outcome {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::Conflict => Self::Conflict,
            EndReason::Deleted => Self::Gone,
        }
    }
}

//! What a publisher's request does, whoever has received it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use fanfare_hub::{
    ChannelInfo, ChannelName, EngineError, HistoryLimits, Hub, PublishError, Timestamp,
};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Response, StatusCode};
use http_body::Body;

use crate::headers::FANFARE_ID;
use crate::{
    Arrivals, InfoFormat, Intent, Location, Outcome, Profile, Query, RelayError, read_draft,
    validators,
};

/// Time for the subscribers of a deleted channel to be told before the deletion is answered. A
/// crowd of 100,000 needs less than half of it; more would make the publisher wait for a node that
/// is overloaded, and the deletion has happened.
const TOLD_TIME: Duration = Duration::from_secs(1);

/// How publishers are served.
#[derive(Clone, Copy)]
pub struct Publishing<'a> {
    /// Where their messages go.
    pub hub: &'a Hub,
    /// The dialect.
    pub profile: Profile,
    /// How much of a channel is kept.
    pub history: HistoryLimits,
    /// Bytes that a message may have.
    pub message_bytes_max: usize,
    /// Bounds what has come of all unfinished messages.
    pub arrivals: &'a Arc<Arrivals>,
    /// Time for a whole message to arrive.
    pub message_time: Duration,
    /// What time it is.
    pub clock: &'a (dyn Fn() -> Timestamp + Sync),
}

/// Why a publisher's request has failed. Nothing was published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishingError {
    /// The body ended early or is not well formed. The peer must send it again.
    #[error("the request body ended early or is not well formed")]
    Broken,
    /// The engine cannot be reached. Retryable.
    #[error(transparent)]
    Engine(EngineError),
    /// The hub did not take the message.
    #[error(transparent)]
    Hub(PublishError),
    /// The request cannot be read. The peer must change it.
    #[error(transparent)]
    Request(#[from] RelayError),
    /// The message is over the limit, which is this many bytes. The peer must send less.
    #[error("the message is longer than {0} bytes, which is the limit")]
    TooLarge(usize),
    /// Too much of other messages is still arriving. Retryable.
    #[error("too many messages are arriving at this moment; try again")]
    TooMany,
    /// The message took longer to arrive than this. The peer may try again.
    #[error("the message did not arrive within {} s", .0.as_secs())]
    TooSlow(Duration),
}

impl Publishing<'_> {
    /// Does what a request for `channel` wants; `query` is what is left of the query when the
    /// channel has been found, and `body` is read for a message only.
    ///
    /// # Errors
    /// [`PublishingError`] says who must act.
    ///
    /// # Cancel safety
    /// A message may have been published when the future is dropped while it is answered.
    pub async fn answer<B>(
        &self,
        intent: Intent,
        channel: &ChannelName,
        query: Query<'_>,
        parts: &Parts,
        body: &mut B,
    ) -> Result<Response<Bytes>, PublishingError>
    where
        B: Body<Data: AsRef<[u8]>> + Unpin,
    {
        let (outcome, info) = match intent {
            Intent::Create => (Outcome::Informed, self.create(channel).await?),
            Intent::Publish => self.publish(channel, query, parts, body).await?,
            Intent::Delete | Intent::Inform => match self.look(intent, channel).await? {
                Some(info) => (Outcome::Informed, info),
                None => {
                    return Ok(Outcome::NoSuchChannel.response(Location::Publisher, self.profile));
                }
            },
            Intent::Forbidden | Intent::Options | Intent::Subscribe | Intent::WrongMethod => {
                return Ok(Outcome::WrongMethod.response(Location::Publisher, self.profile));
            }
        };
        Ok(self.inform(outcome, &info, parts))
    }

    async fn publish<B>(
        &self,
        channel: &ChannelName,
        query: Query<'_>,
        parts: &Parts,
        body: &mut B,
    ) -> Result<(Outcome, ChannelInfo), PublishingError>
    where
        B: Body<Data: AsRef<[u8]>> + Unpin,
    {
        let payload = tokio::time::timeout(self.message_time, self.read(body))
            .await
            .unwrap_or(Err(PublishingError::TooSlow(self.message_time)))?;
        let mut draft = read_draft(&parts.headers, query, payload)?;
        draft.history = Some(self.history);
        let receipt = self.hub.publish(channel, draft, (self.clock)()).await?;
        Ok((Outcome::from(&receipt), receipt.info))
    }

    async fn create(&self, channel: &ChannelName) -> Result<ChannelInfo, PublishingError> {
        Ok(self.hub.create(channel, (self.clock)()).await?)
    }

    async fn look(
        &self,
        intent: Intent,
        channel: &ChannelName,
    ) -> Result<Option<ChannelInfo>, PublishingError> {
        let now = (self.clock)();
        if intent == Intent::Inform {
            let info = self.hub.info(channel, now).await;
            return info.map_err(PublishingError::Engine);
        }
        let deletion = self.hub.delete(channel, now).await;
        let deletion = deletion.map_err(PublishingError::Engine)?;
        // R41: when this is answered, all who were held have been sent their 410.
        let _ = tokio::time::timeout(TOLD_TIME, deletion.told).await;
        Ok(deletion.info)
    }

    fn inform(&self, outcome: Outcome, info: &ChannelInfo, parts: &Parts) -> Response<Bytes> {
        let format = InfoFormat::negotiate(&parts.headers, self.profile);
        let mut response = outcome.response(Location::Publisher, self.profile);
        *response.body_mut() = format.body(info);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, format.content_type());
        if let Some(id) = info.last_message_id {
            headers.insert(FANFARE_ID, validators::id_value(id));
        }
        response
    }

    /// Reads a body up to the limit. What has arrived is kept, what is announced is not reserved.
    async fn read<B>(&self, body: &mut B) -> Result<Bytes, PublishingError>
    where
        B: Body<Data: AsRef<[u8]>> + Unpin,
    {
        let bytes_max = self.message_bytes_max;
        if body.size_hint().lower() > bytes_max as u64 {
            return Err(PublishingError::TooLarge(bytes_max));
        }
        let mut whole = BytesMut::new();
        let mut arriving = self.arrivals.begin();
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
        {
            let Ok(data) = frame.map_err(|_| PublishingError::Broken)?.into_data() else {
                continue;
            };
            let data = data.as_ref();
            if whole.len() + data.len() > bytes_max {
                return Err(PublishingError::TooLarge(bytes_max));
            }
            whole.extend_from_slice(data);
            if !arriving.hold(whole.len()) {
                return Err(PublishingError::TooMany);
            }
        }
        // Copied to its size: the message may be kept for long, and growing leaves room to spare.
        Ok(Bytes::copy_from_slice(&whole))
    }
}

impl PublishingError {
    /// What is wrong, for programs: lower case with underscores, never changed once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Broken => "body_broken",
            Self::Engine(_) | Self::Hub(PublishError::Engine(_)) => "engine_unavailable",
            Self::Hub(PublishError::TooManyChannels { .. }) => "too_many_channels",
            Self::Hub(PublishError::Unfit { .. }) => "unfit_field",
            Self::Hub(_) => "unavailable",
            Self::Request(error) => error.code(),
            Self::TooLarge(_) => "message_too_large",
            Self::TooMany => "too_many_arriving",
            Self::TooSlow(_) => "message_too_slow",
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::Engine(_) | Self::TooMany => StatusCode::SERVICE_UNAVAILABLE,
            // These outcomes are the same in every profile.
            Self::Hub(error) => {
                Outcome::from(error)
                    .answer(Location::Publisher, Profile::Relay)
                    .status
            }
            Self::Request(error) => error.status(),
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

impl fmt::Debug for Publishing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publishing")
            .field("profile", &self.profile)
            .field("history", &self.history)
            .finish_non_exhaustive()
    }
}

impl From<PublishError> for PublishingError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Engine(error) => Self::Engine(error),
            error => Self::Hub(error),
        }
    }
}

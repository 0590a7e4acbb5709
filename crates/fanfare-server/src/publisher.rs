//! The publisher location: publish, create, inform, delete.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use fanfare_hub::{ChannelInfo, ChannelName, EngineError, PublishError};
use fanfare_link::RequestBody;
use fanfare_relay::headers::FANFARE_ID;
use fanfare_relay::{
    InfoFormat, Intent, Location, Outcome, Query, channels, read_draft, validators,
};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Response, StatusCode};
use http_body::Body;

use crate::node::Node;
use crate::problem::Problem;
use crate::route::Rules;
use crate::service;

/// Answers a request at `/pub/{channel}`; `channel` is still percent-encoded.
pub(crate) async fn answer(
    node: &Node,
    rules: &Rules,
    channel: &str,
    parts: &Parts,
    body: &mut RequestBody,
) -> Response<Bytes> {
    let request = Publisher { node, rules, parts };
    match request.act(channel, body).await {
        Ok(response) => response,
        Err(problem) => {
            node.refused.fetch_add(1, Ordering::Relaxed);
            problem.response(&parts.headers)
        }
    }
}

struct Publisher<'a> {
    node: &'a Node,
    rules: &'a Rules,
    parts: &'a Parts,
}

impl Publisher<'_> {
    async fn act(&self, channel: &str, body: &mut RequestBody) -> Result<Response<Bytes>, Problem> {
        let intent = Location::Publisher.intent(&self.parts.method, self.rules.profile);
        match intent {
            Intent::Options => return Ok(service::preflight(Location::Publisher)),
            Intent::WrongMethod | Intent::Subscribe => {
                let allow = Location::Publisher.allow();
                return Ok(service::wrong_method(
                    allow,
                    "publish with POST, see Allow for the rest",
                    self.parts,
                ));
            }
            _ => {}
        }
        self.node.access.check_publisher(&self.parts.headers)?;
        let channel = match channels::one(channel) {
            Ok(channel) => channel,
            Err(error) if error.outcome() == Outcome::Invalid => return Err(error.into()),
            Err(error) => return Ok(self.plain(error.outcome(), error.code())),
        };
        match intent {
            Intent::Create => self.create(&channel).await,
            Intent::Delete => self.delete(&channel).await,
            Intent::Inform => self.inform(&channel).await,
            _ => self.publish(&channel, body).await,
        }
    }

    async fn publish(
        &self,
        channel: &ChannelName,
        body: &mut RequestBody,
    ) -> Result<Response<Bytes>, Problem> {
        let bytes_max = self.node.config.limits.message_bytes_max;
        let payload = tokio::time::timeout(BODY_TIME, read(body, bytes_max))
            .await
            .unwrap_or_else(|_elapsed| Err(too_slow()))?;
        let query = Query::new(self.parts.uri.query().unwrap_or_default());
        let mut draft = read_draft(&self.parts.headers, query, payload)?;
        draft.history = Some(self.rules.history);
        let receipt = self
            .node
            .hub
            .publish(channel, draft, self.node.now())
            .await
            .map_err(publish_problem)?;
        Ok(self.info(Outcome::from(&receipt), &receipt.info))
    }

    async fn create(&self, channel: &ChannelName) -> Result<Response<Bytes>, Problem> {
        let info = self
            .node
            .hub
            .create(channel, self.node.now())
            .await
            .map_err(publish_problem)?;
        Ok(self.info(Outcome::Informed, &info))
    }

    async fn inform(&self, channel: &ChannelName) -> Result<Response<Bytes>, Problem> {
        let info = self
            .node
            .hub
            .info(channel, self.node.now())
            .await
            .map_err(|error| engine_problem(&error))?;
        Ok(self.known(info))
    }

    async fn delete(&self, channel: &ChannelName) -> Result<Response<Bytes>, Problem> {
        let deletion = self
            .node
            .hub
            .delete(channel, self.node.now())
            .await
            .map_err(|error| engine_problem(&error))?;
        // R41: when this is answered, all who were held have been sent their 410.
        let _ = tokio::time::timeout(TOLD_TIME, deletion.told).await;
        Ok(self.known(deletion.info))
    }

    fn known(&self, info: Option<ChannelInfo>) -> Response<Bytes> {
        match info {
            Some(info) => self.info(Outcome::Informed, &info),
            None => self.plain(Outcome::NoSuchChannel, "no_such_channel"),
        }
    }

    fn info(&self, outcome: Outcome, info: &ChannelInfo) -> Response<Bytes> {
        let format = InfoFormat::negotiate(&self.parts.headers, self.rules.profile);
        let mut response = Response::new(format.body(info));
        *response.status_mut() = outcome
            .answer(Location::Publisher, self.rules.profile)
            .status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, format.content_type());
        if let Some(id) = info.last_message_id {
            headers.insert(FANFARE_ID, validators::id_value(id));
        }
        response
    }

    /// An answer whose body the protocol fixes, mostly to nothing.
    fn plain(&self, outcome: Outcome, code: &'static str) -> Response<Bytes> {
        crate::headers::plain(outcome, Location::Publisher, self.rules.profile, code)
    }
}

/// Time for a whole message to arrive. A megabyte needs 17 kB/s; whoever drips holds a connection
/// and the part that has come for no longer than this.
const BODY_TIME: Duration = Duration::from_secs(60);

/// Time for the subscribers of a deleted channel to be told before the deletion is answered. A
/// crowd of 100,000 needs less than half of it; more would make the publisher wait for a node that is
/// overloaded, and the deletion has happened.
const TOLD_TIME: Duration = Duration::from_secs(1);

fn too_slow() -> Problem {
    let message = format!(
        "the message did not arrive within {} s",
        BODY_TIME.as_secs()
    );
    Problem::new(StatusCode::REQUEST_TIMEOUT, "message_too_slow", message)
}

/// Reads a body up to the limit. What has arrived is kept, what is announced is not reserved.
async fn read(body: &mut RequestBody, bytes_max: usize) -> Result<Bytes, Problem> {
    let too_large = || {
        let message = format!("the message is longer than {bytes_max} bytes, which is the limit");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "message_too_large", message)
            .decided_by("limits.message_bytes_max")
    };
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large());
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
        let broken = |_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "body_broken",
                "the request body ended early or is not well formed",
            )
        };
        let Ok(data) = frame.map_err(broken)?.into_data() else {
            continue;
        };
        if whole.len() + data.len() > bytes_max {
            return Err(too_large());
        }
        whole.extend_from_slice(&data);
    }
    // Copied to its size: the message may be kept for long, and growing leaves room to spare.
    Ok(Bytes::copy_from_slice(&whole))
}

fn publish_problem(error: PublishError) -> Problem {
    match error {
        PublishError::Engine(error) => engine_problem(&error),
        PublishError::TooManyChannels { .. } => Problem::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "too_many_channels",
            error.to_string(),
        )
        .decided_by("limits.channels_max"),
        PublishError::Unfit { .. } => {
            Problem::new(StatusCode::BAD_REQUEST, "unfit_field", error.to_string())
        }
        _ => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            error.to_string(),
        ),
    }
}

fn engine_problem(error: &EngineError) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "engine_unavailable",
        error.to_string(),
    )
}

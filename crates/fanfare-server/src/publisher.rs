//! The publisher location: who may use it, and what the relay protocol makes of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::PublishError;
use fanfare_link::RequestBody;
use fanfare_relay::{Intent, Location, Outcome, Publishing, PublishingError, Query, channels};
use http::Response;
use http::request::Parts;

use crate::headers::plain;
use crate::node::Node;
use crate::problem::Problem;
use crate::route::Rules;
use crate::service;

/// Time for a whole message to arrive. A megabyte needs 17 kB/s; whoever drips holds a connection
/// and the part that has come for no longer than this.
const MESSAGE_TIME: Duration = Duration::from_secs(60);

/// Answers a request at `/pub/{channel}`; `channel` is still percent-encoded. Counts what it refuses.
pub(crate) async fn answer(
    node: &Node,
    rules: &Rules,
    channel: &str,
    parts: &Parts,
    body: &mut RequestBody,
) -> Response<Bytes> {
    let response = act(node, rules, channel, parts, body)
        .await
        .unwrap_or_else(|problem| problem.response(&parts.headers));
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        node.refused.fetch_add(1, Ordering::Relaxed);
    }
    response
}

async fn act(
    node: &Node,
    rules: &Rules,
    channel: &str,
    parts: &Parts,
    body: &mut RequestBody,
) -> Result<Response<Bytes>, Problem> {
    let intent = Location::Publisher.intent(&parts.method, rules.profile);
    match intent {
        Intent::Options => return Ok(service::preflight(Location::Publisher)),
        Intent::Forbidden | Intent::Subscribe | Intent::WrongMethod => {
            return Ok(service::wrong_method(
                Location::Publisher.allow(),
                "publish with POST, see Allow for the rest",
                parts,
            ));
        }
        Intent::Create | Intent::Delete | Intent::Inform | Intent::Publish => {}
    }
    node.access.check_publisher(&parts.headers)?;
    let query = Query::new(parts.uri.query().unwrap_or_default());
    let (segment, query) = channels::locate(channel, query);
    let channel = match channels::one(segment) {
        Ok(channel) => channel,
        Err(error) if error.outcome() == Outcome::Invalid => return Err(error.into()),
        Err(error) => {
            let outcome = error.outcome();
            return Ok(plain(
                outcome,
                Location::Publisher,
                rules.profile,
                error.code(),
            ));
        }
    };
    let publishing = Publishing {
        hub: &node.hub,
        profile: rules.profile,
        history: rules.history,
        message_bytes_max: node.config.limits.message_bytes_max,
        arrivals: &node.arrivals,
        message_time: MESSAGE_TIME,
        clock: &|| node.now(),
    };
    let answer = publishing
        .answer(intent, &channel, query, parts, body)
        .await;
    answer.map_err(Problem::from)
}

impl From<PublishingError> for Problem {
    fn from(error: PublishingError) -> Self {
        let problem = Self::new(error.status(), error.code(), error.to_string());
        match error {
            PublishingError::Hub(PublishError::TooManyChannels { .. }) => {
                problem.decided_by("limits.channels_max")
            }
            PublishingError::TooLarge(_) => problem.decided_by("limits.message_bytes_max"),
            _ => problem,
        }
    }
}

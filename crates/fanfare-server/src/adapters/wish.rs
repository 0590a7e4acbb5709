//! What clients ask for in JSON, read by the readers of the query's parameters.

use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{ChannelName, Start};
use fanfare_relay::percent::Encoded;
use fanfare_relay::{Query, read_draft, read_starts};
use http::HeaderMap;

use super::refusal::Refusal;

pub(crate) fn name(channel: &str) -> Result<ChannelName, Refusal> {
    ChannelName::new(channel).map_err(Refusal::from)
}

/// In the grammar of the query parameter, and by the same reader.
pub(crate) fn start(since: &str, default: Start) -> Result<Start, Refusal> {
    let query = format!("since={}", Encoded(since));
    let starts = read_starts(&HeaderMap::new(), Query::new(&query), 1, default)?;
    Ok(starts.first().copied().unwrap_or(default))
}

/// In the grammar of the query parameter, and by the same reader.
pub(crate) fn lifetime(ttl: &str) -> Result<Option<Duration>, Refusal> {
    let query = format!("ttl={}", Encoded(ttl));
    Ok(read_draft(&HeaderMap::new(), Query::new(&query), Bytes::new())?.ttl)
}

/// As with headers, an empty option counts as not given.
pub(crate) fn given(option: Option<Box<str>>) -> Option<Box<str>> {
    option.filter(|text| !text.is_empty())
}

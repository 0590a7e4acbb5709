//! The names of channels in a URL.

use fanfare_hub::ChannelName;

use crate::limits::CHANNELS_MAX;
use crate::percent::decode;
use crate::{Query, RelayError};

/// Where a request names its channels, still percent-encoded, and the query that is left: in the
/// path, or where that ends before them, in `id` of the query.
///
/// `/sub?id=news` is how the protocol's older implementations have it (R5). There `id` is no
/// idempotency key.
pub fn locate<'a>(segment: &'a str, query: Query<'a>) -> (&'a str, Query<'a>) {
    match query.take("id") {
        Some((id, rest)) if segment.is_empty() => (id, rest),
        _ => (segment, query),
    }
}

/// Reads the channels of a subscription from its path segment, still percent-encoded:
/// `{channel}[,{channel}…]`.
///
/// Commas separate before anything is decoded, so `%2C` is a comma of a name. The order is kept:
/// cursors of several channels are written in it. A name may not come twice, because then the
/// same list would no longer say which cursor is whose.
///
/// # Errors
/// [`RelayError::NoChannelId`] for an empty segment; otherwise the first thing that is wrong.
pub fn split(segment: &str) -> Result<Vec<ChannelName>, RelayError> {
    if segment.is_empty() {
        return Err(RelayError::NoChannelId);
    }
    let mut names: Vec<ChannelName> = Vec::new();
    for element in segment.split(',') {
        if names.len() == CHANNELS_MAX {
            return Err(RelayError::TooManyChannels);
        }
        let name = name(element)?;
        // A walk per name: a list this short is compared faster than hashed.
        if names.contains(&name) {
            return Err(RelayError::DuplicateChannel(name));
        }
        names.push(name);
    }
    Ok(names)
}

/// Reads the channel of a publisher from its path segment, still percent-encoded.
///
/// A raw comma is refused: subscribers would take the same text for two channels.
///
/// # Errors
/// As [`split`], and [`RelayError::OneChannel`] for a raw comma.
pub fn one(segment: &str) -> Result<ChannelName, RelayError> {
    if segment.is_empty() {
        return Err(RelayError::NoChannelId);
    }
    if segment.contains(',') {
        return Err(RelayError::OneChannel);
    }
    name(segment)
}

fn name(element: &str) -> Result<ChannelName, RelayError> {
    if element.contains('/') {
        return Err(RelayError::RawSlash);
    }
    let text = decode(element).map_err(|source| RelayError::Encoding {
        field: "channel",
        source,
    })?;
    Ok(ChannelName::new(&text)?)
}

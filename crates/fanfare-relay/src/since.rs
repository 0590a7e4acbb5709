//! The `since` parameter: where a person wants to begin.

use fanfare_hub::{MessageId, Start};

use crate::digits::number;
use crate::{Query, RelayError, cursor, period};

/// Reads `since` into a start for each channel; `default` for those it says nothing about.
///
/// An empty value counts as absent: it is what a script sends that has no cursor yet.
pub(crate) fn read(
    query: Query<'_>,
    channels: usize,
    default: Start,
) -> Result<Vec<Start>, RelayError> {
    let since = query.value("since")?.unwrap_or_default();
    if since.contains(':') {
        return read_ids(&since, channels, default);
    }
    let start = match &*since {
        "" => default,
        "all" => Start::Oldest,
        "now" => Start::Newest,
        text => last(text)
            .or_else(|| within(text))
            .ok_or(RelayError::Since)?,
    };
    Ok(vec![start; channels])
}

fn last(text: &str) -> Option<Start> {
    number(text.strip_prefix('-')?).map(Start::Last)
}

fn within(text: &str) -> Option<Start> {
    period::parse(text).map(Start::Within)
}

/// Stricter than the cursors that programs send: a typing mistake must not be taken for a place.
fn read_ids(text: &str, channels: usize, default: Start) -> Result<Vec<Start>, RelayError> {
    let is_element = |element: &str| matches!(element, "" | "-") || is_id(element);
    if !text.split(',').all(is_element) {
        return Err(RelayError::Since);
    }
    let cursors = cursor::read(text, channels).ok_or_else(|| RelayError::SinceCount {
        ids: text.split(',').count(),
        channels,
    })?;
    let start = |cursor: Option<MessageId>| cursor.map_or(default, Start::After);
    Ok(cursors.into_iter().map(start).collect())
}

fn is_id(element: &str) -> bool {
    element.parse::<MessageId>().is_ok()
}

//! `Fanfare-Gap`: what a subscriber has missed, in a header.
//!
//! For one channel `after=1763680000:3; resumed=1763680042:0`: everything after the first id up to
//! and including the second is gone. For several channels a list of those that have a gap, each
//! with its name: `channel=a; after=…; resumed=…, channel=b%2Fc; after=…; resumed=…`. A value that
//! would grow over [`GAP_BYTES_MAX`] ends with `more=12`: so many further channels have gaps too.

use std::fmt::Write as _;

use fanfare_hub::{ChannelName, Gap, MessageId};
use http::HeaderValue;

use crate::digits::number;
use crate::limits::GAP_BYTES_MAX;
use crate::percent::{Encoded, decode};

/// A gap and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The channel; `None` in a subscription that has only one.
    pub channel: Option<ChannelName>,
    /// What is missing there.
    pub gap: Gap,
}

/// What a `Fanfare-Gap` value says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The gaps that are described.
    pub missed: Vec<Missed>,
    /// How many more channels have one.
    pub more: usize,
}

/// Why a text is not a `Fanfare-Gap` value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a gap is written like `after=1763680000:3; resumed=1763680042:0`")]
pub struct GapError;

/// Writes the value; `None` if nothing was missed.
pub fn write(missed: &[Missed]) -> Option<HeaderValue> {
    if missed.is_empty() {
        return None;
    }
    let mut list = String::new();
    for (index, element) in missed.iter().map(element).enumerate() {
        // The first one always fits: a name has at most 255 bytes, three times that when encoded.
        if list.len() + element.len() + MORE_BYTES_MAX > GAP_BYTES_MAX {
            push(&mut list, &format!("more={}", missed.len() - index));
            break;
        }
        push(&mut list, &element);
    }
    Some(HeaderValue::try_from(list).expect("names are percent-encoded, the rest is digits"))
}

/// What `, more=` and a count of up to twenty digits take, and the comma before an element.
const MORE_BYTES_MAX: usize = 32;

fn push(list: &mut String, element: &str) {
    if !list.is_empty() {
        list.push_str(", ");
    }
    list.push_str(element);
}

fn element(missed: &Missed) -> String {
    let mut element = String::new();
    let Gap { after, resumed } = missed.gap;
    // Writing to a string cannot fail.
    if let Some(name) = &missed.channel {
        _ = write!(element, "channel={}; ", Encoded(name.as_str()));
    }
    _ = write!(element, "after={after}; resumed={resumed}");
    element
}

/// Reads the value.
///
/// # Errors
/// [`GapError`] for anything that [`write()`] does not write, up to white space.
pub fn parse(value: &str) -> Result<Report, GapError> {
    let mut report = Report::default();
    for element in value.split(',').map(str::trim) {
        match element.strip_prefix("more=") {
            Some(count) => report.more = number(count).ok_or(GapError)?,
            None => report.missed.push(parse_element(element)?),
        }
    }
    Ok(report)
}

fn parse_element(element: &str) -> Result<Missed, GapError> {
    let (mut channel, mut after, mut resumed) = (None, None, None);
    for parameter in element.split(';') {
        let (key, value) = parameter.trim().split_once('=').ok_or(GapError)?;
        match key {
            "channel" => channel = Some(parse_name(value)?),
            "after" => after = Some(parse_id(value)?),
            "resumed" => resumed = Some(parse_id(value)?),
            _ => return Err(GapError),
        }
    }
    let gap = Gap {
        after: after.ok_or(GapError)?,
        resumed: resumed.ok_or(GapError)?,
    };
    Ok(Missed { channel, gap })
}

fn parse_name(value: &str) -> Result<ChannelName, GapError> {
    let name = decode(value).map_err(|_| GapError)?;
    ChannelName::new(&name).map_err(|_| GapError)
}

fn parse_id(value: &str) -> Result<MessageId, GapError> {
    value.parse().map_err(|_| GapError)
}

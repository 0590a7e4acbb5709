//! Cursors as text: one id, a list of ids, and the two forms of Nchan.
//!
//! The cursor of several channels is the list of their ids in the order of the channels,
//! `1763680000:3,1763680001:0`, with `-` for a channel in which nothing has been reached yet.
//! Nchan writes one second and a tag per channel, `1763680000:3,[0]`; both are read.
//!
//! Reading never fails loudly: a client that comes back with something odd must be served, and
//! what cannot be understood counts as no cursor, because a guess could skip messages unseen.

pub use fanfare_hub::cursor::{Cursors, write};

use fanfare_hub::MessageId;
use fanfare_hub::cursor::elements;

use crate::digits::number;

/// Reads the cursor of a subscription to so many channels, or `None` if it cannot be understood.
///
/// - As many elements as channels: each is the cursor of its channel. One that is empty, `-`, or
///   not an id is no cursor for that channel.
/// - One id for several channels is a moment: each channel goes on with the first message of that
///   second. Its tag counts the messages of one channel, and nobody knows of which; so a second may
///   be heard twice, and a channel in which nothing has happened since may report a gap.
/// - Any other number of elements belongs to some other subscription, and whose is whose cannot be
///   told: `None`.
///
/// ```
/// use fanfare_hub::MessageId;
/// use fanfare_relay::cursor::read;
///
/// assert_eq!(read("1763680000:3", 1), Some(vec![Some(MessageId::new(1763680000, 3))]));
/// assert_eq!(read("1:0,-,2:7", 3), Some(vec![Some(MessageId::new(1, 0)), None, Some(MessageId::new(2, 7))]));
/// assert_eq!(read("1:0,2:7", 3), None);
/// ```
pub fn read(text: &str, channels: usize) -> Option<Cursors> {
    if channels > 1 && text.contains('[') {
        let (seconds, tags) = text.split_once(':')?;
        return Some(read_tags(number(seconds)?, tags, channels));
    }
    if channels > 1 && !text.contains(',') {
        let moment = before(id(text)?.seconds);
        return Some(vec![Some(moment); channels]);
    }
    let cursors: Cursors = elements(text, channels)?.map(id).collect();
    cursors.iter().any(Option::is_some).then_some(cursors)
}

/// Reads the tags of one second, as `If-None-Match` carries them beside `If-Modified-Since`: a
/// single tag for one channel, Nchan's list for several. A list of another length, or none, leaves
/// the moment.
pub(crate) fn read_tags(seconds: u64, tags: &str, channels: usize) -> Cursors {
    if channels == 1 {
        return vec![Some(MessageId::new(seconds, tag(tags)))];
    }
    let Some(tags) = elements(tags, channels) else {
        return vec![Some(before(seconds)); channels];
    };
    let cursor = |element: &str| match element.trim() {
        "-" => before(seconds),
        element => MessageId::new(seconds, tag(element)),
    };
    tags.map(|element| Some(cursor(element))).collect()
}

/// Reads one tag. Quotes, weakness and brackets before it do not matter, nor what follows: layers
/// that compress turn `1` into `W/"1"` or `"1-gzip"`. No digits count as 0, too many as the
/// greatest tag, after which nothing of that second comes.
pub(crate) fn tag(text: &str) -> u32 {
    let text = unquoted(text).trim_start_matches('[');
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    let digits = text.get(..end).unwrap_or_default();
    match digits {
        "" => 0,
        digits => digits.parse().unwrap_or(u32::MAX),
    }
}

/// An entity tag without the `W/` and the opening quote that it may have on its way back.
pub(crate) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix("W/").unwrap_or(text);
    text.strip_prefix('"').unwrap_or(text)
}

fn id(element: &str) -> Option<MessageId> {
    let (seconds, rest) = element.trim().split_once(':')?;
    Some(MessageId::new(number(seconds)?, tag(rest)))
}

/// The cursor of somebody who has read everything before this second and nothing of it.
fn before(seconds: u64) -> MessageId {
    match seconds.checked_sub(1) {
        Some(second) => MessageId::new(second, u32::MAX),
        None => MessageId::ZERO,
    }
}

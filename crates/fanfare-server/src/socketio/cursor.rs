//! How far a socket has read, as its client brings it back.
//!
//! The client keeps the last argument of the last event. For a socket that has had one channel only
//! that is the message's id. For others it names the cursor of every channel, because channels come
//! and go: `news=1763680000:3,sport=1763680001:0`, names percent-encoded. A client may bring an id
//! back after its socket has had others: it is of the first.

use std::fmt::Write as _;

use fanfare_hub::{ChannelName, MessageId};
use fanfare_relay::percent::{self, Encoded};

/// What a client brings back.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// In the channel that was the first.
    One(MessageId),
    /// In each.
    Each(Vec<(ChannelName, MessageId)>),
}

/// Writes the cursors of several channels.
pub(super) fn write<'a>(
    cursors: impl Iterator<Item = (&'a ChannelName, Option<MessageId>)>,
) -> String {
    let mut text = String::new();
    for (channel, cursor) in cursors {
        if let Some(id) = cursor {
            let comma = if text.is_empty() { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(text, "{comma}{}={id}", Encoded(channel.as_str()));
        }
    }
    text
}

impl Reached {
    /// None for what is no cursor of ours.
    pub(super) fn read(text: &str) -> Option<Self> {
        if !text.contains('=') {
            return text.parse().ok().map(Self::One);
        }
        let each = text.split(',').map(|part| {
            let (name, id) = part.rsplit_once('=')?;
            let name = percent::decode(name).ok()?;
            Some((ChannelName::new(&name).ok()?, id.parse().ok()?))
        });
        each.collect::<Option<_>>().map(Self::Each)
    }

    /// In this channel, of a socket whose first one was `first`.
    pub(super) fn of(
        &self,
        channel: &ChannelName,
        first: Option<&ChannelName>,
    ) -> Option<MessageId> {
        match self {
            Self::One(id) => (first == Some(channel)).then_some(*id),
            Self::Each(each) => each
                .iter()
                .find(|(name, _)| name == channel)
                .map(|(_, id)| *id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let names = ["news", "a,b=c d", "\u{1f600}"].map(|name| ChannelName::new(name).unwrap());
        let ids = [
            MessageId::new(1, 2),
            MessageId::new(3, 0),
            MessageId::new(4, 4),
        ];
        let text = write(names.iter().zip(ids.map(Some)));
        let reached = Reached::read(&text).unwrap();
        for (name, id) in names.iter().zip(ids) {
            assert_eq!(reached.of(name, None), Some(id), "{text}");
        }
    }

    #[test]
    fn a_single_id_belongs_to_the_first_channel() {
        let reached = Reached::read("5:1").unwrap();
        let [first, second] = ["first", "second"].map(|name| ChannelName::new(name).unwrap());
        assert_eq!(reached.of(&first, Some(&first)), Some(MessageId::new(5, 1)));
        assert_eq!(reached.of(&second, Some(&first)), None);
        assert_eq!(reached.of(&second, None), None);
    }

    #[test]
    fn nonsense_is_no_cursor() {
        for text in ["", "x", "a=", "a=1", "=1:0,", "a=1:0,b"] {
            assert_eq!(Reached::read(text), None, "{text}");
        }
    }
}

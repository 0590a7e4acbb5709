//! The cursor of a subscription as text: the ids of its channels, in their order.
//!
//! `1763680000:3,-,1763680001:0`, with `-` for a channel in which nothing has been reached yet. The
//! cursor of one channel is its id alone.

use std::fmt::Write as _;

use crate::MessageId;

/// The cursors of a subscription in the order of its channels; `None` where there is none.
pub type Cursors = Vec<Option<MessageId>>;

/// Bytes of an id and its comma: ten digits, a colon, a digit. Enough for the next 250 years.
const ID_BYTES: usize = 13;

/// Writes the cursor of one or several channels.
pub fn write(cursors: impl IntoIterator<Item = Option<MessageId>>) -> String {
    let cursors = cursors.into_iter();
    let mut text = String::with_capacity(cursors.size_hint().0 * ID_BYTES);
    for (index, cursor) in cursors.enumerate() {
        if index > 0 {
            text.push(',');
        }
        match cursor {
            // Writing to a string cannot fail.
            Some(id) => _ = write!(text, "{id}"),
            None => text.push('-'),
        }
    }
    text
}

/// Reads the cursor of so many channels. What is no id is no cursor for its channel. `None` as for
/// [`elements`].
pub fn read(text: &str, channels: usize) -> Option<Cursors> {
    Some(
        elements(text, channels)?
            .map(|id| id.parse().ok())
            .collect(),
    )
}

/// The elements of a cursor of so many channels, for whoever reads ids in forms of its own.
///
/// `None` if there are more or fewer: such a list belongs to some other subscription, and a guess
/// whose is whose could skip messages unseen. They are counted first, because a list is as long as
/// its sender likes.
pub fn elements(text: &str, channels: usize) -> Option<impl Iterator<Item = &str>> {
    let elements = text.split(',');
    (elements.clone().count() == channels).then_some(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, channels: usize, expected: Option<&[Option<(u64, u32)>]>) {
        let id = |id: &Option<(u64, u32)>| id.map(|(seconds, tag)| MessageId::new(seconds, tag));
        let expected = expected.map(|ids| ids.iter().map(id).collect());
        assert_eq!(read(text, channels), expected, "{text:?}");
    }

    #[test]
    fn reads_what_it_writes() {
        for (cursors, expected) in [
            (vec![Some(MessageId::new(1, 0))], "1:0"),
            (
                vec![Some(MessageId::new(1, 0)), None, Some(MessageId::ZERO)],
                "1:0,-,0:0",
            ),
        ] {
            let text = write(cursors.iter().copied());
            assert_eq!(text, expected);
            assert_eq!(read(&text, cursors.len()), Some(cursors));
        }
    }

    #[test]
    fn what_is_no_id_is_no_cursor() {
        check("nonsense", 1, Some(&[None]));
        check("", 1, Some(&[None]));
        check("1:0,x", 2, Some(&[Some((1, 0)), None]));
    }

    #[test]
    fn a_list_for_other_channels_is_no_cursor() {
        check("1:0", 2, None);
        check("1:0,2:0", 1, None);
        check("1:0,2:0", 0, None);
    }
}

//! The cursor of one or several channels as text: ids in the order of the channels, `1:0,-,2:7`,
//! with `-` where nothing has been reached yet.

use fanfare_hub::MessageId;

/// Writes the cursor.
pub(super) fn write(cursors: impl Iterator<Item = Option<MessageId>>) -> String {
    let ids = cursors.map(|id| id.map_or_else(|| "-".to_owned(), |id| id.to_string()));
    ids.collect::<Vec<_>>().join(",")
}

/// Reads the cursor of so many channels. What is no id is no cursor for its channel, and a list of
/// another length belongs to some other subscription: a guess could skip messages unseen.
pub(super) fn read(text: &str, channels: usize) -> Vec<Option<MessageId>> {
    if text.split(',').count() != channels {
        return vec![None; channels];
    }
    text.split(',').map(|id| id.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, channels: usize, expected: &[Option<(u64, u32)>]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|id| id.map(|(seconds, tag)| MessageId::new(seconds, tag)))
            .collect();
        assert_eq!(read(text, channels), expected, "{text:?}");
    }

    #[test]
    fn reads_what_it_writes() {
        for cursors in [
            vec![Some(MessageId::new(1, 0))],
            vec![Some(MessageId::new(1, 0)), None, Some(MessageId::ZERO)],
        ] {
            let text = write(cursors.iter().copied());
            assert_eq!(read(&text, cursors.len()), cursors);
        }
    }

    #[test]
    fn what_is_no_id_is_no_cursor() {
        check("nonsense", 1, &[None]);
        check("", 1, &[None]);
        check("1:0,x", 2, &[Some((1, 0)), None]);
    }

    #[test]
    fn a_list_for_other_channels_is_no_cursor() {
        check("1:0", 2, &[None, None]);
        check("1:0,2:0", 1, &[None]);
        check("1:0,2:0", 0, &[]);
    }
}

//! What a socket goes on with that comes back.

use fanfare_hub::{ChannelName, EndReason, MessageId, Timestamp};
use serde::{Deserialize, Serialize};

/// What is kept of a socket.
#[derive(Serialize, Deserialize)]
pub(super) struct Saved {
    /// The channel of cursors that name none.
    pub(super) first: Option<String>,
    pub(super) had_several: bool,
    /// Each with where it began.
    pub(super) channels: Vec<(String, String)>,
    /// Oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) over: Vec<Over>,
}

/// A channel that has ended.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Over {
    channel: String,
    #[serde(with = "Reason")]
    reason: EndReason,
    /// When, in milliseconds since the epoch.
    at: u64,
}

/// How a reason is written.
#[derive(Serialize, Deserialize)]
#[serde(remote = "EndReason", rename_all = "snake_case")]
enum Reason {
    Conflict,
    Deleted,
}

impl Saved {
    /// The channel of cursors that name none.
    pub(super) fn first(&self) -> Option<ChannelName> {
        ChannelName::new(self.first.as_deref()?).ok()
    }

    /// Channels, and where they began.
    pub(super) fn channels(&self) -> impl Iterator<Item = (ChannelName, MessageId)> {
        self.channels
            .iter()
            .filter_map(|(name, since)| Some((ChannelName::new(name).ok()?, since.parse().ok()?)))
    }

    /// What has ended since.
    pub(super) fn over_since(&self, since: Timestamp) -> impl Iterator<Item = &Over> {
        self.over
            .iter()
            .filter(move |over| Timestamp::from_millis(over.at) >= since)
    }
}

impl Over {
    pub(super) fn new(channel: &ChannelName, reason: EndReason, now: Timestamp) -> Self {
        Self {
            channel: channel.to_string(),
            reason,
            at: now.millis(),
        }
    }

    pub(super) fn is_of(&self, channel: &ChannelName) -> bool {
        self.channel == channel.as_str()
    }

    /// The channel, and why it has ended.
    pub(super) fn end(&self) -> Option<(ChannelName, EndReason)> {
        Some((ChannelName::new(&self.channel).ok()?, self.reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(channel: &str, at: u64) -> Over {
        let channel = ChannelName::new(channel).unwrap();
        Over::new(&channel, EndReason::Deleted, Timestamp::from_seconds(at))
    }

    fn saved(over: Vec<Over>) -> Saved {
        Saved {
            first: Some("a".to_owned()),
            had_several: true,
            channels: vec![("a".to_owned(), "1:0".to_owned())],
            over,
        }
    }

    #[test]
    fn what_is_kept_is_small_and_can_be_read_again() {
        let text = serde_json::to_string(&saved(vec![])).unwrap();
        assert_eq!(
            text,
            r#"{"first":"a","had_several":true,"channels":[["a","1:0"]]}"#
        );
        let saved: Saved = serde_json::from_str(&text).unwrap();
        let channel = ChannelName::new("a").unwrap();
        assert_eq!(saved.first(), Some(channel.clone()));
        let channels: Vec<_> = saved.channels().collect();
        assert_eq!(channels, [(channel, MessageId::new(1, 0))]);
    }

    // Before that, the client has heard it: a connection does not go unnoticed dead for longer.
    #[test]
    fn an_end_is_news_for_some_time() {
        let text = serde_json::to_string(&saved(vec![over("old", 9), over("new", 10)])).unwrap();
        let saved: Saved = serde_json::from_str(&text).unwrap();
        let since = saved.over_since(Timestamp::from_seconds(10));
        let ends: Vec<_> = since.filter_map(Over::end).collect();
        let new = ChannelName::new("new").unwrap();
        assert_eq!(ends, [(new, EndReason::Deleted)]);
    }
}

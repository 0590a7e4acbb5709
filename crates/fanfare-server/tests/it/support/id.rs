//! Message ids, and the places in which clients carry them.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use super::Answer;

/// A message id, which is also the cursor after that message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id {
    pub(crate) seconds: u64,
    pub(crate) tag: u32,
}

impl Id {
    /// The cursor that an answer to a poll carries.
    #[track_caller]
    pub(crate) fn of_poll(answer: &Answer) -> Self {
        Self::from_validators(answer.header("last-modified"), answer.header("etag"))
    }

    pub(crate) fn from_validators(last_modified: &str, etag: &str) -> Self {
        let time = httpdate::parse_http_date(last_modified).expect("a date");
        let since = time.duration_since(UNIX_EPOCH).expect("after the epoch");
        Self {
            seconds: since.as_secs(),
            tag: etag.parse().expect("a number without quotes"),
        }
    }

    /// `Last-Modified` of this message.
    pub(crate) fn date(self) -> String {
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(self.seconds))
    }

    /// The two headers with which a poll asks for what follows.
    pub(crate) fn conditions(self) -> [String; 2] {
        [
            format!("If-Modified-Since: {}", self.date()),
            format!("If-None-Match: {}", self.tag),
        ]
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seconds, self.tag)
    }
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once(':').and_then(|(seconds, tag)| {
            Some(Self {
                seconds: seconds.parse().ok()?,
                tag: tag.parse().ok()?,
            })
        });
        parsed.ok_or_else(|| format!("not an id: {text:?}"))
    }
}

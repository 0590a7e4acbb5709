//! The stream of JSON lines, as the server documents it.

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fanfare_hub::EndReason;
use serde::Deserialize;

use super::body::Body;
use super::received::{Gap, Message, Received};

/// A stream of JSON lines.
#[derive(Debug)]
pub(super) struct JsonLines {
    body: Body,
    /// Whether the id of a message is the cursor of the whole subscription.
    is_only: bool,
}

/// One line: a message, unless it has one of the last two.
#[derive(Deserialize)]
struct Line {
    id: Option<String>,
    channel: Option<String>,
    event: Option<String>,
    content_type: Option<String>,
    data: Option<String>,
    base64: Option<String>,
    end: Option<End>,
    gap: Option<Gap>,
}

#[derive(Deserialize)]
struct End {
    channel: String,
    reason: Reason,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Conflict,
    Deleted,
}

impl JsonLines {
    /// `channels` is how many are subscribed to.
    pub(super) fn new(body: Body, channels: usize) -> Self {
        Self {
            body,
            is_only: channels == 1,
        }
    }

    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Received>> {
        while let Some(line) = self.body.through(b"\n").await? {
            if let Some(received) = read(&line, self.is_only)? {
                return Ok(Some(received));
            }
        }
        Ok(None)
    }
}

/// What a line says; `None` if it is empty, or of a kind that a later server has.
fn read(line: &[u8], is_only: bool) -> anyhow::Result<Option<Received>> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let line: Line =
        serde_json::from_slice(line).context("the server sent a line that is no JSON")?;
    if let Some(End { channel, reason }) = line.end {
        return Ok(Some(Received::End {
            channel: Some(channel),
            reason: reason.into(),
        }));
    }
    if let Some(gap) = line.gap {
        // Of several channels the notice names the id in one, which is no cursor for all of them.
        let cursor = is_only.then(|| gap.resumed.clone());
        return Ok(Some(Received::Gap(Gap { cursor, ..gap })));
    }
    let Some(id) = line.id else {
        return Ok(None);
    };
    let payload = match (line.data, line.base64) {
        (Some(text), _) => text.into_bytes(),
        (None, Some(text)) => BASE64_STANDARD
            .decode(text)
            .context("the server sent bad base64")?,
        (None, None) => Vec::new(),
    };
    Ok(Some(Received::Message(Message {
        id,
        channel: line.channel,
        event: line.event,
        content_type: line.content_type,
        payload,
    })))
}

impl From<Reason> for EndReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Conflict => Self::Conflict,
            Reason::Deleted => Self::Deleted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<&Received>) {
        assert_eq!(
            read(line.as_bytes(), true).unwrap().as_ref(),
            expected,
            "{line}"
        );
    }

    #[test]
    fn an_end_is_no_message() {
        for (word, reason) in [
            ("conflict", EndReason::Conflict),
            ("deleted", EndReason::Deleted),
        ] {
            let line = format!(r#"{{"end":{{"channel":"c","reason":"{word}"}}}}"#);
            let channel = Some("c".to_owned());
            check(&line, Some(&Received::End { channel, reason }));
        }
    }

    // One id for several channels is a moment: it would skip what another channel still has.
    #[test]
    fn a_gap_in_one_of_several_channels_is_no_cursor() {
        let line = r#"{"gap":{"channel":"c","after":"1:0","resumed":"2:0"}}"#;
        for (is_only, cursor) in [(true, Some("2:0")), (false, None)] {
            let read = read(line.as_bytes(), is_only).unwrap().unwrap();
            assert_eq!(read.cursor(), cursor);
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        check("\n", None);
        check(r#"{"weather":"fine"}"#, None);
    }
}

//! Server-Sent Events, with what this server says beside the standard's fields.

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fanfare_hub::EndReason;
use fanfare_sse::Decoder;
use http::StatusCode;

use super::body::Body;
use super::peer::ANSWER_BYTES_MAX;
use super::received::{Gap, Message, Received, end_reason};

/// The field that says that the data is not the message but its base64.
const BASE64: &[u8] = b"encoding: base64";

/// An event stream.
#[derive(Debug)]
pub(super) struct EventStream {
    body: Body,
    events: Events,
}

/// Reads the blocks of a stream.
#[derive(Debug)]
struct Events(Box<Decoder>);

impl EventStream {
    pub(super) fn new(body: Body) -> Self {
        Self {
            body,
            events: Events::new(),
        }
    }

    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Received>> {
        // Block by block, because the decoder does not give out fields that no browser knows.
        while let Some(block) = self.body.through(b"\n\n").await? {
            if let Some(received) = self.events.read(&block)? {
                return Ok(Some(received));
            }
        }
        Ok(None)
    }
}

impl Events {
    fn new() -> Self {
        Self(Box::new(Decoder::new(ANSWER_BYTES_MAX)))
    }

    /// What a block says; `None` if it is a comment, or for the connection alone.
    fn read(&mut self, block: &[u8]) -> anyhow::Result<Option<Received>> {
        if let Some(reason) = end(block) {
            let channel = None;
            return Ok(Some(Received::End { channel, reason }));
        }
        let Some(event) = self.0.decode(&mut &*block)? else {
            return Ok(None);
        };
        if event.event_type == "gap"
            && let Some(gap) = Gap::read(event.data.as_bytes(), &event.last_event_id)
        {
            return Ok(Some(Received::Gap(gap)));
        }
        let payload = if block
            .split(|byte| *byte == b'\n')
            .any(|line| line == BASE64)
        {
            let decoded = BASE64_STANDARD.decode(event.data);
            decoded.context("the server sent bad base64")?
        } else {
            event.data.into()
        };
        let is_named = event.event_type != "message";
        Ok(Some(Received::Message(Message {
            id: event.last_event_id,
            event: is_named.then(|| event.event_type.into_owned()),
            payload,
            ..Message::default()
        })))
    }
}

/// A comment with a status, `:410: 410 Gone`, is the last thing said.
fn end(block: &[u8]) -> Option<EndReason> {
    let status = block.strip_prefix(b":")?.get(..3)?;
    end_reason(StatusCode::from_bytes(status).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(blocks: &[&str]) -> Vec<Option<Received>> {
        let mut events = Events::new();
        let read = |block: &&str| events.read(block.as_bytes()).unwrap();
        blocks.iter().map(read).collect()
    }

    fn message(id: &str, event: Option<&str>, payload: &[u8]) -> Option<Received> {
        Some(Received::Message(Message {
            id: id.to_owned(),
            event: event.map(str::to_owned),
            payload: payload.to_owned(),
            ..Message::default()
        }))
    }

    #[test]
    fn data_in_base64_is_told_by_a_field() {
        let read = read(&[
            "id: 1:0\ndata: /wA=\nencoding: base64\n\n",
            "id: 1:1\ndata: /wA=\n\n",
            "id: 1:2\nevent: e\ndata: encoding: base64\n\n",
        ]);
        assert_eq!(read[0], message("1:0", None, &[0xff, 0]));
        assert_eq!(read[1], message("1:1", None, b"/wA="));
        assert_eq!(read[2], message("1:2", Some("e"), b"encoding: base64"));
    }

    #[test]
    fn a_gap_is_told_from_a_message_of_that_name() {
        let notice = r#"{"channel":"c","after":"1:0","resumed":"2:0"}"#;
        let read = read(&[
            &format!("id: 2:0\nevent: gap\ndata: {notice}\n\n"),
            "id: 2:1\nevent: gap\ndata: mind it\n\n",
        ]);
        let Some(Received::Gap(gap)) = &read[0] else {
            panic!("{read:?}")
        };
        assert_eq!((gap.after.as_str(), gap.resumed.as_str()), ("1:0", "2:0"));
        assert_eq!(gap.cursor.as_deref(), Some("2:0"));
        assert_eq!(read[1], message("2:1", Some("gap"), b"mind it"));
    }

    #[test]
    fn comments_say_nothing_but_the_end() {
        let read = read(&["retry: 2000\n\n", ": ok\n\n", ":\n\n", ":410: 410 Gone\n\n"]);
        let (channel, reason) = (None, EndReason::Deleted);
        let end = Some(Received::End { channel, reason });
        assert_eq!(read, [None, None, None, end]);
    }
}

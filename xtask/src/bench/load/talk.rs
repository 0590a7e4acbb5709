//! What a Socket.IO client says and hears on its WebSocket: Engine.IO 4, Socket.IO 5.

use std::mem;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::bench::plan::CHANNEL;

use super::payload::Stamp;

/// One end of a conversation, without I/O: it is told each text message, and has replies.
#[derive(Debug, Default)]
pub(super) struct Talk {
    stage: Stage,
    /// Frames that are to be sent.
    replies: Vec<u8>,
    /// When each event was emitted that asks for an acknowledgement, by its number.
    emitted: Vec<Duration>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Opening,
    Connecting,
    Connected,
    Entering,
    Entered,
}

/// What a message means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard<'a> {
    /// Ours was acknowledged: which, and when it was emitted.
    Acknowledged(Stamp),
    /// The server has taken the client into the main namespace.
    Connected,
    /// And into the room.
    Entered,
    /// An event of the room; its text, and whatever stands behind.
    Event(&'a [u8]),
    /// Of the protocol.
    Nothing,
}

/// The begin of an event from any of the servers; the text needs no escapes.
const EVENT: &[u8] = br#"42["message",""#;

/// Any key will do, but for one of zeros, which would be less work for the server.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

impl Talk {
    /// Hears a message of the server.
    ///
    /// # Errors
    /// When it is none that may come now.
    pub(super) fn hear<'a>(&mut self, message: &'a [u8]) -> Result<Heard<'a>> {
        if message == b"2" {
            self.say("3");
            return Ok(Heard::Nothing);
        }
        if let Some(text) = message.strip_prefix(EVENT) {
            ensure!(self.stage == Stage::Entered, "an event before the room");
            return Ok(Heard::Event(text));
        }
        match (self.stage, message) {
            (Stage::Opening, [b'0', ..]) => {
                self.say("40");
                self.stage = Stage::Connecting;
                Ok(Heard::Nothing)
            }
            (Stage::Connecting, [b'4', b'0', ..]) => {
                self.stage = Stage::Connected;
                Ok(Heard::Connected)
            }
            (Stage::Entering, [b'4', b'3', ..]) => {
                self.stage = Stage::Entered;
                Ok(Heard::Entered)
            }
            (Stage::Connected, [b'4', b'3', rest @ ..]) => self.acknowledged(rest),
            _ => bail!(
                "unexpected while {:?}: {}",
                self.stage,
                message.escape_ascii()
            ),
        }
    }

    /// Asks to be in the room of the bench.
    pub(super) fn enter(&mut self) {
        self.say(&format!(
            r#"420["subscribe","{CHANNEL}",{{"since":"now"}}]"#
        ));
        self.stage = Stage::Entering;
    }

    /// Emits an event to a room that nobody is in, and asks for the acknowledgement.
    pub(super) fn emit(&mut self, at: Duration, bytes: usize) {
        let sequence = self.emitted();
        let stamp = Stamp {
            sequence,
            published: at,
        };
        let text = stamp.write(bytes);
        self.say(&format!(r#"42{sequence}["publish","nobody","{text}"]"#));
        self.emitted.push(at);
    }

    /// Events that had to be acknowledged so far.
    pub(super) fn emitted(&self) -> u64 {
        self.emitted.len() as u64
    }

    /// Frames to be sent now.
    pub(super) fn take_replies(&mut self) -> Vec<u8> {
        mem::take(&mut self.replies)
    }

    /// Reads `ID[…]`.
    fn acknowledged(&self, rest: &[u8]) -> Result<Heard<'static>> {
        let end = rest.iter().position(|byte| *byte == b'[');
        let id = end.and_then(|end| rest.get(..end));
        let id: Option<usize> = id.and_then(|id| std::str::from_utf8(id).ok()?.parse().ok());
        let id = id.context("an acknowledgement without a number")?;
        let published = self
            .emitted
            .get(id)
            .context("nothing was emitted as such")?;
        Ok(Heard::Acknowledged(Stamp {
            sequence: id as u64,
            published: *published,
        }))
    }

    /// Adds a text frame (RFC 6455, section 5.2), which clients have to mask.
    fn say(&mut self, text: &str) {
        const FINAL_TEXT: u8 = 0x81;
        const MASKED: u8 = 0x80;
        const LENGTH_IN_TWO_BYTES: u8 = 126;
        self.replies.push(FINAL_TEXT);
        match u8::try_from(text.len()) {
            Ok(length) if length < LENGTH_IN_TWO_BYTES => self.replies.push(MASKED | length),
            _ => {
                let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
                self.replies.push(MASKED | LENGTH_IN_TWO_BYTES);
                self.replies.extend(length.to_be_bytes());
            }
        }
        self.replies.extend(MASK);
        let masked = text.bytes().zip(MASK.iter().cycle());
        self.replies.extend(masked.map(|(byte, key)| byte ^ key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Removes the mask of a short frame.
    fn unmasked(frame: &[u8]) -> String {
        let (head, payload) = frame.split_at(6);
        assert_eq!(head[0], 0x81);
        assert_eq!(usize::from(head[1] & 0x7f), payload.len());
        let bytes = payload.iter().zip(head[2..].iter().cycle());
        String::from_utf8(bytes.map(|(byte, key)| byte ^ key).collect()).unwrap()
    }

    fn connected() -> Talk {
        let mut talk = Talk::default();
        assert_eq!(talk.hear(b"0{\"sid\":\"a\"}").unwrap(), Heard::Nothing);
        assert_eq!(unmasked(&talk.take_replies()), "40");
        assert_eq!(talk.hear(b"40{\"sid\":\"b\"}").unwrap(), Heard::Connected);
        talk
    }

    #[test]
    fn a_client_connects_enters_and_hears() {
        let mut talk = connected();
        talk.enter();
        let asked = r#"420["subscribe","bench",{"since":"now"}]"#;
        assert_eq!(unmasked(&talk.take_replies()), asked);
        assert_eq!(talk.hear(b"430[true]").unwrap(), Heard::Entered);
        let event = talk.hear(br#"42["message","hello","1:0"]"#).unwrap();
        assert_eq!(event, Heard::Event(br#"hello","1:0"]"#));
    }

    #[test]
    fn pings_are_answered() {
        let mut talk = connected();
        assert_eq!(talk.hear(b"2").unwrap(), Heard::Nothing);
        assert_eq!(unmasked(&talk.take_replies()), "3");
    }

    #[test]
    fn acknowledgements_are_matched() {
        let mut talk = connected();
        talk.emit(Duration::from_secs(7), 30);
        assert_eq!(talk.emitted(), 1);
        let stamp = Stamp {
            sequence: 0,
            published: Duration::from_secs(7),
        };
        assert_eq!(talk.hear(b"430[]").unwrap(), Heard::Acknowledged(stamp));
        assert!(talk.hear(b"431[]").is_err() && talk.hear(b"43[]").is_err());
    }

    #[test]
    fn what_may_not_come_is_an_error() {
        let mut talk = Talk::default();
        for message in ["", "1", "40", "42[\"message\",\"x\"]", "44{}"] {
            assert!(talk.hear(message.as_bytes()).is_err(), "{message}");
        }
    }
}

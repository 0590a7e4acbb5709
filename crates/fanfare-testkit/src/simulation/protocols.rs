//! The wire protocols of the simulation, one of each shape. All of them say the same lines:
//!
//! - `m CHANNEL ID TEXT`: a message
//! - `g CHANNEL AFTER RESUMED`: a gap
//! - `e CHANNEL REASON`: the hub has ended this channel for the reader
//! - `l`: everything stored has been said
//! - `k`: nothing, to keep the connection alive
//! - `b REASON`: goodbye
//! - `a TAG OUTCOME`, `u TAG FOUND`, `p TAG OUTCOME`: answers to `sub`, `unsub` and `pub`

use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{ChannelName, Draft, EndReason, Gap, Message, PageLimit, Start, WireFormat};
use fanfare_link::{
    Answer, At, Close, Farewell, Framing, Kind, LAST_CHUNK, Outbox, Protocol, Reads,
    SubscribeError, Tick, chunk,
};
use http::{Response, StatusCode};

/// Kind of [`Lines`].
pub const LINES: Kind = Kind(1);
/// Kind of [`LongPoll`].
pub const LONG_POLL: Kind = Kind(2);
/// Kind of [`Frames`].
pub const FRAMES: Kind = Kind(3);

const PLAIN: WireFormat = WireFormat(1);
const CHUNKED: WireFormat = WireFormat(2);

/// Seconds between two signs of life.
const KEEP_ALIVE: Duration = Duration::from_secs(8);

/// Small pages, so that reading on takes several.
const APPETITE: PageLimit = PageLimit {
    messages: 4,
    bytes: 1024,
};

fn message_line(message: &Message) -> Bytes {
    let text = String::from_utf8_lossy(message.payload());
    format!("m {} {} {text}\n", message.channel(), message.id()).into()
}

fn gap_line(gap: &Gap, at: At<'_>) -> String {
    format!("g {} {} {}\n", at.channel(), gap.after, gap.resumed)
}

/// One response that never ends, a line per event.
#[derive(Debug)]
pub struct Lines {
    framing: Framing,
    keep_alive_at: Tick,
}

impl Lines {
    /// Marked off by `framing`.
    pub fn new(framing: Framing) -> Self {
        Self {
            framing,
            keep_alive_at: Tick(0),
        }
    }

    fn say(&mut self, line: impl AsRef<[u8]>, out: &mut Outbox<'_>) {
        self.keep_alive_at = out.tick().after(KEEP_ALIVE);
        match self.framing {
            Framing::Chunked => out.send(chunk(line.as_ref())),
            Framing::Carrier | Framing::UntilClose => {
                out.send(Bytes::copy_from_slice(line.as_ref()))
            }
        }
    }

    fn part(&self, out: &mut Outbox<'_>) -> Close {
        if self.framing == Framing::Chunked {
            out.send(LAST_CHUNK);
        }
        Close::Finished
    }
}

impl Protocol for Lines {
    fn kind(&self) -> Kind {
        LINES
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.keep_alive_at = out.tick().after(KEEP_ALIVE);
        Ok(())
    }

    fn deliver(
        &mut self,
        message: &Message,
        _at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        self.keep_alive_at = out.tick().after(KEEP_ALIVE);
        match self.framing {
            Framing::Chunked => {
                out.share(message.encoded(CHUNKED, |message| chunk(&message_line(message))));
            }
            Framing::Carrier | Framing::UntilClose => {
                out.share(message.encoded(PLAIN, message_line));
            }
        }
        Ok(())
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.say(gap_line(gap, at), out);
        Ok(())
    }

    fn caught_up(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.say("l\n", out);
        Ok(())
    }

    fn ended(&mut self, reason: EndReason, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.say(format!("e {} {reason:?}\n", at.channel()), out);
        if at.is_only() {
            return Err(self.part(out));
        }
        Ok(())
    }

    fn reads(&self) -> Reads {
        Reads::NextRequest
    }

    fn deadline(&self) -> Option<Tick> {
        Some(self.keep_alive_at)
    }

    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.say("k\n", out);
        Ok(())
    }

    fn farewell(&mut self, reason: Farewell, out: &mut Outbox<'_>) -> Close {
        self.say(format!("b {reason:?}\n"), out);
        self.part(out)
    }

    fn appetite(&self) -> PageLimit {
        APPETITE
    }
}

/// One request, one line.
#[derive(Debug)]
pub struct LongPoll {
    patience: Duration,
    deadline: Tick,
}

impl LongPoll {
    /// Waits `patience` for something to say.
    pub fn new(patience: Duration) -> Self {
        Self {
            patience,
            deadline: Tick(0),
        }
    }
}

fn whole(line: impl Into<Bytes>) -> Response<Bytes> {
    Response::new(line.into())
}

fn nothing() -> Response<Bytes> {
    let mut response = whole("");
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

impl Protocol for LongPoll {
    fn kind(&self) -> Kind {
        LONG_POLL
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.deadline = out.tick().after(self.patience);
        Ok(())
    }

    fn deliver(
        &mut self,
        message: &Message,
        _at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        out.reply(whole(message.encoded(PLAIN, message_line).clone()));
        Err(Close::Finished)
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.reply(whole(gap_line(gap, at)));
        Err(Close::Finished)
    }

    fn ended(&mut self, reason: EndReason, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.reply(whole(format!("e {} {reason:?}\n", at.channel())));
        Err(Close::Finished)
    }

    fn reads(&self) -> Reads {
        Reads::NextRequest
    }

    fn deadline(&self) -> Option<Tick> {
        Some(self.deadline)
    }

    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.reply(nothing());
        Err(Close::Finished)
    }

    fn farewell(&mut self, _reason: Farewell, out: &mut Outbox<'_>) -> Close {
        out.reply(nothing());
        Close::Finished
    }

    fn appetite(&self) -> PageLimit {
        PageLimit::ONE
    }
}

/// Frames in both directions: `sub TAG CHANNEL START`, `unsub TAG CHANNEL`, `pub TAG CHANNEL TEXT`
/// from the peer, each one line.
#[derive(Debug, Default)]
pub struct Frames {
    partial: Vec<u8>,
    keep_alive_at: Tick,
}

impl Frames {
    fn obey(line: &str, out: &mut Outbox<'_>) -> Option<()> {
        let (command, rest) = line.split_once(' ')?;
        let (tag, rest) = rest.split_once(' ')?;
        let tag = tag.parse().ok()?;
        match command {
            "sub" => {
                let (channel, start) = rest.split_once(' ')?;
                out.subscribe(tag, ChannelName::new(channel).ok()?, parse_start(start)?);
            }
            "unsub" => out.unsubscribe(tag, ChannelName::new(rest).ok()?),
            "pub" => {
                let (channel, text) = rest.split_once(' ')?;
                let draft = Draft::new(text.to_owned());
                out.publish(tag, ChannelName::new(channel).ok()?, draft);
            }
            _ => return None,
        }
        Some(())
    }
}

/// Reads `newest`, `oldest`, or an id to resume after.
pub fn parse_start(text: &str) -> Option<Start> {
    match text {
        "newest" => Some(Start::Newest),
        "oldest" => Some(Start::Oldest),
        id => Some(Start::After(id.parse().ok()?)),
    }
}

impl Protocol for Frames {
    fn kind(&self) -> Kind {
        FRAMES
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.keep_alive_at = out.tick().after(KEEP_ALIVE);
        Ok(())
    }

    fn deliver(
        &mut self,
        message: &Message,
        _at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        out.share(message.encoded(PLAIN, message_line));
        Ok(())
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.send(gap_line(gap, at));
        Ok(())
    }

    fn ended(&mut self, reason: EndReason, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.send(format!("e {} {reason:?}\n", at.channel()));
        Ok(())
    }

    fn reads(&self) -> Reads {
        Reads::Frames
    }

    fn receive(&mut self, bytes: &mut [u8], out: &mut Outbox<'_>) -> Result<(), Close> {
        self.partial.extend_from_slice(bytes);
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            Self::obey(line.trim_end(), out).ok_or(Close::Abort)?;
        }
        Ok(())
    }

    fn answer(&mut self, answer: Answer, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.send(match answer {
            Answer::Published { tag, outcome } => {
                format!("p {tag} {}\n", if outcome.is_ok() { "ok" } else { "no" })
            }
            Answer::Subscribed { tag, outcome } => {
                let outcome = match outcome {
                    Ok(()) => "ok",
                    Err(SubscribeError::Already) => "already",
                    Err(SubscribeError::TooMany(_)) => "full",
                    Err(_) => "no",
                };
                format!("a {tag} {outcome}\n")
            }
            Answer::Unsubscribed { tag, found } => format!("u {tag} {found}\n"),
        });
        Ok(())
    }

    fn deadline(&self) -> Option<Tick> {
        Some(self.keep_alive_at)
    }

    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.keep_alive_at = out.tick().after(KEEP_ALIVE);
        out.send("k\n");
        Ok(())
    }

    fn farewell(&mut self, reason: Farewell, out: &mut Outbox<'_>) -> Close {
        out.send(format!("b {reason:?}\n"));
        Close::HangUp
    }

    fn appetite(&self) -> PageLimit {
        APPETITE
    }
}

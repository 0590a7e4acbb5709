//! Three small protocols, one of each shape that push protocols have.

use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{Draft, EndReason, Gap, Message, PageLimit, Start, WireFormat};
use fanfare_link::{
    Answer, At, Close, Farewell, Framing, Kind, Outbox, Protocol, Reads, Tick, chunk,
};
use http::Response;

use crate::rig::name;

pub(crate) const TALK: Kind = Kind(1);
pub(crate) const POLL: Kind = Kind(2);
pub(crate) const STREAM: Kind = Kind(3);

const LINE: WireFormat = WireFormat(1);

fn line(message: &Message) -> Bytes {
    format!(
        "{} {} {}\n",
        message.channel(),
        message.id(),
        String::from_utf8_lossy(message.payload())
    )
    .into()
}

fn gap_line(gap: &Gap, at: At<'_>) -> String {
    format!("gap {} {} {}\n", at.channel(), gap.after, gap.resumed)
}

/// Speaks lines in both directions.
///
/// From the peer: `sub TAG CHANNEL START`, `unsub TAG CHANNEL`, `pub TAG CHANNEL TEXT`, `ping`,
/// `finish`, `hang`, `abort`, `wait SECONDS`, and `then COMMAND`, which does the command when the
/// next message comes.
pub(crate) struct Talk {
    pub(crate) is_shy: bool,
    pub(crate) deadline: Option<Tick>,
    pub(crate) then: Option<String>,
    pub(crate) partial: Vec<u8>,
}

impl Talk {
    /// `is_shy` tells whether it says when it has caught up.
    pub(crate) fn new(is_shy: bool) -> Self {
        Self {
            is_shy,
            deadline: None,
            then: None,
            partial: Vec::new(),
        }
    }

    fn obey(&mut self, command: &str, out: &mut Outbox<'_>) -> Result<(), Close> {
        let words: Vec<&str> = command.splitn(4, ' ').collect();
        match words[..] {
            ["sub", tag, channel, start] => {
                out.subscribe(tag.parse().unwrap(), name(channel), parse_start(start))
            }
            ["unsub", tag, channel] => out.unsubscribe(tag.parse().unwrap(), name(channel)),
            ["pub", tag, channel, text] => out.publish(
                tag.parse().unwrap(),
                name(channel),
                Draft::new(text.to_owned()),
            ),
            ["ping"] => out.send("pong\n"),
            ["finish"] => return Err(Close::Finished),
            ["hang"] => return Err(Close::HangUp),
            ["abort"] => return Err(Close::Abort),
            ["wait", seconds] => {
                let seconds = Duration::from_secs(seconds.parse().unwrap());
                self.deadline = Some(out.tick().after(seconds));
            }
            ["then", ..] => self.then = command.strip_prefix("then ").map(str::to_owned),
            _ => panic!("no such command: {command}"),
        }
        Ok(())
    }
}

pub(crate) fn parse_start(text: &str) -> Start {
    match text {
        "newest" => Start::Newest,
        "oldest" => Start::Oldest,
        id => Start::After(id.parse().unwrap()),
    }
}

impl Protocol for Talk {
    fn kind(&self) -> Kind {
        TALK
    }

    fn deliver(
        &mut self,
        message: &Message,
        _at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        out.share(message.encoded(LINE, line));
        match self.then.take() {
            Some(command) => self.obey(&command, out),
            None => Ok(()),
        }
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.send(gap_line(gap, at));
        Ok(())
    }

    fn caught_up(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        if !self.is_shy {
            out.send("live\n");
        }
        Ok(())
    }

    fn ended(&mut self, reason: EndReason, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.send(format!("ended {} {reason:?}\n", at.channel()));
        Ok(())
    }

    fn reads(&self) -> Reads {
        Reads::Frames
    }

    fn receive(&mut self, bytes: &mut [u8], out: &mut Outbox<'_>) -> Result<(), Close> {
        self.partial.extend_from_slice(bytes);
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let command: Vec<u8> = self.partial.drain(..=end).collect();
            let command = String::from_utf8(command).unwrap();
            self.obey(command.trim_end(), out)?;
        }
        Ok(())
    }

    fn answer(&mut self, answer: Answer, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.send(match answer {
            Answer::Published { tag, outcome } => format!("{tag} published {}\n", outcome.is_ok()),
            Answer::Subscribed { tag, outcome } => match outcome {
                Ok(()) => format!("{tag} subscribed\n"),
                Err(error) => format!("{tag} {error}\n"),
            },
            Answer::Unsubscribed { tag, found } => format!("{tag} unsubscribed {found}\n"),
        });
        Ok(())
    }

    fn deadline(&self) -> Option<Tick> {
        self.deadline
    }

    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.deadline = None;
        out.send("tick\n");
        Ok(())
    }

    fn farewell(&mut self, reason: Farewell, out: &mut Outbox<'_>) -> Close {
        out.send(format!("bye {reason:?}\n"));
        Close::HangUp
    }
}

/// How long a poll waits for a message.
pub(crate) const POLL_TIME: Duration = Duration::from_secs(20);

/// Answers one message per request.
pub(crate) struct Poll {
    pub(crate) deadline: Tick,
}

fn whole(body: String) -> Response<Bytes> {
    Response::new(body.into())
}

impl Protocol for Poll {
    fn kind(&self) -> Kind {
        POLL
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        self.deadline = out.tick().after(POLL_TIME);
        Ok(())
    }

    fn deliver(
        &mut self,
        message: &Message,
        _at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        let text = String::from_utf8(line(message).to_vec()).unwrap();
        out.reply(whole(text));
        Err(Close::Finished)
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.reply(whole(gap_line(gap, at)));
        Err(Close::Finished)
    }

    fn ended(&mut self, reason: EndReason, _at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.reply(whole(format!("ended {reason:?}\n")));
        Err(Close::Finished)
    }

    fn reads(&self) -> Reads {
        Reads::NextRequest
    }

    fn deadline(&self) -> Option<Tick> {
        Some(self.deadline)
    }

    fn tick(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.reply(whole("nothing\n".to_owned()));
        Err(Close::Finished)
    }

    fn farewell(&mut self, reason: Farewell, out: &mut Outbox<'_>) -> Close {
        out.reply(whole(format!("bye {reason:?}\n")));
        Close::HangUp
    }

    fn appetite(&self) -> PageLimit {
        PageLimit::ONE
    }
}

/// Streams messages as the body of one response; the message `end` ends it.
pub(crate) struct Stream {
    pub(crate) framing: Framing,
}

impl Stream {
    fn frame(&self, bytes: &[u8]) -> Bytes {
        match self.framing {
            Framing::Chunked => chunk(bytes),
            Framing::Carrier | Framing::UntilClose => Bytes::copy_from_slice(bytes),
        }
    }
}

impl Protocol for Stream {
    fn kind(&self) -> Kind {
        STREAM
    }

    fn deliver(
        &mut self,
        message: &Message,
        _at: At<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Close> {
        out.send(self.frame(&line(message)));
        if message.payload() == "end" {
            if self.framing == Framing::Chunked {
                out.send(fanfare_link::LAST_CHUNK);
            }
            return Err(Close::Finished);
        }
        Ok(())
    }

    fn gap(&mut self, gap: &Gap, at: At<'_>, out: &mut Outbox<'_>) -> Result<(), Close> {
        out.send(self.frame(gap_line(gap, at).as_bytes()));
        Ok(())
    }

    fn ended(&mut self, _reason: EndReason, _at: At<'_>, _: &mut Outbox<'_>) -> Result<(), Close> {
        Err(Close::HangUp)
    }

    fn reads(&self) -> Reads {
        Reads::NextRequest
    }

    fn deadline(&self) -> Option<Tick> {
        None
    }

    fn tick(&mut self, _out: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    fn farewell(&mut self, _reason: Farewell, _out: &mut Outbox<'_>) -> Close {
        Close::HangUp
    }
}

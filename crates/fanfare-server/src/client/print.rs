//! What a person, or a script, gets to see.

use std::io::{self, ErrorKind, Write as _};
use std::num::NonZeroU64;

use super::Received;
use super::received::{Gap, printable};

/// Prints messages until there were enough.
#[derive(Debug)]
pub(super) struct Printer {
    as_json: bool,
    left: Option<u64>,
}

impl Printer {
    pub(super) fn new(as_json: bool, count: Option<NonZeroU64>) -> Self {
        Self {
            as_json,
            left: count.map(NonZeroU64::get),
        }
    }

    /// Prints one; `true` when that was enough, for us or for whoever reads. A gap is a note beside
    /// the messages, or a JSON object among them.
    pub(super) fn print(&mut self, received: &Received) -> io::Result<bool> {
        let is_read = match received {
            Received::End { .. } => true,
            Received::Gap(gap) if self.as_json => line(&gap.to_json().to_string())?,
            Received::Gap(gap) => {
                note(&missing(gap));
                true
            }
            Received::Message(message) if self.as_json => line(&message.to_json().to_string())?,
            Received::Message(message) => write_line(unended(&message.payload))?,
        };
        if matches!(received, Received::Message(_)) {
            self.left = self.left.map(|left| left.saturating_sub(1));
        }
        Ok(!is_read || self.left == Some(0))
    }
}

/// Whether there were messages, nobody may know any more: after a restart, for one.
fn missing(gap: &Gap) -> String {
    let channel = gap.channel.as_deref().unwrap_or("a channel");
    format!(
        "whatever {} had after {} up to {} is missing here: the server does not have it any more",
        printable(channel),
        printable(&gap.after),
        printable(&gap.resumed)
    )
}

/// Without the end that a line has already, as what was published from a pipe does.
fn unended(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

/// A line on standard output; `false` if nobody reads it any more, as after `| head -1`.
pub(super) fn line(text: &str) -> io::Result<bool> {
    write_line(text.as_bytes())
}

fn write_line(bytes: &[u8]) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    let written = out
        .write_all(bytes)
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// A remark on standard error. Nobody reading it is no reason to stop.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "fanfare: {text}");
}

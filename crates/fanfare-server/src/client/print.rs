//! What a person, or a script, gets to see.

use std::io::{self, Write as _};
use std::num::NonZeroU64;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::Received;

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

    /// Prints one; `true` when that was enough. A gap is a note beside the messages, or a JSON
    /// object among them.
    pub(super) fn print(&mut self, received: &Received) -> io::Result<bool> {
        if self.as_json {
            line(&object(received).to_string())?;
        } else if received.is_gap {
            note(
                "messages are missing here: the history does not reach back to the last one received",
            )?;
        } else {
            let mut out = io::stdout().lock();
            out.write_all(&received.payload)?;
            out.write_all(b"\n")?;
            out.flush()?;
        }
        if !received.is_gap {
            self.left = self.left.map(|left| left.saturating_sub(1));
        }
        Ok(self.left == Some(0))
    }
}

fn object(received: &Received) -> serde_json::Value {
    if received.is_gap {
        return json!({"gap": {"channel": received.channel, "resumed": received.id}});
    }
    let mut object = json!({
        "id": received.id,
        "channel": received.channel,
        "event": received.event,
        "content_type": received.content_type,
    });
    match std::str::from_utf8(&received.payload) {
        Ok(text) => object["data"] = text.into(),
        Err(_) => object["base64"] = BASE64_STANDARD.encode(&received.payload).into(),
    }
    object
}

/// A line on standard output.
pub(super) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// A remark on standard error.
pub(super) fn note(text: &str) -> io::Result<()> {
    writeln!(io::stderr().lock(), "fanfare: {text}")
}

//! Reads an event stream as it arrives.

use std::borrow::Cow;
use std::mem;
use std::time::Duration;

use crate::field;
use crate::limits::EVENT_BYTES_MAX;
use crate::line::{LineReader, TooLarge};

/// U+FEFF in UTF-8, which may stand once before the stream.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What an `EventSource` fires when a block has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEvent {
    /// The kind of event; `message` if the stream did not say.
    pub event_type: Cow<'static, str>,
    /// The lines of data, with LF between them.
    pub data: String,
    /// The id of this event, or that of the latest event that had one.
    pub last_event_id: String,
}

/// Why a stream cannot be read on. The server must send less, or the caller allow more; connecting
/// again brings the same event again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A line or an event is larger than the decoder may hold.
    #[error("an event of the stream is larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
}

/// Makes events of the bytes of a stream, however they are cut.
///
/// The grammar is that of the HTML standard; nothing a server sends is an error but an event above
/// the size limit. Each byte is looked at once, whatever the size of the pieces. It outlives the
/// connection: call [`end_of_stream`](Self::end_of_stream) between two of them.
///
/// ```
/// # use fanfare_sse::{Decoder, DecodeError};
/// # let mut seen = Vec::new();
/// # let pieces: [&[u8]; 2] = [b"data: a\n\nda", b"ta: b\n\n"];
/// let mut decoder = Decoder::default();
/// for piece in pieces {
///     let mut input = piece;
///     while let Some(event) = decoder.decode(&mut input)? {
///         seen.push(event.data);
///     }
/// }
/// # assert_eq!(seen, ["a", "b"]);
/// # Ok::<(), DecodeError>(())
/// ```
///
/// # Limits
/// What it keeps between two calls ([`buffered_bytes`](Self::buffered_bytes)) is at most the limit
/// given to [`new`](Self::new), in buffers that may have twice the room. A line that is not UTF-8
/// takes a few times the limit for the moment in which it is read.
///
/// Source: HTML standard, 9.2.6 "Interpreting an event stream", whose names the fields carry.
#[derive(Debug)]
pub struct Decoder {
    event_bytes_max: usize,
    lines: LineReader,
    /// The first line, where a byte order mark may stand, has been read.
    started: bool,
    /// Invariant: empty, or ends with LF.
    data: String,
    event_type: String,
    last_event_id_buffer: String,
    last_event_id: String,
    retry: Option<Duration>,
    too_large: bool,
}

impl Default for Decoder {
    /// A decoder with the limit [`EVENT_BYTES_MAX`].
    fn default() -> Self {
        Self::new(EVENT_BYTES_MAX)
    }
}

impl Decoder {
    /// A decoder that holds at most `event_bytes_max` bytes for one event: data, event name, id
    /// and the unfinished line together.
    pub const fn new(event_bytes_max: usize) -> Self {
        Self {
            event_bytes_max,
            lines: LineReader::new(),
            started: false,
            data: String::new(),
            event_type: String::new(),
            last_event_id_buffer: String::new(),
            last_event_id: String::new(),
            retry: None,
            too_large: false,
        }
    }

    /// Takes bytes off the front of `input` up to the end of the next event, and gives the event.
    ///
    /// `None` means that `input` is used up and more is needed. Call it until then: what is left
    /// in `input` after an event is the caller's to give again.
    ///
    /// # Errors
    /// [`DecodeError::TooLarge`], now and until [`end_of_stream`](Self::end_of_stream): the place
    /// where the next event begins is lost, so the connection must be closed.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<MessageEvent>, DecodeError> {
        if self.too_large {
            return Err(self.error());
        }
        self.read(input).map_err(|TooLarge| {
            self.end_of_stream();
            self.too_large = true;
            self.error()
        })
    }

    /// Ends a stream and makes ready for the next connection to the same source.
    ///
    /// An unfinished event is thrown away, with the id it may have had.
    ///
    /// The last event id and the retry time stay. Taken to the letter the standard begins each
    /// stream with an empty id buffer, so that the first comment of a new connection would wipe
    /// out the place to resume from; browsers keep the id, and so do we.
    pub fn end_of_stream(&mut self) {
        self.lines = LineReader::new();
        self.started = false;
        self.data = String::new();
        self.event_type = String::new();
        self.last_event_id_buffer.clone_from(&self.last_event_id);
        self.too_large = false;
    }

    /// The id to send as `Last-Event-ID` when connecting again; if it is empty, none.
    ///
    /// A block without data moves it too, although it fires no event.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// How long the server wants clients to wait before they connect again, if it has said. Changes
    /// as soon as the line is read, whether or not its block becomes an event.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Bytes kept for the event that is being read.
    pub fn buffered_bytes(&self) -> usize {
        self.field_bytes() + self.lines.partial_bytes()
    }

    fn read(&mut self, input: &mut &[u8]) -> Result<Option<MessageEvent>, TooLarge> {
        while let Some(line) = self.next_line(input)? {
            match self.without_byte_order_mark(&line) {
                [] => {
                    if let Some(event) = self.dispatch() {
                        return Ok(Some(event));
                    }
                }
                line => self.interpret(line)?,
            }
        }
        Ok(None)
    }

    /// The next line, if the event it belongs to still has room for it.
    fn next_line<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Cow<'a, [u8]>>, TooLarge> {
        let room = self.event_bytes_max.saturating_sub(self.field_bytes());
        self.lines.next(input, room)
    }

    fn without_byte_order_mark<'a>(&mut self, line: &'a [u8]) -> &'a [u8] {
        if mem::replace(&mut self.started, true) {
            return line;
        }
        line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
    }

    /// A comment is a field with an empty name, and ignored like any other unknown field.
    fn interpret(&mut self, line: &[u8]) -> Result<(), TooLarge> {
        match name_and_value(line) {
            (b"data", value) => {
                self.data.push_str(&field::text(value));
                self.data.push('\n');
            }
            (b"event", value) => self.event_type = field::text(value).into_owned(),
            (b"id", value) if !value.contains(&0) => {
                self.last_event_id_buffer = field::text(value).into_owned();
            }
            (b"retry", value) => self.retry = milliseconds(value).or(self.retry),
            _ => {}
        }
        // The line had room, but U+FFFD takes three bytes where it stands for one.
        if self.field_bytes() > self.event_bytes_max {
            return Err(TooLarge);
        }
        Ok(())
    }

    fn dispatch(&mut self) -> Option<MessageEvent> {
        self.last_event_id.clone_from(&self.last_event_id_buffer);
        let event_type = mem::take(&mut self.event_type);
        let mut data = mem::take(&mut self.data);
        data.pop()?;
        Some(MessageEvent {
            event_type: match event_type.as_str() {
                "" => Cow::Borrowed("message"),
                _ => Cow::Owned(event_type),
            },
            data,
            last_event_id: self.last_event_id.clone(),
        })
    }

    fn field_bytes(&self) -> usize {
        self.data.len() + self.event_type.len() + self.last_event_id_buffer.len()
    }

    fn error(&self) -> DecodeError {
        DecodeError::TooLarge {
            bytes_max: self.event_bytes_max,
        }
    }
}

/// Divides a line at its first colon. One space after the colon is not part of the value.
fn name_and_value(line: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = line.splitn(2, |&byte| byte == b':');
    let name = parts.next().unwrap_or_default();
    let value = parts.next().unwrap_or_default();
    (name, value.strip_prefix(b" ").unwrap_or(value))
}

/// Reads a number of milliseconds: ASCII digits and nothing else, so no sign and no unit. One that
/// is too large for 64 bits is as good as the largest that is not.
fn milliseconds(value: &[u8]) -> Option<Duration> {
    let digits = std::str::from_utf8(value).ok()?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Duration::from_millis(digits.parse().unwrap_or(u64::MAX)))
}

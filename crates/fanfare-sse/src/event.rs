//! What a server wants said: an event, checked while it is built.

use std::borrow::Cow;
use std::time::Duration;

use bytes::{BufMut, Bytes};

use crate::field::{self, InvalidField};
use crate::limits::ID_BYTES_MAX;
use crate::name::EventName;

/// One block of an event stream.
///
/// Whatever it is made of, it arrives as this one event: texts that would end a field and begin
/// another are refused, and data is divided into as many lines as it has.
///
/// ```
/// use std::time::Duration;
/// use fanfare_sse::Event;
///
/// let event = Event::data("{}").event("joined")?.retry(Duration::from_secs(5));
/// assert_eq!(event.encode(), "event: joined\nretry: 5000\ndata: {}\n\n");
/// assert!(Event::data("{}").event("joined\ndata: forged").is_err());
/// # Ok::<(), fanfare_sse::InvalidField>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    comment: Option<String>,
    id: Option<String>,
    event: Option<Cow<'static, str>>,
    retry: Option<Duration>,
    data: Option<String>,
}

impl Event {
    /// An event without data. A browser fires nothing for it, but heeds its id and retry time.
    pub fn new() -> Self {
        Self::default()
    }

    /// An event with data, possibly the empty text.
    ///
    /// The receiver sees CRLF and CR as LF. What must arrive byte for byte, and what is not text,
    /// needs an encoding such as base64.
    pub fn data(text: impl Into<String>) -> Self {
        Self {
            data: Some(text.into()),
            ..Self::default()
        }
    }

    /// An event with data that ought to be UTF-8. What is not becomes U+FFFD, as the receiver would
    /// make of it: an event stream is UTF-8 and nothing else.
    pub fn data_lossy(bytes: &[u8]) -> Self {
        Self::data(field::text(bytes))
    }

    /// Names the place in the stream that a client has reached with this event; it sends the id
    /// back when it reconnects. The empty id makes it forget.
    ///
    /// # Errors
    /// [`InvalidField`] if it could not come back unchanged: a control character, a space at
    /// either end, more than [`ID_BYTES_MAX`] bytes.
    pub fn id(mut self, id: impl Into<String>) -> Result<Self, InvalidField> {
        let id = id.into();
        field::check_id(&id, ID_BYTES_MAX)?;
        self.id = Some(id);
        Ok(self)
    }

    /// Names the kind of event, which a browser delivers to the listeners of that name. Without,
    /// and with the empty name, the kind is `message`.
    ///
    /// # Errors
    /// [`InvalidField`] for a control character and for more than
    /// [`EVENT_NAME_BYTES_MAX`](crate::limits::EVENT_NAME_BYTES_MAX) bytes.
    pub fn event(mut self, name: impl Into<String>) -> Result<Self, InvalidField> {
        let name = name.into();
        field::check_event_name(&name)?;
        self.event = Some(name.into());
        Ok(self)
    }

    /// As [`event`](Self::event), with a name that was checked when the program was compiled.
    #[must_use]
    pub fn named(mut self, name: EventName) -> Self {
        self.event = Some(name.as_str().into());
        self
    }

    /// Tells the client how long to wait before it reconnects, in whole milliseconds.
    #[must_use]
    pub fn retry(mut self, after: Duration) -> Self {
        self.retry = Some(after);
        self
    }

    /// Adds lines that every receiver ignores. A second call replaces the first.
    #[must_use]
    pub fn comment(mut self, text: impl Into<String>) -> Self {
        self.comment = Some(text.into());
        self
    }

    /// The block as bytes to share.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(self.encoded_bytes_hint());
        self.encode_into(&mut out);
        out.into()
    }

    /// Writes the block to the end of `out`: comment, id, event, retry, data, blank line.
    ///
    /// The id comes before the data, so that the beginning of a block never has data without its
    /// id.
    ///
    /// # Panics
    /// If `out` cannot grow and is full; a `Vec` and a `BytesMut` grow.
    pub fn encode_into(&self, out: &mut impl BufMut) {
        if let Some(comment) = &self.comment {
            field::write_lines(out, "", comment.as_bytes());
        }
        if let Some(id) = &self.id {
            field::write(out, "id", id.as_bytes());
        }
        if let Some(name) = &self.event {
            field::write(out, "event", name.as_bytes());
        }
        if let Some(after) = self.retry {
            field::write(out, "retry", after.as_millis().to_string().as_bytes());
        }
        if let Some(data) = &self.data {
            field::write_lines(out, "data", data.as_bytes());
        }
        out.put_u8(b'\n');
    }

    /// What the block needs if comment and data are one line each.
    fn encoded_bytes_hint(&self) -> usize {
        const NAMES_BYTES: usize = "id: \nevent: \nretry: 86400000\ndata: \n: \n\n".len();
        let texts = [&self.comment, &self.id, &self.data];
        let name = self.event.as_deref().map_or(0, str::len);
        NAMES_BYTES + name + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

//! What is published: a draft before it has an id, a message after.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;

use crate::limits::{
    CONTENT_TYPE_BYTES_MAX, EVENT_NAME_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX, MESSAGE_OVERHEAD_BYTES,
};
use crate::{ChannelName, HistoryLimits, MessageId, PublishError, Timestamp};

/// What a publisher wants said.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The message itself, any bytes, possibly none.
    pub payload: Bytes,
    /// Media type as the publisher wrote it. `None` is kept as none.
    pub content_type: Option<Box<str>>,
    /// Event name for transports that have one.
    pub event: Option<Box<str>>,
    /// How long the message may be delivered; the channel's history age if `None` or shorter.
    pub ttl: Option<Duration>,
    /// A key under which a repeated publish is recognised and not published again.
    pub idempotency_key: Option<Box<str>>,
    /// Bounds of the channel's history from here on; the engine's own if `None`.
    pub history: Option<HistoryLimits>,
}

impl Draft {
    /// A message without type, event name or options.
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self {
            payload: payload.into(),
            ..Self::default()
        }
    }

    /// Refuses what no transport could carry.
    ///
    /// # Errors
    /// [`PublishError::Unfit`] names the field and its limit.
    pub fn check(&self) -> Result<(), PublishError> {
        check_field(
            "content type",
            self.content_type.as_deref(),
            CONTENT_TYPE_BYTES_MAX,
        )?;
        check_field("event name", self.event.as_deref(), EVENT_NAME_BYTES_MAX)?;
        check_field(
            "idempotency key",
            self.idempotency_key.as_deref(),
            IDEMPOTENCY_KEY_BYTES_MAX,
        )
    }
}

/// These texts end up in headers and event fields, where a line end would start a field of its own.
fn check_field(
    field: &'static str,
    text: Option<&str>,
    bytes_max: usize,
) -> Result<(), PublishError> {
    match text {
        Some(text) if text.len() > bytes_max || text.chars().any(char::is_control) => {
            Err(PublishError::Unfit { field, bytes_max })
        }
        _ => Ok(()),
    }
}

/// A published message: immutable, shared by everybody who reads it.
///
/// Wire forms are made once and kept with it, see [`Message::encoded`].
pub struct Message {
    channel: ChannelName,
    id: MessageId,
    previous: MessageId,
    published: Timestamp,
    expires: Timestamp,
    content_type: Option<Box<str>>,
    event: Option<Box<str>>,
    payload: Bytes,
    forms: FormSlot,
    meter: Arc<Meter>,
}

impl Message {
    /// Makes a message of a draft. For engines; everybody else publishes through the hub.
    ///
    /// `previous` is the id of the message before it in the channel, `expires` the moment from
    /// which it must not be delivered any more, `meter` counts the bytes of its wire forms.
    pub fn new(
        channel: ChannelName,
        (previous, id): (MessageId, MessageId),
        (published, expires): (Timestamp, Timestamp),
        draft: Draft,
        meter: Arc<Meter>,
    ) -> Self {
        let Draft {
            payload,
            content_type,
            event,
            ..
        } = draft;
        Self {
            channel,
            id,
            previous,
            published,
            expires,
            content_type,
            event,
            payload,
            forms: FormSlot::new(),
            meter,
        }
    }

    /// The channel it was published on.
    pub fn channel(&self) -> &ChannelName {
        &self.channel
    }

    /// Its id, which is the cursor of whoever has read it.
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// The id of the message before it in the channel, still stored or not. A reader whose cursor
    /// is smaller has missed something.
    pub fn previous(&self) -> MessageId {
        self.previous
    }

    /// When it was published, by the publishing node's clock.
    pub fn published(&self) -> Timestamp {
        self.published
    }

    /// From when on it must not be delivered.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// The media type its publisher gave, if any.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// The event name its publisher gave, if any.
    pub fn event(&self) -> Option<&str> {
        self.event.as_deref()
    }

    /// The bytes published.
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// What it counts for against bounds in bytes: payload, texts and a fixed overhead.
    pub fn weight(&self) -> usize {
        self.payload.len()
            + self.content_type.as_deref().map_or(0, str::len)
            + self.event.as_deref().map_or(0, str::len)
            + MESSAGE_OVERHEAD_BYTES
    }

    /// This message as `format`: encoded by the first caller, shared by all later ones.
    ///
    /// `encode` runs at most once per format in the life of the message, whatever the number of
    /// readers and threads. It must not ask this message for another form: that would wait for
    /// itself. The bytes live as long as the message and count in its meter.
    pub fn encoded(&self, format: WireFormat, encode: impl FnOnce(&Self) -> Bytes) -> &Bytes {
        let mut slot = &self.forms;
        let mut encode = Some(encode);
        loop {
            let form = slot.get_or_init(|| {
                let encode = encode.take().expect("a fresh slot ends the search");
                self.form(format, encode)
            });
            if form.format == format {
                return &form.bytes;
            }
            slot = &form.next;
        }
    }

    fn form(&self, format: WireFormat, encode: impl FnOnce(&Self) -> Bytes) -> Box<Form> {
        let bytes = encode(self);
        self.meter.add(bytes.len());
        Box::new(Form {
            format,
            bytes,
            next: FormSlot::new(),
        })
    }
}

impl Message {
    /// Gives its wire forms up. The next reader makes them anew.
    pub(crate) fn shed_forms(&mut self) {
        let mut slot = std::mem::take(&mut self.forms);
        while let Some(form) = slot.take() {
            self.meter.subtract(form.bytes.len());
            slot = form.next;
        }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        self.shed_forms();
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}@{} ({} bytes)",
            self.channel,
            self.id,
            self.payload.len()
        )
    }
}

/// Names one way of writing a message on a wire. The hub does not know what it stands for: each
/// adapter takes a number of its own, and two that write the same bytes share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireFormat(pub u16);

/// The wire forms of a message as a list that only grows: a message has none to three of them, so
/// a walk is shorter than a table, and a message nobody listens to pays one word.
type FormSlot = OnceLock<Box<Form>>;

struct Form {
    format: WireFormat,
    bytes: Bytes,
    next: FormSlot,
}

/// Counts bytes from many threads.
#[derive(Debug, Default)]
pub struct Meter(AtomicUsize);

impl Meter {
    /// What is counted now, in bytes.
    pub fn bytes(&self) -> usize {
        // Relaxed everywhere: the value is a statistic and a soft bound, it guards no other memory.
        self.0.load(Ordering::Relaxed)
    }

    /// Adds `bytes`.
    pub fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes `bytes` off, which must have been added before.
    pub fn subtract(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPPER: WireFormat = WireFormat(1);
    const DOUBLE: WireFormat = WireFormat(2);

    fn message(meter: &Arc<Meter>) -> Message {
        Message::new(
            ChannelName::new("c").unwrap(),
            (MessageId::ZERO, MessageId::new(1, 0)),
            (Timestamp::default(), Timestamp::NEVER),
            Draft::new("abc"),
            Arc::clone(meter),
        )
    }

    #[test]
    fn is_encoded_once_per_format() {
        let meter = Arc::new(Meter::default());
        let message = message(&meter);
        for _ in 0..3 {
            assert_eq!(
                message.encoded(UPPER, |_| Bytes::from_static(b"ABC")),
                "ABC"
            );
            assert_eq!(
                message.encoded(DOUBLE, |m| [m.payload().as_ref(); 2].concat().into()),
                "abcabc"
            );
        }
        assert_eq!(
            message.encoded(UPPER, |_| unreachable!("already encoded")),
            "ABC"
        );
        assert_eq!(meter.bytes(), 9);
    }

    #[test]
    fn gives_back_what_its_forms_counted_for() {
        let meter = Arc::new(Meter::default());
        let message = message(&meter);
        message.encoded(UPPER, |_| Bytes::from_static(b"ABC"));
        drop(message);
        assert_eq!(meter.bytes(), 0);
    }

    #[test]
    fn refuses_fields_that_would_start_another() {
        let draft = Draft {
            event: Some("a\nid: 9".into()),
            ..Draft::default()
        };
        assert!(matches!(
            draft.check(),
            Err(PublishError::Unfit {
                field: "event name",
                ..
            })
        ));
        let draft = Draft {
            content_type: Some("x".repeat(257).into()),
            ..Draft::default()
        };
        assert!(matches!(
            draft.check(),
            Err(PublishError::Unfit { bytes_max: 256, .. })
        ));
    }
}

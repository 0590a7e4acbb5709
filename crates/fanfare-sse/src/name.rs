//! Event names that are part of the program.

use crate::limits::EVENT_NAME_BYTES_MAX;

/// The name of an event, checked when the program is compiled.
///
/// ```
/// use fanfare_sse::{Event, EventName};
///
/// const FEED: EventName = EventName::from_static("feed");
///
/// let event = Event::data("x").named(FEED);
/// assert_eq!(event.encode(), "event: feed\ndata: x\n\n");
/// ```
///
/// A name that comes from elsewhere goes into [`Event::event`](crate::Event::event).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventName(&'static str);

impl EventName {
    /// A name from a literal. Make it a `const`: then it is the compiler that refuses a wrong one.
    ///
    /// ```compile_fail
    /// # use fanfare_sse::EventName;
    /// const FORGED: EventName = EventName::from_static("feed\ndata: x");
    /// # let _ = FORGED;
    /// ```
    ///
    /// # Panics
    /// If there is a control character in it, or it is longer than [`EVENT_NAME_BYTES_MAX`].
    pub const fn from_static(name: &'static str) -> Self {
        assert!(
            name.len() <= EVENT_NAME_BYTES_MAX,
            "the event name is too long"
        );
        let mut rest = name.as_bytes();
        while let [first, after @ ..] = rest {
            assert!(
                !first.is_ascii_control(),
                "there is a control character in the event name"
            );
            rest = after;
        }
        Self(name)
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

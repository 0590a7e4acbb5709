//! What a peer says.

use std::borrow::Cow;

use crate::CloseFrame;

/// Something complete from the peer.
///
/// Borrowed from the bytes that were read when it lay in them as one piece, which is the usual
/// case; owned when it was put together or inflated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A binary message.
    Binary(Cow<'a, [u8]>),
    /// The peer closes. Answer with [`close_echo`](crate::frame::close_echo) unless a close frame
    /// was sent before, then close the connection. Nothing comes after it.
    Close(Option<CloseFrame<'a>>),
    /// The peer wants a [`pong`](crate::frame::pong) with this payload, of at most 125 bytes.
    Ping(Cow<'a, [u8]>),
    /// The peer is there. The payload is that of a ping, or the peer's own idea.
    Pong(Cow<'a, [u8]>),
    /// A text message.
    Text(Cow<'a, str>),
}

impl Event<'_> {
    /// The same, free of the bytes that were read.
    pub fn into_owned(self) -> Event<'static> {
        match self {
            Self::Binary(payload) => Event::Binary(owned(payload)),
            Self::Close(frame) => Event::Close(frame.map(|frame| CloseFrame {
                code: frame.code,
                reason: owned(frame.reason),
            })),
            Self::Ping(payload) => Event::Ping(owned(payload)),
            Self::Pong(payload) => Event::Pong(owned(payload)),
            Self::Text(text) => Event::Text(owned(text)),
        }
    }
}

fn owned<T: ToOwned + ?Sized>(cow: Cow<'_, T>) -> Cow<'static, T> {
    Cow::Owned(cow.into_owned())
}

//! How a connection ends.

use std::borrow::Cow;
use std::fmt;

/// Why a connection is closed (RFC 6455, section 7.4), as a number that may be in a close frame.
///
/// By its range a client can tell what to do; the numbers of an application are its own.
///
/// Invariant: one of the numbers that [`CloseCode::new`] takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// What the connection was for is done.
    pub const NORMAL: Self = Self(1000);
    /// The server goes down, or the page is left.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke a rule of the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A kind of data that cannot be accepted.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// Data that is not what its message said it was, such as text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// The peer broke a rule of the application.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// A message is too big.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// A client misses an extension it needs.
    pub const MANDATORY_EXTENSION: Self = Self(1010);
    /// A server cannot go on.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// The service restarts: come back after a moment, not all at once.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// The server has too much to do: come back later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// A gateway got a bad answer from behind it.
    pub const BAD_GATEWAY: Self = Self(1014);

    /// The code with this number, if it may be in a close frame: those that are defined for it
    /// (1000-1003, 1007-1014), and those of libraries and applications (3000-4999).
    ///
    /// Source: RFC 6455, section 7.4.2, and IANA's WebSocket Close Code Number Registry.
    pub const fn new(number: u16) -> Option<Self> {
        match number {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(number)),
            _ => None,
        }
    }

    /// The number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({})", self.0)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a peer's close frame says, if it says anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame<'a> {
    /// Why.
    pub code: CloseCode,
    /// Why, in words for a log; may be empty.
    pub reason: Cow<'a, str>,
}

//! Why a socket is no longer connected.

use std::fmt;

use crate::engine::CloseReason;

/// Why a [`Socket`](crate::Socket) has ended, in the reference's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The client left the namespace; it may stay in others.
    ClientLeft,
    /// We ended it: [`Socket::disconnect`](crate::Socket::disconnect).
    ServerLeft,
    /// The session under it ended.
    Session(CloseReason),
}

impl Reason {
    /// The reason as the reference writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientLeft => "client namespace disconnect",
            Self::ServerLeft => "server namespace disconnect",
            Self::Session(reason) => reason.as_str(),
        }
    }

    /// True for an end that nobody wanted, after which the client comes back by itself and may be
    /// given what it missed.
    ///
    /// Source: the list of the reference's connection state recovery.
    pub fn is_recoverable(self) -> bool {
        match self {
            Self::ClientLeft | Self::ServerLeft => false,
            Self::Session(reason) => reason != CloseReason::ParseError,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

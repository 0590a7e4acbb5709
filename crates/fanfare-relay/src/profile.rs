//! The two dialects.

use fanfare_hub::Admission;
use http::StatusCode;

/// Which text wins where revision 2.23 of the protocol and Nchan contradict each other.
///
/// Everything not named by a method here is the same in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// The protocol as written.
    #[default]
    Relay,
    /// The bytes that clients of Nchan 1.3 know.
    Nchan,
}

impl Profile {
    /// True if PUT publishes its body like POST; otherwise it only makes the channel (R39).
    pub fn put_publishes(self) -> bool {
        self == Self::Nchan
    }

    /// True if whoever publishes at a subscriber location is told that it is forbidden there,
    /// rather than that the method is wrong (R13).
    pub fn forbids_publishing(self) -> bool {
        self == Self::Nchan
    }

    /// The answer to a poll that was held for as long as the server holds one.
    ///
    /// The protocol's clients go on after 304 and stop for good at 408.
    pub fn poll_timeout(self) -> StatusCode {
        match self {
            Self::Relay => StatusCode::NOT_MODIFIED,
            Self::Nchan => StatusCode::REQUEST_TIMEOUT,
        }
    }

    /// True if channel information is sent under the media type that was asked for; otherwise
    /// under the `text/` one of its syntax.
    pub fn echoes_media_type(self) -> bool {
        self == Self::Relay
    }

    /// True if channel information ends with the id of the newest message.
    pub fn informs_of_last_message(self) -> bool {
        self == Self::Nchan
    }

    /// What the plain text information says after "sec. ago".
    pub fn never_note(self) -> &'static str {
        match self {
            Self::Relay => " (-1=never)",
            Self::Nchan => "",
        }
    }

    /// How subscribers of one channel get along, given what is configured: Nchan knows broadcast
    /// only (R30 to R34).
    pub fn admission(self, configured: Admission) -> Admission {
        match self {
            Self::Relay => configured,
            Self::Nchan => Admission::Broadcast,
        }
    }
}

//! The two kinds of location and what a method means at each.

use http::Method;

use crate::Profile;
use crate::headers::SUBSCRIBER_VARY;

/// Whose requests arrive at a URL (R1 to R3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// Of those who send messages.
    Publisher,
    /// Of those who wait for them.
    Subscriber,
}

/// What a request wants, by its location and method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Make the channel; a body is not a message.
    Create,
    /// Delete the channel and end its subscriptions.
    Delete,
    /// Publish where nobody may.
    Forbidden,
    /// Say what is known of the channel.
    Inform,
    /// Say what is allowed here, as browsers ask before a cross-origin request.
    Options,
    /// Publish the body.
    Publish,
    /// Get the next message.
    Subscribe,
    /// Nothing that is done here, HEAD included.
    WrongMethod,
}

impl Location {
    /// Reads the method. It decides before the channel is looked up, so an unknown method is
    /// refused alike whether the channel exists or not.
    pub fn intent(self, method: &Method, profile: Profile) -> Intent {
        match (self, method.as_str()) {
            (_, "OPTIONS") => Intent::Options,
            (Self::Subscriber, "GET") => Intent::Subscribe,
            (Self::Subscriber, "POST" | "PUT" | "DELETE") if profile.forbids_publishing() => {
                Intent::Forbidden
            }
            (Self::Publisher, "GET") => Intent::Inform,
            (Self::Publisher, "POST") => Intent::Publish,
            (Self::Publisher, "PUT") if profile.put_publishes() => Intent::Publish,
            (Self::Publisher, "PUT") => Intent::Create,
            (Self::Publisher, "DELETE") => Intent::Delete,
            _ => Intent::WrongMethod,
        }
    }

    /// The value of `Allow`.
    pub fn allow(self) -> &'static str {
        match self {
            Self::Publisher => "GET, POST, PUT, DELETE",
            Self::Subscriber => "GET",
        }
    }

    /// The value of `Vary` that every answer from here carries, whatever its status.
    pub fn vary(self) -> Option<&'static str> {
        match self {
            Self::Publisher => None,
            Self::Subscriber => Some(SUBSCRIBER_VARY),
        }
    }
}

//! Which channels a request is about, and whether it may have them: the application's word.

use bytes::Bytes;
use fanfare_hub::{ChannelName, NameError, Pending};
use http::Response;
use http::request::Parts;

use crate::{Outcome, RelayError, channels};

/// Maps a request to its channels, or refuses it.
///
/// Any function from the head of a request is one, if it returns a channel, a list of them, or a
/// [`Refusal`]; or [`Pending`] of that, when it has to ask somebody first:
///
/// ```
/// use fanfare_hub::ChannelName;
/// use fanfare_relay::{Refusal, acceptor::Acceptor};
/// use http::request::Parts;
///
/// fn own_mailbox(request: &Parts) -> Result<ChannelName, Refusal> {
///     let user = request.headers.get("x-user").ok_or(Refusal::Forbidden)?;
///     let user = user.to_str().map_err(|_| Refusal::Forbidden)?;
///     Ok(ChannelName::new(&format!("mailbox-{user}"))?)
/// }
/// # fn check(_: impl Acceptor) {}
/// # check(own_mailbox);
/// ```
///
/// A publisher's request is about exactly one channel; a subscriber may hear several.
pub trait Acceptor: Send + Sync + 'static {
    /// Decides about one request, by its head.
    fn accept(&self, request: &Parts) -> Pending<Result<Vec<ChannelName>, Refusal>>;
}

impl<F, D> Acceptor for F
where
    F: Fn(&Parts) -> D + Send + Sync + 'static,
    D: Into<Decision>,
{
    fn accept(&self, request: &Parts) -> Pending<Result<Vec<ChannelName>, Refusal>> {
        self(request).into().0
    }
}

/// What an acceptor has decided, or will have.
#[derive(Debug)]
pub struct Decision(Pending<Result<Vec<ChannelName>, Refusal>>);

/// Why a request is refused, and so its answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// This answer, whatever it is: a challenge, a redirection.
    Answer(Box<Response<Bytes>>),
    /// 403, with an empty body: not for this client.
    Forbidden,
    /// 404: it names no channel.
    NoChannel,
    /// What is wrong with it, in a sentence.
    Request(RelayError),
}

impl Refusal {
    /// What has become of the request; `None` for an answer of the application's own.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Answer(_) => None,
            Self::Forbidden => Some(Outcome::Refused),
            Self::NoChannel => Some(Outcome::NoChannelId),
            Self::Request(error) => Some(error.outcome()),
        }
    }
}

/// Takes the channels from the path, all that the service has been left of it: `/{channel}`, with
/// more channels behind commas. So it goes with a service that is nested below a prefix.
///
/// # Errors
/// [`Refusal::Request`], when the path is not that.
pub fn path(request: &Parts) -> Result<Vec<ChannelName>, Refusal> {
    let path = request.uri.path();
    Ok(channels::split(path.strip_prefix('/').unwrap_or(path))?)
}

impl From<Result<ChannelName, Refusal>> for Decision {
    fn from(decision: Result<ChannelName, Refusal>) -> Self {
        decision.map(|channel| vec![channel]).into()
    }
}

impl From<Result<Vec<ChannelName>, Refusal>> for Decision {
    fn from(decision: Result<Vec<ChannelName>, Refusal>) -> Self {
        Self(Pending::Ready(decision))
    }
}

impl From<Pending<Result<Vec<ChannelName>, Refusal>>> for Decision {
    fn from(decision: Pending<Result<Vec<ChannelName>, Refusal>>) -> Self {
        Self(decision)
    }
}

impl From<RelayError> for Refusal {
    fn from(error: RelayError) -> Self {
        Self::Request(error)
    }
}

impl From<NameError> for Refusal {
    fn from(error: NameError) -> Self {
        Self::Request(error.into())
    }
}

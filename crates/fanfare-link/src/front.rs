//! What the application decides about a request.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use fanfare_hub::{Admission, ChannelName, JoinError, Start};
use http::Response;
use http::request::Parts;

use crate::Protocol;

/// Decides about every request without a body: hold it, answer it, or pass it on.
///
/// Called on the thread of a shard for each request, so it must not block and should be quick;
/// what takes longer goes into [`Verdict::Later`].
pub trait Front: Send + Sync + 'static {
    /// Decides about one request.
    fn route(&self, request: &Parts, via: Via) -> Verdict;
}

/// How a request came.
#[derive(Clone, Copy, Debug)]
pub struct Via {
    /// How a response of unknown length is marked off on this connection.
    pub framing: Framing,
}

/// How the end of a response of unknown length is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// HTTP/1.1: chunks; an adapter wraps each frame with [`chunk`](crate::chunk).
    Chunked,
    /// HTTP/2: the carrier marks it.
    Carrier,
    /// HTTP/1.0: the connection closes.
    UntilClose,
}

/// The decision.
pub enum Verdict {
    /// This response, now.
    Answer(Response<Bytes>),
    /// The connection is held and speaks this protocol.
    Hold(Hold),
    /// It takes a moment to decide; the request waits.
    Later(Pin<Box<dyn Future<Output = Self> + Send>>),
    /// Not a request of ours: the fallback service answers.
    Pass,
}

/// Makes the answer for a reader that could not be let in.
pub type Refuse = Box<dyn FnOnce(&JoinError) -> Response<Bytes> + Send>;

/// A connection to hold.
pub struct Hold {
    /// Sent before anything the protocol writes: `101` or the head of a stream. `None` when the
    /// protocol answers with a whole response of its own, as a long-poll does.
    pub head: Option<Response<()>>,
    /// What the connection speaks from here on.
    pub protocol: Box<dyn Protocol>,
    /// Where it begins to listen; may be empty, and may change later by the protocol's wish.
    pub places: Vec<(ChannelName, Start)>,
    /// How its places are let in.
    pub admission: Admission,
    /// Makes the answer for a reader that could not be let in.
    pub refusal: Refuse,
    /// What happens to a reader that falls behind the history.
    pub laggard: Laggard,
}

/// What happens to a live reader that has fallen behind what is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Laggard {
    /// It is closed and may come back with its cursor.
    Close,
    /// It is told of the gap and goes on.
    #[default]
    Tell,
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(response) => write!(f, "Answer({})", response.status()),
            Self::Hold(hold) => write!(f, "{hold:?}"),
            Self::Later(_) => f.write_str("Later"),
            Self::Pass => f.write_str("Pass"),
        }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold")
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}

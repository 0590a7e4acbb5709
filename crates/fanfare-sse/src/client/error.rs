//! Why a client gives up.

use std::error::Error;

use http::StatusCode;

use crate::decoder::DecodeError;

/// Why an [`EventSource`](super::EventSource) gives up. What can be mended by trying again is not
/// among it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server answers with something else than an event stream. The URL is wrong, or the
    /// server.
    #[error("the response is not an event stream")]
    ContentType,
    /// An event is too large. The server must send less.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The server refuses. As in a browser that is final, also for a 503; whoever thinks otherwise
    /// makes a new client and gives it the last id.
    #[error("the server answers {0}")]
    Status(StatusCode),
    /// Connecting has failed as often as it may.
    #[error("cannot connect, after {attempts} attempts")]
    Unreachable {
        /// How often it was tried.
        attempts: u32,
        /// What the last one met.
        source: Box<dyn Error + Send + Sync>,
    },
}

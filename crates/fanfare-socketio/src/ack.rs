//! Acknowledgements, given and awaited.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use crate::data::Data;
use crate::emitter::{EmitError, IntoArguments};
use crate::lock::lock;
use crate::packet::PacketBody;
use crate::socket::Socket;

/// Answers one event of a client. Without an answer the client waits for ever, or as long as it
/// said.
#[derive(Debug)]
pub struct Ack {
    socket: Socket,
    /// None if the client does not wait.
    number: Option<u64>,
}

impl Ack {
    pub(crate) fn new(socket: Socket, number: Option<u64>) -> Self {
        Self { socket, number }
    }

    /// Whether the client waits for it.
    pub fn is_wanted(&self) -> bool {
        self.number.is_some()
    }

    /// Answers. Nothing happens if the client does not wait.
    ///
    /// # Errors
    /// [`EmitError`] if the arguments cannot be written, or the socket has ended.
    pub fn send(self, arguments: impl IntoArguments) -> Result<(), EmitError> {
        let data = arguments.into_arguments()?;
        match self.number {
            Some(ack) => self.socket.send_body(PacketBody::Ack { ack, data }),
            None => Ok(()),
        }
    }
}

/// Why an acknowledgement did not come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AckError {
    /// The socket ended before it answered.
    #[error("socket has been disconnected")]
    Disconnected,
    /// The event was not sent.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// Not in time. These answers were.
    #[error("operation has timed out")]
    Timeout(
        /// What had come of a broadcast; empty for a single socket.
        Vec<Data>,
    ),
}

/// Answers to one event that went to one socket or to many.
pub(crate) struct Gathering {
    expected: usize,
    /// A single socket's end ends the waiting; of many, one simply never answers.
    is_single: bool,
    answers: Mutex<Answers>,
    changed: Notify,
}

#[derive(Default)]
struct Answers {
    given: Vec<Data>,
    is_lost: bool,
}

impl Gathering {
    pub(crate) fn new(expected: usize, is_single: bool) -> Arc<Self> {
        Arc::new(Self {
            expected,
            is_single,
            answers: Mutex::default(),
            changed: Notify::new(),
        })
    }

    pub(crate) fn answer(&self, data: Data) {
        lock(&self.answers).given.push(data);
        self.changed.notify_one();
    }

    pub(crate) fn socket_ended(&self) {
        if self.is_single {
            lock(&self.answers).is_lost = true;
            self.changed.notify_one();
        }
    }

    /// Waits for all answers, in the order of their arrival.
    ///
    /// # Cancel safety
    /// Not safe: the answers are lost.
    pub(crate) async fn wait(&self, timeout: Duration) -> Result<Vec<Data>, AckError> {
        let outcome = tokio::time::timeout(timeout, async {
            loop {
                {
                    let mut answers = lock(&self.answers);
                    if answers.given.len() >= self.expected {
                        return Ok(std::mem::take(&mut answers.given));
                    }
                    if answers.is_lost {
                        return Err(AckError::Disconnected);
                    }
                }
                self.changed.notified().await;
            }
        });
        outcome.await.unwrap_or_else(|_| {
            Err(AckError::Timeout(std::mem::take(
                &mut lock(&self.answers).given,
            )))
        })
    }
}

impl fmt::Debug for Gathering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gathering({} expected)", self.expected)
    }
}

//! A subscription of the application itself.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use fanfare_hub::{EngineError, Heard, Listener};
use futures_core::Stream;
use tokio::time::Sleep;

use crate::relay::now;

/// How long it waits before an engine that failed is asked again.
const RETRY: Duration = Duration::from_secs(1);

/// What channels have for the application, by [`Relay::subscribe`](crate::Relay::subscribe).
///
/// It never ends by itself. An [`EngineError`] is no end either: the stream has kept its place and
/// goes on a second later. Dropping it gives the subscription up. While nobody polls it, nothing
/// piles up: it reads on from what is stored.
#[derive(Debug)]
pub struct Messages {
    listener: Listener,
    retry: Option<Pin<Box<Sleep>>>,
}

impl Messages {
    pub(crate) fn new(listener: Listener) -> Self {
        Self {
            listener,
            retry: None,
        }
    }

    /// The subscription behind it, for its channels and the cursors reached.
    pub fn listener(&self) -> &Listener {
        &self.listener
    }
}

impl Stream for Messages {
    type Item = Result<Heard, EngineError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(retry) = &mut self.retry {
            ready!(retry.as_mut().poll(cx));
            self.retry = None;
        }
        let heard = ready!(self.listener.poll(cx, now()));
        if heard.is_err() {
            self.retry = Some(Box::pin(tokio::time::sleep(RETRY)));
        }
        Poll::Ready(Some(heard))
    }
}

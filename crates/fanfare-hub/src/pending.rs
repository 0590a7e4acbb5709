//! An answer that is there now, or comes later.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The answer of an [`Engine`](crate::Engine): at once when it works in memory, later when it has
/// to ask a disk or another machine.
///
/// A driver that is not async matches on it, which costs the in-memory case nothing; everybody
/// else awaits it.
///
/// # Cancel safety
/// Dropping a pending publish does not take it back: the message may be published all the same.
pub enum Pending<T> {
    /// The answer.
    Ready(T),
    /// The answer, when this future is done.
    Later(Pin<Box<dyn Future<Output = T> + Send>>),
}

impl<T: Send + 'static> Pending<T> {
    /// Applies `change` to the answer, now or when it comes.
    pub fn map<U>(self, change: impl FnOnce(T) -> U + Send + 'static) -> Pending<U> {
        match self {
            Self::Ready(answer) => Pending::Ready(change(answer)),
            Self::Later(future) => Pending::Later(Box::pin(async move { change(future.await) })),
        }
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready(_) => "Ready",
            Self::Later(_) => "Later",
        })
    }
}

// `T` is never pinned here: a ready answer is moved out, a later one is pinned in its own box.
impl<T> Unpin for Pending<T> {}

impl<T: Send + 'static> Future for Pending<T> {
    type Output = T;

    /// Never completes again after it gave its answer.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        if let Self::Later(future) = &mut *self {
            return future.as_mut().poll(cx);
        }
        let spent = Self::Later(Box::pin(std::future::pending()));
        match std::mem::replace(&mut *self, spent) {
            Self::Ready(answer) => Poll::Ready(answer),
            Self::Later(_) => unreachable!("returned above"),
        }
    }
}

//! Knowing when every driver has passed on the end of its subscriptions.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

/// Done when every driver that had to tell its subscribers something has done so, or is gone.
///
/// A driver that never looks into its inbox never has: bound the wait.
///
/// # Cancel safety
/// Dropping it changes nothing for anybody.
#[derive(Debug, Default)]
#[must_use = "it says when, and does nothing by itself"]
pub struct Told(Weak<Telling>);

/// Goes with what is passed on while somebody waits for that. Keep it until every subscriber
/// concerned has been told, then drop it.
#[derive(Debug, Default)]
pub struct Telling(Mutex<Option<Waker>>);

impl Telling {
    /// For something to pass on, and the wait for it.
    pub(crate) fn begin() -> (Arc<Self>, Told) {
        let telling = Arc::new(Self::default());
        let told = Told(Arc::downgrade(&telling));
        (telling, told)
    }

    fn wake_with(&self, waker: &Waker) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(waker.clone());
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        let slot = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(waker) = slot.take() {
            waker.wake();
        }
    }
}

impl Future for Told {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.0.upgrade() {
            None => Poll::Ready(()),
            // If the last of the others goes at this moment, dropping this one wakes.
            Some(telling) => {
                telling.wake_with(cx.waker());
                Poll::Pending
            }
        }
    }
}

//! Runs handlers.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;

thread_local! {
    /// Set while something on this thread must not be entered again.
    static IS_BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Keeps handlers from running on this thread until it is dropped: they are spawned meanwhile.
pub(crate) struct Busy {
    before: bool,
}

impl Busy {
    pub(crate) fn new() -> Self {
        Self {
            before: IS_BUSY.replace(true),
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        IS_BUSY.set(self.before);
    }
}

/// Runs a future: what is done at once is done here and now, without a task. The rest goes on in a
/// task of `runtime`.
///
/// From within another such future everything goes into a task, so that handlers which set off
/// handlers cannot pile up on the stack.
pub(crate) fn run(runtime: &Handle, future: impl Future<Output = ()> + Send + 'static) {
    let mut future = Box::pin(future);
    if IS_BUSY.get() {
        drop(runtime.spawn(future));
        return;
    }
    let _busy = Busy::new();
    let _entered = Handle::try_current().is_err().then(|| runtime.enter());
    let mut context = Context::from_waker(Waker::noop());
    // Whoever it waits for is told of the real waker when the task polls it first.
    if future.as_mut().poll(&mut context).is_pending() {
        drop(runtime.spawn(future));
    }
}

/// A future whose panic is an error, not the end of whoever polls it.
pub(crate) struct Contained<F>(pub(crate) Pin<Box<F>>)
where
    F: Future + ?Sized;

/// The handler panicked; the panic's own message is on standard error.
#[derive(Debug)]
pub(crate) struct Panicked;

impl<F: Future + ?Sized> Future for Contained<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // After a panic the future is never polled again.
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    }
}

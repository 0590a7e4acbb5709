//! Functions of the application, called with what they ask for.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use crate::context::{Context, ExtractError, FromContext};
use crate::run::{Contained, Panicked};

/// What a handler becomes when it was called.
pub type HandlerFuture<R> = Pin<Box<dyn Future<Output = R> + Send>>;

/// An async function whose arguments are taken out of a [`Context`], up to six of them:
/// [`Socket`](crate::Socket), [`Args`](crate::Args), [`Ack`](crate::Ack), [`Auth`](crate::Auth),
/// [`State`](crate::State) and whatever else implements [`FromContext`].
///
/// `M` only tells the implementations apart; it is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be called as a handler",
    label = "not an async function of what a handler can ask for",
    note = "a handler is an async function or closure that owns what it uses",
    note = "it takes up to six values, each of which implements `FromContext`: `Socket`, \
            `Args<T>`, `Ack`, `Auth<T>`, `State<T>`, …",
    note = "it returns `()`; a guard returns `Result<(), Refused>`",
    note = "its future is `Send`: it keeps no `Rc` and no guard of a lock over an `.await`"
)]
pub trait Handler<M, R>: Send + Sync + 'static {
    /// Takes the arguments out and calls the function.
    ///
    /// # Errors
    /// [`ExtractError`] if something that it asks for is not there. It was not called then.
    fn call(&self, context: &mut Context) -> Result<HandlerFuture<R>, ExtractError>;
}

/// A handler without its type.
pub(crate) struct Erased<R> {
    /// The method of [`Handlers`](crate::Handlers) that it was given to.
    role: &'static str,
    handler: Box<dyn Call<R>>,
}

/// Why a handler has come to no end.
#[derive(Debug)]
pub(crate) enum Failed {
    /// It was not called.
    Extract(ExtractError),
    Panicked,
}

impl From<Panicked> for Failed {
    fn from(_: Panicked) -> Self {
        Self::Panicked
    }
}

trait Call<R>: Send + Sync {
    fn call(&self, context: &mut Context) -> Result<HandlerFuture<R>, ExtractError>;
}

struct Typed<H, M>(H, PhantomData<fn(M)>);

impl<H: Handler<M, R>, M, R> Call<R> for Typed<H, M> {
    fn call(&self, context: &mut Context) -> Result<HandlerFuture<R>, ExtractError> {
        self.0.call(context)
    }
}

impl<R> Erased<R> {
    pub(crate) fn new<M: 'static>(role: &'static str, handler: impl Handler<M, R>) -> Self
    where
        R: 'static,
    {
        Self {
            role,
            handler: Box::new(Typed(handler, PhantomData)),
        }
    }

    /// Calls it and waits for it. A panic is contained, be it of the call or of what it returned.
    /// Mistakes of the program are in the log afterwards.
    pub(crate) async fn run(&self, context: &mut Context) -> Result<R, Failed> {
        let outcome = match catch_unwind(AssertUnwindSafe(|| self.handler.call(context))) {
            Ok(Ok(future)) => Contained(future).await.map_err(Failed::from),
            Ok(Err(error)) => Err(Failed::Extract(error)),
            Err(_) => Err(Failed::Panicked),
        };
        if let Err(failed) = &outcome {
            self.report(failed, context);
        }
        outcome
    }

    fn report(&self, failed: &Failed, context: &Context) {
        let handler = self.role;
        // As strings, which subscribers escape: clients may have chosen both.
        let namespace = context.namespace.name().as_str();
        let event = context.event_name();
        match failed {
            Failed::Extract(error) if error.is_of_program() => {
                tracing::error!(handler, namespace, event, %error, "a handler was not called");
            }
            Failed::Panicked => tracing::error!(
                handler,
                namespace,
                event,
                "a handler panicked; its message is on standard error"
            ),
            Failed::Extract(_) => {}
        }
    }
}

impl<R> fmt::Debug for Erased<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

macro_rules! implement_handler {
    ($($argument:ident),*) => {
        impl<F, Fut, R, $($argument),*> Handler<($($argument,)*), R> for F
        where
            F: Fn($($argument),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = R> + Send + 'static,
            $($argument: FromContext,)*
        {
            #[allow(unused_variables, reason = "a function without arguments takes nothing out")]
            fn call(&self, context: &mut Context) -> Result<HandlerFuture<R>, ExtractError> {
                Ok(Box::pin(self($($argument::from_context(context)?),*)))
            }
        }
    };
}

implement_handler!();
implement_handler!(A);
implement_handler!(A, B);
implement_handler!(A, B, C);
implement_handler!(A, B, C, D);
implement_handler!(A, B, C, D, E);
implement_handler!(A, B, C, D, E, G);

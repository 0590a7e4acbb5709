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
pub trait Handler<M, R>: Send + Sync + 'static {
    /// Takes the arguments out and calls the function.
    ///
    /// # Errors
    /// [`ExtractError`] if something that it asks for is not there. It was not called then.
    fn call(&self, context: &mut Context) -> Result<HandlerFuture<R>, ExtractError>;
}

/// A handler without its type.
pub(crate) struct Erased<R>(Box<dyn Call<R>>);

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
    pub(crate) fn new<M: 'static>(handler: impl Handler<M, R>) -> Self
    where
        R: 'static,
    {
        Self(Box::new(Typed(handler, PhantomData)))
    }

    /// Calls it and waits for it. A panic is contained, be it of the call or of what it returned.
    pub(crate) async fn run(
        &self,
        context: &mut Context,
    ) -> Result<Result<R, Panicked>, ExtractError> {
        match catch_unwind(AssertUnwindSafe(|| self.0.call(context))) {
            Ok(future) => Ok(Contained(future?).await),
            Err(_) => Ok(Err(Panicked)),
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

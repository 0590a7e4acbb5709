//! A client that is not in yet.

use std::sync::{Arc, Mutex};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::{Context, ExtractError, FromContext, Occasion};
use crate::json::{Json, TypeError};
use crate::lock::lock;

/// The client that a guard is asked about: what the guard finds out, it can leave with it.
///
/// ```
/// use fanfare_socketio::{Auth, Handlers, Newcomer, Refused, Socket};
///
/// async fn only_members(Auth(token): Auth<String>, newcomer: Newcomer) -> Result<(), Refused> {
///     let name = token.strip_prefix("member ").ok_or(Refused::new("members only"))?;
///     newcomer.set_data(&name)?;
///     Ok(())
/// }
///
/// async fn welcome(socket: Socket) {
///     let name: Option<String> = socket.data();
///     println!("{} is in", name.unwrap_or_default());
/// }
///
/// let handlers = Handlers::new().guard(only_members).on_connect(welcome);
/// # drop(handlers);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Newcomer {
    data: Arc<Mutex<Option<Box<str>>>>,
}

impl Newcomer {
    /// Keeps a value for the socket that the client becomes, instead of an earlier one:
    /// [`Socket::data`](crate::Socket::data).
    ///
    /// # Errors
    /// [`TypeError`] if it cannot be written as JSON.
    pub fn set_data(&self, value: &impl Serialize) -> Result<(), TypeError> {
        let json = Json::write(value)?;
        *lock(&self.data) = Some(json.as_str().into());
        Ok(())
    }

    /// What an earlier guard has kept. `None` if there is nothing, or of another type.
    pub fn data<T: DeserializeOwned>(&self) -> Option<T> {
        let data = lock(&self.data).clone()?;
        serde_json::from_str(&data).ok()
    }

    /// The value, for the socket.
    pub(crate) fn take_data(&self) -> Option<Box<str>> {
        lock(&self.data).take()
    }
}

impl FromContext for Newcomer {
    fn from_context(context: &mut Context) -> Result<Self, ExtractError> {
        match &context.occasion {
            Occasion::Connecting(newcomer) => Ok(newcomer.clone()),
            _ => Err(ExtractError::Missing("a newcomer")),
        }
    }
}

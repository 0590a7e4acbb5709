//! The query of a URL.

use std::borrow::Cow;

use crate::RelayError;
use crate::percent::{DecodeError, decode_form};

/// The query of a URL, as it stands after the `?`.
///
/// Nothing is decoded before somebody asks for it, so a parameter that nobody knows is harmless
/// whatever it holds: clients put a changing `_=…` there to get past caches. Each look-up walks
/// the query once; it is as short as a request line, and few parameters are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Query<'a> {
    raw: &'a str,
    /// The parameter that has been used up.
    used: Option<&'static str>,
}

impl<'a> Query<'a> {
    /// The query without its `?`; empty if the URL has none.
    pub fn new(raw: &'a str) -> Self {
        Self { raw, used: None }
    }

    /// The value of the first parameter called `key`, decoded; `None` if there is none. A
    /// parameter without `=` has the empty value.
    ///
    /// # Errors
    /// [`RelayError::Encoding`] if the value is not UTF-8 in percent-encoding, or has control
    /// characters: what is asked for here ends up in headers, event fields and logs.
    pub fn value(self, key: &'static str) -> Result<Option<Cow<'a, str>>, RelayError> {
        let Some(raw) = self.raw(key) else {
            return Ok(None);
        };
        visible(raw)
            .map(Some)
            .map_err(|source| RelayError::Encoding { field: key, source })
    }

    /// The value of a parameter as it stands, and the query without it.
    pub(crate) fn take(self, key: &'static str) -> Option<(&'a str, Self)> {
        let used = Some(key);
        Some((self.raw(key)?, Self { used, ..self }))
    }

    fn raw(self, key: &'static str) -> Option<&'a str> {
        if self.used == Some(key) {
            return None;
        }
        self.raw
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .find(|(name, _)| decode_form(name).is_ok_and(|name| name == key))
            .map(|(_, value)| value)
    }
}

fn visible(raw: &str) -> Result<Cow<'_, str>, DecodeError> {
    let value = decode_form(raw)?;
    if value.chars().any(char::is_control) {
        return Err(DecodeError::Control);
    }
    Ok(value)
}

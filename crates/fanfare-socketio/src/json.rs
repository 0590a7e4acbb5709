//! JSON as text: checked, never taken apart.
//!
//! What a client sends goes on to other clients. Reading it into values would change numbers
//! (`1.0`, `1e400`) and cost time, so payloads stay the text that they are; whoever wants values
//! takes [`Json::read`].
//!
//! Source: RFC 8259; what JavaScript's `JSON.parse` takes is taken.

pub(crate) mod scanner;
mod surrogates;

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use scanner::{Scanner, Token};

use crate::limits::JSON_DEPTH_MAX;

/// A JSON text, valid and not nested deeper than [`JSON_DEPTH_MAX`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Json<'a>(Cow<'a, str>);

/// Why a text is not JSON. Whoever wrote it is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Arrays and objects within each other.
    #[error("nested deeper than {JSON_DEPTH_MAX}")]
    Depth,
    /// The text is over before the value is.
    #[error("incomplete JSON")]
    Incomplete,
    /// Something else than the grammar has at this byte, counted from 0.
    #[error("malformed JSON at byte {0}")]
    Syntax(usize),
}

/// Why a value of the application and JSON do not go together. The application must change one of
/// them.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct TypeError(pub(crate) serde_json::Error);

impl<'a> Json<'a> {
    /// Checks a text.
    ///
    /// A surrogate without its other half, which JavaScript writes when it cuts a string in two,
    /// becomes U+FFFD: it is text to the sender, and most readers would refuse it.
    ///
    /// # Errors
    /// [`JsonError`].
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        let text = surrogates::mend(text);
        let mut scanner = Scanner::new(&text);
        while scanner.next()?.is_some() {}
        Ok(Self(text))
    }

    /// Writes a value.
    ///
    /// # Errors
    /// [`TypeError`] if `value` has no form in JSON, or one that is nested too deeply.
    pub fn write<T: Serialize + ?Sized>(value: &T) -> Result<Json<'static>, TypeError> {
        let text = serde_json::to_string(value).map_err(TypeError)?;
        let json =
            Json::parse(&text).map_err(|error| TypeError(serde::ser::Error::custom(error)))?;
        Ok(json.into_owned())
    }

    /// Reads it into a value.
    ///
    /// # Errors
    /// [`TypeError`] if it is not a `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, TypeError> {
        serde_json::from_str(&self.0).map_err(TypeError)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, borrowed from nobody.
    pub fn into_owned(self) -> Json<'static> {
        Json(Cow::Owned(self.0.into_owned()))
    }

    /// What kind of value it is, by its first token.
    pub(crate) fn first(&self) -> Option<Token<'_>> {
        Scanner::new(&self.0).next().ok().flatten()
    }

    /// The token after that: what an array begins with.
    pub(crate) fn second(&self) -> Option<Token<'_>> {
        let mut scanner = Scanner::new(&self.0);
        scanner.next().ok().flatten()?;
        scanner.next().ok().flatten()
    }

    /// The elements of an array, each as it is written. `None` if it is none.
    pub fn elements(&self) -> Option<Vec<Json<'_>>> {
        let mut scanner = Scanner::new(&self.0);
        if !matches!(scanner.next(), Ok(Some(Token::ArrayStart))) {
            return None;
        }
        let mut elements = Vec::new();
        while let Some(text) = scanner.skip_value().ok()? {
            elements.push(Json(Cow::Borrowed(text)));
        }
        Some(elements)
    }

    /// `{}`.
    pub(crate) fn empty_object() -> Json<'static> {
        Json(Cow::Borrowed("{}"))
    }

    /// A string.
    pub(crate) fn text(text: &str) -> Json<'static> {
        Json::assembled(serde_json::Value::from(text).to_string())
    }

    /// A part of valid text, which is valid itself.
    pub(crate) fn part(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// Text put together of valid parts.
    pub(crate) fn assembled(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

//! Events with a value as data.

use std::error::Error;

use serde::Serialize;

use crate::event::Event;

/// A value that cannot be written as JSON or XML: a map with keys that are no texts, for example.
/// The type of the value has to change.
#[derive(Debug, thiserror::Error)]
#[error("the value cannot be written as {format}")]
pub struct SerializeError {
    format: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

impl SerializeError {
    fn new(format: &'static str, source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            format,
            source: Box::new(source),
        }
    }
}

impl Event {
    /// An event with a value as JSON on one line.
    ///
    /// ```
    /// use fanfare_sse::Event;
    ///
    /// #[derive(serde::Serialize)]
    /// struct Rate { currency: &'static str, value: f64 }
    ///
    /// let event = Event::json(&Rate { currency: "EUR", value: 1.5 })?;
    /// assert_eq!(event.encode(), "data: {\"currency\":\"EUR\",\"value\":1.5}\n\n");
    /// # Ok::<(), fanfare_sse::SerializeError>(())
    /// ```
    ///
    /// # Errors
    /// [`SerializeError`] if its type has no form in JSON.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Result<Self, SerializeError> {
        serde_json::to_string(value)
            .map(Self::data)
            .map_err(|error| SerializeError::new("JSON", error))
    }

    /// An event with a value as XML. The element has the name of the type, unless
    /// `#[serde(rename = "…")]` gives it another.
    ///
    /// ```
    /// use fanfare_sse::Event;
    ///
    /// #[derive(serde::Serialize)]
    /// struct Rate { currency: &'static str, value: f64 }
    ///
    /// let event = Event::xml(&Rate { currency: "EUR", value: 1.5 })?;
    /// assert_eq!(
    ///     event.encode(),
    ///     "data: <Rate><currency>EUR</currency><value>1.5</value></Rate>\n\n",
    /// );
    /// # Ok::<(), fanfare_sse::SerializeError>(())
    /// ```
    ///
    /// # Errors
    /// [`SerializeError`] if its type has no form in XML: what has no name, such as a map or a
    /// number, needs a struct around it.
    #[cfg(feature = "xml")]
    pub fn xml(value: &(impl Serialize + ?Sized)) -> Result<Self, SerializeError> {
        quick_xml::se::to_string(value)
            .map(Self::data)
            .map_err(|error| SerializeError::new("XML", error))
    }
}

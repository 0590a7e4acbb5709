//! What events and acknowledgements carry.

use bytes::Bytes;

use crate::json::Json;
use crate::placeholder::{self, PlaceholderError};
use crate::value::{Value, ValueError};

/// An array of arguments as it goes over the wire: JSON text, and the attachments that its
/// placeholders name.
///
/// Sending on what was received needs no more than this. Cloning copies the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    json: Json<'static>,
    attachments: Vec<Bytes>,
}

impl Data {
    /// Takes bytes out of values and puts placeholders there.
    ///
    /// With bytes among the values, JSON that looks like a placeholder is taken for one by every
    /// receiver: the protocol cannot write it otherwise.
    pub fn of(values: &[Value<'_>]) -> Self {
        let mut text = String::from("[");
        let mut attachments = Vec::new();
        for (index, value) in values.iter().enumerate() {
            text.push_str(if index > 0 { "," } else { "" });
            value.take_apart(&mut text, &mut attachments);
        }
        text.push(']');
        Self {
            json: Json::assembled(text),
            attachments,
        }
    }

    /// Puts text and attachments together.
    ///
    /// # Errors
    /// [`PlaceholderError`] if a placeholder has no attachment.
    pub fn new(json: Json<'static>, attachments: Vec<Bytes>) -> Result<Self, PlaceholderError> {
        if !attachments.is_empty() {
            placeholder::check(&json, attachments.len())?;
        }
        Ok(Self { json, attachments })
    }

    /// Data whose placeholders were checked before the attachments came.
    pub(crate) fn checked(json: Json<'static>, attachments: Vec<Bytes>) -> Self {
        Self { json, attachments }
    }

    /// The text, with placeholders where attachments belong.
    pub fn json(&self) -> &Json<'static> {
        &self.json
    }

    /// The attachments, by number.
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// The arguments, with bytes in their places. Without attachments nothing is a placeholder.
    ///
    /// # Errors
    /// [`ValueError`]; never for the data of a packet that a decoder returned.
    pub fn values(&self) -> Result<Vec<Value<'_>>, ValueError> {
        if !self.attachments.is_empty()
            && let Value::Array(values) = Value::restore(&self.json, &self.attachments)?
        {
            return Ok(values);
        }
        let elements = self.json.elements().unwrap_or_default();
        Ok(elements.into_iter().map(Value::Json).collect())
    }
}

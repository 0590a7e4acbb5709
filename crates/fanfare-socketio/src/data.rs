//! What events and acknowledgements carry.

pub(crate) mod attachments;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json::scanner::{Scanner, Token};
use crate::json::{Json, TypeError};
use crate::placeholder::{self, PlaceholderError};
use crate::typed;
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

    /// Writes arguments. A tuple or tuple struct is their list, `()` is none, everything else is
    /// one: a `Vec` is one array. (An array of fixed length is a tuple to serde.)
    ///
    /// Bytes in any depth (`bytes::Bytes` with its `serde` feature, `serde_bytes`) become
    /// attachments, all else is what `serde_json` makes of it.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use fanfare_socketio::Data;
    ///
    /// let data = Data::write(&("a.bin", Bytes::from_static(&[1, 2]))).unwrap();
    /// assert_eq!(data.json().as_str(), r#"["a.bin",{"_placeholder":true,"num":0}]"#);
    /// assert_eq!(data.read::<(String, Bytes)>().unwrap().1[..], [1, 2]);
    /// assert_eq!(data.read::<String>().unwrap(), "a.bin");
    /// ```
    ///
    /// # Errors
    /// [`TypeError`] if `value` has no form in JSON, or one that is nested too deeply; also if it
    /// has bytes and beside them an object that looks like a placeholder for others. (One that
    /// looks like a placeholder for these is taken for it, as in [`of`](Self::of).)
    pub fn write<T: Serialize + ?Sized>(value: &T) -> Result<Self, TypeError> {
        typed::write(value)
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

    /// Puts one more string behind the arguments.
    pub fn push_last(&mut self, argument: &str) {
        let inside = self.inside();
        let comma = if inside.is_empty() { "" } else { "," };
        let text = format!("[{inside}{comma}{}]", Json::text(argument));
        self.json = Json::assembled(text);
    }

    /// Reads the arguments: the opposite of [`write`](Self::write).
    ///
    /// A tuple or tuple struct takes as many as it has elements: more do not matter, fewer are as
    /// if `null` stood there. `()` takes none, everything else the first.
    ///
    /// What serde reads before it knows the type (`flatten`, `untagged`, internal tags) finds
    /// placeholders instead of bytes.
    ///
    /// # Errors
    /// [`TypeError`] with the number of the argument, from 1, and what was expected there.
    ///
    /// # Limits
    /// Attachments that several placeholders share are copied for each; an error ends that after
    /// [`PACKET_BYTES_MAX`](crate::limits::PACKET_BYTES_MAX) more bytes than there are.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, TypeError> {
        typed::read(self)
    }

    /// The arguments of an event, of which this is name and arguments. Attachments keep their
    /// numbers.
    #[must_use]
    pub fn without_first(&self) -> Self {
        let mut scanner = Scanner::new(self.json.as_str());
        let has_first = matches!(scanner.next(), Ok(Some(Token::ArrayStart)))
            && matches!(scanner.skip_value(), Ok(Some(_)));
        let rest = match has_first {
            true => scanner
                .slice(scanner.at(), self.json.as_str().len())
                .trim_ascii_start()
                .trim_start_matches(','),
            false => "]",
        };
        Self {
            json: Json::assembled(format!("[{rest}")),
            attachments: self.attachments.clone(),
        }
    }

    /// Name and arguments of an event, of which these are the arguments. Attachments keep their
    /// numbers.
    #[must_use]
    pub fn with_first(&self, name: &str) -> Self {
        let inside = self.inside();
        let comma = if inside.is_empty() { "" } else { "," };
        let text = format!("[{}{comma}{inside}]", Json::text(name));
        Self {
            json: Json::assembled(text),
            attachments: self.attachments.clone(),
        }
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

    /// The arguments as they are written one after the other.
    fn inside(&self) -> &str {
        let text = self.json.as_str().trim_ascii();
        let inside = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        inside.unwrap_or_default().trim_ascii()
    }
}

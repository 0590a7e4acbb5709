//! Values with bytes in them.

use bytes::Bytes;

use crate::json::scanner::{Scanner, Token};
use crate::json::{Json, JsonError};
use crate::placeholder::{Marks, PlaceholderError};

/// What an argument of an event is: JSON, or bytes, or JSON with bytes somewhere inside.
///
/// Read from a packet it is a tree only as far as there are bytes; all else stays text, with its
/// numbers and the order of its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// An array with bytes somewhere in it.
    Array(Vec<Self>),
    /// Bytes.
    Binary(Bytes),
    /// JSON without bytes.
    Json(Json<'a>),
    /// An object with bytes somewhere in it: keys, as written with their quotes, and values.
    Object(Vec<(Json<'a>, Self)>),
}

/// Why a tree cannot be made of text and attachments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The text.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A placeholder in it.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderError),
}

impl<'a> Value<'a> {
    /// Puts attachments where their placeholders are. Two placeholders may share one.
    ///
    /// # Errors
    /// [`ValueError`]; never for the data of a packet that a decoder returned.
    pub fn restore(json: &'a Json<'_>, attachments: &[Bytes]) -> Result<Self, ValueError> {
        let mut reader = Reader {
            scanner: Scanner::new(json.as_str()),
            attachments,
        };
        Ok(reader
            .value()?
            .map_or_else(|| Value::Json(Json::part("null")), |(value, _)| value))
    }

    /// Writes it as JSON text with placeholders, and collects the attachments, in the order in
    /// which they are met.
    ///
    /// Source: Socket.IO protocol 5, "Sending and receiving binary".
    pub(crate) fn take_apart(&self, text: &mut String, attachments: &mut Vec<Bytes>) {
        match self {
            Self::Json(json) => text.push_str(json.as_str()),
            Self::Binary(bytes) => {
                text.push_str("{\"_placeholder\":true,\"num\":");
                text.push_str(&attachments.len().to_string());
                text.push('}');
                attachments.push(bytes.clone());
            }
            Self::Array(values) => {
                text.push('[');
                for (index, value) in values.iter().enumerate() {
                    text.push_str(if index > 0 { "," } else { "" });
                    value.take_apart(text, attachments);
                }
                text.push(']');
            }
            Self::Object(entries) => {
                text.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    text.push_str(if index > 0 { "," } else { "" });
                    text.push_str(key.as_str());
                    text.push(':');
                    value.take_apart(text, attachments);
                }
                text.push('}');
            }
        }
    }
}

/// Reads text into a tree. As deep as [`JSON_DEPTH_MAX`](crate::limits::JSON_DEPTH_MAX), which the
/// scanner holds.
struct Reader<'a, 'b> {
    scanner: Scanner<'a>,
    attachments: &'b [Bytes],
}

impl<'a> Reader<'a, '_> {
    /// A value and its first token; `None` at the end of what is open.
    fn value(&mut self) -> Result<Option<(Value<'a>, Token<'a>)>, ValueError> {
        let start = self.scanner.next()?;
        let Some(token) = start else {
            return Ok(None);
        };
        let value = match token {
            Token::ArrayEnd | Token::ObjectEnd => return Ok(None),
            Token::ArrayStart => self.array()?,
            Token::ObjectStart => self.object()?,
            Token::True => Value::Json(Json::part("true")),
            Token::False => Value::Json(Json::part("false")),
            Token::Null => Value::Json(Json::part("null")),
            Token::Key(text) | Token::Number(text) | Token::String(text) => {
                Value::Json(Json::part(text))
            }
        };
        Ok(Some((value, token)))
    }

    fn array(&mut self) -> Result<Value<'a>, ValueError> {
        let from = self.scanner.at() - 1;
        let mut values = Vec::new();
        let mut is_plain = true;
        while let Some((value, _)) = self.value()? {
            is_plain &= matches!(value, Value::Json(_));
            values.push(value);
        }
        Ok(if is_plain {
            self.text_since(from)
        } else {
            Value::Array(values)
        })
    }

    fn object(&mut self) -> Result<Value<'a>, ValueError> {
        let from = self.scanner.at() - 1;
        let mut entries = Vec::new();
        let mut marks = Marks::default();
        let mut is_plain = true;
        while let Some(Token::Key(key)) = self.scanner.next()? {
            marks.key(key);
            if let Some((value, token)) = self.value()? {
                marks.value(&token);
                is_plain &= matches!(value, Value::Json(_));
                entries.push((Json::part(key), value));
            }
        }
        if let Some(number) = marks.place(self.attachments.len())? {
            let attachment = self.attachments.get(number).ok_or(PlaceholderError)?;
            return Ok(Value::Binary(attachment.clone()));
        }
        Ok(if is_plain {
            self.text_since(from)
        } else {
            Value::Object(entries)
        })
    }

    fn text_since(&self, from: usize) -> Value<'a> {
        Value::Json(Json::part(self.scanner.slice(from, self.scanner.at())))
    }
}

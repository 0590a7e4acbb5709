//! From msgpack to JSON text with attachments.

use std::io::Write as _;

use bytes::Bytes;
use serde::Serialize;

use super::date;
use super::reader::{Reader, Token};
use crate::data::Data;
use crate::decoder::{DecodeError, DecoderSettings};
use crate::json::{Json, JsonError};
use crate::limits::JSON_DEPTH_MAX;

/// One value on its way.
pub(super) struct Text<'a> {
    json: Vec<u8>,
    attachments: Vec<Bytes>,
    message: &'a Bytes,
    settings: &'a DecoderSettings,
}

impl<'a> Text<'a> {
    /// Reads the next value. `None` for nil.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub(super) fn read(
        reader: &mut Reader<'_>,
        message: &'a Bytes,
        settings: &'a DecoderSettings,
    ) -> Result<Option<Data>, DecodeError> {
        let mut text = Self {
            json: Vec::new(),
            attachments: Vec::new(),
            message,
            settings,
        };
        text.value(reader, 0)?;
        if text.json.len() > settings.packet_bytes_max {
            return Err(DecodeError::TooLong);
        }
        let json = String::from_utf8(text.json).map_err(|_| DecodeError::Msgpack)?;
        if json == "null" {
            return Ok(None);
        }
        Ok(Some(Data::new(Json::assembled(json), text.attachments)?))
    }

    /// A value inside of so many others.
    fn value(&mut self, reader: &mut Reader<'_>, depth: usize) -> Result<(), DecodeError> {
        // It grows on the way: a control character takes six bytes.
        if self.json.len() > self.settings.packet_bytes_max {
            return Err(DecodeError::TooLong);
        }
        match reader.next()? {
            Token::Array(_) | Token::Map(_) if depth >= JSON_DEPTH_MAX => {
                Err(JsonError::Depth.into())
            }
            Token::Array(count) => self.array(reader, count, depth + 1),
            Token::Boolean(value) => self.scalar(&value),
            Token::Bytes(bytes) => self.bytes(bytes),
            Token::Date(milliseconds) => self.scalar(&date::text(milliseconds)),
            Token::Float(value) => self.scalar(&value),
            Token::Map(count) => self.map(reader, count, depth + 1),
            Token::Nil => self.scalar(&()),
            Token::Signed(value) => self.scalar(&value),
            Token::Text(text) => self.scalar(&String::from_utf8_lossy(text)),
            Token::Unsigned(value) => self.scalar(&value),
        }
    }

    fn array(
        &mut self,
        reader: &mut Reader<'_>,
        count: u32,
        depth: usize,
    ) -> Result<(), DecodeError> {
        self.json.push(b'[');
        for index in 0..count {
            if index > 0 {
                self.json.push(b',');
            }
            self.value(reader, depth)?;
        }
        self.json.push(b']');
        Ok(())
    }

    fn map(
        &mut self,
        reader: &mut Reader<'_>,
        count: u32,
        depth: usize,
    ) -> Result<(), DecodeError> {
        self.json.push(b'{');
        for index in 0..count {
            if index > 0 {
                self.json.push(b',');
            }
            self.key(&reader.next()?)?;
            self.json.push(b':');
            self.value(reader, depth)?;
        }
        self.json.push(b'}');
        Ok(())
    }

    /// In JSON all keys are text.
    fn key(&mut self, key: &Token<'_>) -> Result<(), DecodeError> {
        match key {
            Token::Boolean(value) => self.scalar(&value.to_string()),
            Token::Float(value) => self.scalar(&value.to_string()),
            Token::Nil => self.scalar("null"),
            Token::Signed(value) => self.scalar(&value.to_string()),
            Token::Text(text) => self.scalar(&String::from_utf8_lossy(text)),
            Token::Unsigned(value) => self.scalar(&value.to_string()),
            Token::Array(_) | Token::Bytes(_) | Token::Date(_) | Token::Map(_) => {
                Err(DecodeError::Payload)
            }
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let number = self.attachments.len();
        if number >= self.settings.attachments_max {
            return Err(DecodeError::Attachments);
        }
        // A small part must not keep a large message in memory.
        let attachment = match bytes.len() >= self.message.len() / 2 {
            true => self.message.slice_ref(bytes),
            false => Bytes::copy_from_slice(bytes),
        };
        self.attachments.push(attachment);
        write!(self.json, "{{\"_placeholder\":true,\"num\":{number}}}")
            .map_err(|_| DecodeError::Msgpack)
    }

    /// As `serde_json` writes it: numbers that are infinite or none are `null`.
    fn scalar<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DecodeError> {
        serde_json::to_writer(&mut self.json, value).map_err(|_| DecodeError::Msgpack)
    }
}

/// Text as JavaScript reads it.
pub(super) fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

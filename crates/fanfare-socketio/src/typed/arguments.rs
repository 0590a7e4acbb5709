//! Reading: a deserializer over the list of arguments.

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, SeqAccess, Visitor};
use serde_json::de::StrRead;
use serde_json::{Error, Result};

use super::in_argument;
use super::restoring::Restoring;

use crate::data::Data;
use crate::data::attachments::Attachments;
use crate::json::scanner::Scanner;

/// The type that stands for JSON as it is written. It is no type around another one, but the only
/// way in which `serde_json::value::RawValue` can say what it wants.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The arguments that were not read yet.
pub(super) struct Arguments<'a> {
    scanner: Scanner<'a>,
    attachments: Attachments<'a>,
    /// How many were read.
    number: usize,
}

type Argument<'a, 'b> = Restoring<'b, &'b mut serde_json::Deserializer<StrRead<'a>>>;

impl<'a> Arguments<'a> {
    pub(super) fn of(data: &'a Data) -> Self {
        let mut scanner = Scanner::new(data.json().as_str());
        // The bracket. Where there is none the text has no elements either.
        let _ = scanner.next();
        Self {
            scanner,
            attachments: Attachments::new(data.attachments()),
            number: 0,
        }
    }

    /// Reads the next one. Behind the last there is nothing but `null`.
    fn next<T>(&mut self, read: impl FnOnce(Argument<'a, '_>) -> Result<T>) -> Result<T> {
        self.number += 1;
        let text = self.scanner.skip_value().ok().flatten();
        let mut json = serde_json::Deserializer::from_str(text.unwrap_or("null"));
        let found = read(Restoring::new(&mut json, &self.attachments));
        found.map_err(|error| match text {
            Some(_) => in_argument(self.number, &error),
            None => missing(self.number, &error),
        })
    }
}

fn missing(number: usize, error: &Error) -> Error {
    // There is no text that the error could point into.
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    let reason = text.strip_suffix(&place).unwrap_or(&text);
    de::Error::custom(format_args!("argument {number} is missing: {reason}"))
}

impl<'de> SeqAccess<'de> for Arguments<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        self.next(|argument| seed.deserialize(argument).map(Some))
    }
}

macro_rules! first {
    ($($method:ident($($parameter:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(mut self, $($parameter: $type,)* visitor: V) -> Result<V::Value> {
            self.next(|argument| argument.$method($($parameter,)* visitor))
        }
    )*};
}

impl<'de> Deserializer<'de> for Arguments<'de> {
    type Error = Error;

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _count: usize, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(self)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _count: usize,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_seq(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match name {
            RAW_VALUE => self.next(|argument| argument.deserialize_newtype_struct(name, visitor)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    first! {
        deserialize_any()
        deserialize_bool()
        deserialize_i8()
        deserialize_i16()
        deserialize_i32()
        deserialize_i64()
        deserialize_i128()
        deserialize_u8()
        deserialize_u16()
        deserialize_u32()
        deserialize_u64()
        deserialize_u128()
        deserialize_f32()
        deserialize_f64()
        deserialize_char()
        deserialize_str()
        deserialize_string()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_option()
        deserialize_seq()
        deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
        deserialize_identifier()
        deserialize_ignored_any()
    }
}

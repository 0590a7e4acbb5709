//! The place where a type wants bytes.

use std::fmt;

use serde::de::{
    Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use crate::data::attachments::{AttachmentError, Attachments};

/// Gives a visitor what it takes for bytes: an attachment, or as `serde_json` does the bytes of a
/// string or an array of numbers.
pub(super) struct BytesVisitor<'a, V> {
    inner: V,
    attachments: &'a Attachments<'a>,
}

impl<'a, V> BytesVisitor<'a, V> {
    pub(super) fn new(inner: V, attachments: &'a Attachments<'a>) -> Self {
        Self { inner, attachments }
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for BytesVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        self.inner.visit_bytes(text.as_bytes())
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<V::Value, E> {
        self.inner.visit_borrowed_bytes(text.as_bytes())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        // Without attachments nothing is a placeholder.
        if self.attachments.count() == 0 {
            return Err(Error::invalid_type(Unexpected::Map, &self));
        }
        let Some(number) = placeholder(map)? else {
            return Err(Error::invalid_type(Unexpected::Map, &self));
        };
        let number = number.ok_or(AttachmentError::Absent);
        let attachment = number.and_then(|number| self.attachments.copy(number));
        self.inner.visit_bytes(attachment.map_err(Error::custom)?)
    }
}

/// What an object says of an attachment: nothing if it is no placeholder, and no number if none
/// can be the right one. As [`crate::placeholder`] sees it.
fn placeholder<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Option<usize>>, A::Error> {
    let mut is_placeholder = false;
    let mut number = None;
    while let Some(key) = map.next_key::<String>()? {
        match key.as_str() {
            "_placeholder" => is_placeholder = map.next_value::<Mark>()? == Mark::True,
            "num" => {
                number = match map.next_value()? {
                    Mark::Number(number) => Some(number),
                    Mark::Other | Mark::True => None,
                }
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    Ok(is_placeholder.then_some(number))
}

/// What the value of a key in a placeholder can mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Number(usize),
    Other,
    True,
}

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(MarkVisitor)
    }
}

struct MarkVisitor;

impl<'de> Visitor<'de> for MarkVisitor {
    type Value = Mark;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a placeholder")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Mark, E> {
        Ok(if value { Mark::True } else { Mark::Other })
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Mark, E> {
        Ok(usize::try_from(value).map_or(Mark::Other, Mark::Number))
    }

    /// JavaScript does not tell `1.0` from `1`.
    fn visit_f64<E: Error>(self, value: f64) -> Result<Mark, E> {
        let number = (0..=u8::MAX).find(|&number| f64::from(number) == value);
        Ok(number.map_or(Mark::Other, |number| Mark::Number(number.into())))
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<Mark, E> {
        Ok(Mark::Other)
    }

    fn visit_str<E: Error>(self, _value: &str) -> Result<Mark, E> {
        Ok(Mark::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Mark, E> {
        Ok(Mark::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Mark, A::Error> {
        IgnoredAny.visit_seq(seq)?;
        Ok(Mark::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Mark, A::Error> {
        IgnoredAny.visit_map(map)?;
        Ok(Mark::Other)
    }
}

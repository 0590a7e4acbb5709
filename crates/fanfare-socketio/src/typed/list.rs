//! Writing: a serializer that hands on to `serde_json`, and what that makes of bytes.

use std::io;

use bytes::Bytes;
use serde::ser::{Serialize, SerializeTuple, SerializeTupleStruct, Serializer};
use serde_json::ser::Formatter;
use serde_json::{Error, Result};

use super::in_argument;

/// The text of the list, and the attachments in the order in which they were met.
pub(super) fn write<T: Serialize + ?Sized>(value: &T) -> Result<(String, Vec<Bytes>)> {
    let mut text = Vec::new();
    let mut attachments = Vec::new();
    let mut is_list = false;
    let placeholders = Placeholders(&mut attachments);
    let mut json = serde_json::Serializer::with_formatter(&mut text, placeholders);
    let written = value.serialize(List {
        json: &mut json,
        is_list: &mut is_list,
    });
    let text = String::from_utf8(text).map_err(serde::ser::Error::custom)?;
    match (is_list, written) {
        (true, Ok(())) => Ok((text, attachments)),
        (true, Err(error)) => Err(error),
        (false, Ok(())) => Ok((format!("[{text}]"), attachments)),
        (false, Err(error)) => Err(in_argument(1, &error)),
    }
}

/// How bytes are written, and the only difference to compact JSON.
struct Placeholders<'a>(&'a mut Vec<Bytes>);

impl Formatter for Placeholders<'_> {
    fn write_byte_array<W>(&mut self, writer: &mut W, bytes: &[u8]) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let number = self.0.len();
        self.0.push(Bytes::copy_from_slice(bytes));
        write!(writer, "{{\"_placeholder\":true,\"num\":{number}}}")
    }
}

type Json<'a> = serde_json::Serializer<&'a mut Vec<u8>, Placeholders<'a>>;

/// What `serde_json` writes everything with that has parts.
type Parts<'a, 'b> = <&'a mut Json<'b> as Serializer>::SerializeSeq;

/// Tells a list of arguments from a single one.
struct List<'a, 'b> {
    json: &'a mut Json<'b>,
    is_list: &'a mut bool,
}

/// The arguments of a list, which errors name.
struct Elements<'a, 'b> {
    parts: Parts<'a, 'b>,
    number: usize,
}

impl<'a, 'b> List<'a, 'b> {
    fn elements(self, count: usize) -> Result<Elements<'a, 'b>> {
        *self.is_list = true;
        Ok(Elements {
            parts: self.json.serialize_tuple(count)?,
            number: 0,
        })
    }

    fn nothing(self) -> Result<()> {
        SerializeTuple::end(self.elements(0)?)
    }
}

macro_rules! single_scalars {
    ($($method:ident $type:ty)*) => {$(
        fn $method(self, value: $type) -> Result<()> {
            self.json.$method(value)
        }
    )*};
}

impl<'a, 'b> Serializer for List<'a, 'b> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'a, 'b>;
    type SerializeTuple = Elements<'a, 'b>;
    type SerializeTupleStruct = Elements<'a, 'b>;
    type SerializeTupleVariant = Parts<'a, 'b>;
    type SerializeMap = Parts<'a, 'b>;
    type SerializeStruct = Parts<'a, 'b>;
    type SerializeStructVariant = Parts<'a, 'b>;

    fn serialize_unit(self) -> Result<()> {
        self.nothing()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<()> {
        self.nothing()
    }

    fn serialize_tuple(self, count: usize) -> Result<Elements<'a, 'b>> {
        self.elements(count)
    }

    fn serialize_tuple_struct(self, _name: &'static str, count: usize) -> Result<Elements<'a, 'b>> {
        self.elements(count)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<()> {
        value.serialize(self)
    }

    single_scalars! {
        serialize_bool bool
        serialize_i8 i8
        serialize_i16 i16
        serialize_i32 i32
        serialize_i64 i64
        serialize_i128 i128
        serialize_u8 u8
        serialize_u16 u16
        serialize_u32 u32
        serialize_u64 u64
        serialize_u128 u128
        serialize_f32 f32
        serialize_f64 f64
        serialize_char char
        serialize_str &str
        serialize_bytes &[u8]
    }

    fn serialize_none(self) -> Result<()> {
        self.json.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        self.json.serialize_some(value)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<()> {
        self.json.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.json
            .serialize_newtype_variant(name, index, variant, value)
    }

    fn serialize_seq(self, count: Option<usize>) -> Result<Parts<'a, 'b>> {
        self.json.serialize_seq(count)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Parts<'a, 'b>> {
        self.json
            .serialize_tuple_variant(name, index, variant, count)
    }

    fn serialize_map(self, count: Option<usize>) -> Result<Parts<'a, 'b>> {
        self.json.serialize_map(count)
    }

    fn serialize_struct(self, name: &'static str, count: usize) -> Result<Parts<'a, 'b>> {
        self.json.serialize_struct(name, count)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        count: usize,
    ) -> Result<Parts<'a, 'b>> {
        self.json
            .serialize_struct_variant(name, index, variant, count)
    }
}

impl SerializeTuple for Elements<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.number += 1;
        SerializeTuple::serialize_element(&mut self.parts, value)
            .map_err(|error| in_argument(self.number, &error))
    }

    fn end(self) -> Result<()> {
        SerializeTuple::end(self.parts)
    }
}

impl SerializeTupleStruct for Elements<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.serialize_element(value)
    }

    fn end(self) -> Result<()> {
        SerializeTuple::end(self)
    }
}

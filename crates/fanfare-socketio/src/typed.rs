//! Arguments as types of the application, with bytes in them and without a tree in between.
//!
//! Writing is `serde_json` with one difference: bytes become a placeholder and an attachment.
//! Reading is `serde_json` with one difference: where a type wants bytes, a placeholder gives the
//! attachment. Around both, a tuple is not one array but the list of arguments.

mod arguments;
mod list;
mod restoring;

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Serialize, de, ser};

use arguments::Arguments;

use crate::data::Data;
use crate::json::{Json, TypeError};

/// Makes the list of arguments that a value stands for.
///
/// # Errors
/// [`TypeError`]; see [`Data::write`].
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<Data, TypeError> {
    let (text, attachments) = list::write(value).map_err(TypeError)?;
    let json = Json::parse(&text).map_err(unwritable)?.into_owned();
    Data::new(json, attachments).map_err(|_| {
        unwritable("an object with `_placeholder` cannot go with bytes: receivers take it for one")
    })
}

/// Reads the value that a list of arguments stands for.
///
/// # Errors
/// [`TypeError`]; see [`Data::read`].
pub(crate) fn read<T: DeserializeOwned>(data: &Data) -> Result<T, TypeError> {
    T::deserialize(Arguments::of(data)).map_err(TypeError)
}

fn unwritable(reason: impl fmt::Display) -> TypeError {
    TypeError(ser::Error::custom(reason))
}

/// Says which argument an error is about, counted from 1.
fn in_argument(number: usize, error: &serde_json::Error) -> serde_json::Error {
    de::Error::custom(format_args!("argument {number}: {error}"))
}

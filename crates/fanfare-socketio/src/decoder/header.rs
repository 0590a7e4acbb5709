//! What stands before the payload of a packet.
//!
//! ```text
//! type [attachments "-"] [namespace ","] [ack]
//! ```

use super::{DecodeError, DecoderSettings};
use crate::engine::Revision;
use crate::limits::NAMESPACE_BYTES_MAX;
use crate::name::{NameError, NamespaceName};

/// Types; those with attachments and those without are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ack,
    Connect,
    ConnectError,
    Disconnect,
    Event,
}

/// A packet up to its payload.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) attachments: usize,
    pub(super) namespace: NamespaceName,
    /// What protocol 4 has behind the namespace.
    pub(super) query: Option<Box<str>>,
    pub(super) ack: Option<u64>,
}

impl Header {
    /// Reads it; returns what follows.
    pub(super) fn parse<'a>(
        text: &'a str,
        settings: &DecoderSettings,
    ) -> Result<(Self, &'a str), DecodeError> {
        let mut characters = text.chars();
        let digit = characters.next().ok_or(DecodeError::Empty)?;
        let (kind, has_attachments) = kind(digit)?;
        let rest = characters.as_str();
        let (attachments, rest) = match has_attachments {
            true => attachments(rest, settings.attachments_max)?,
            false => (0, rest),
        };
        let (name, rest) = namespace(rest)?;
        let (name, query) = split_query(name, settings.revision);
        let (ack, rest) = ack(rest)?;
        let header = Self {
            kind,
            attachments,
            namespace: NamespaceName::parse(name)?,
            query: query.map(Into::into),
            ack,
        };
        Ok((header, rest))
    }
}

fn kind(digit: char) -> Result<(Kind, bool), DecodeError> {
    match digit {
        '0' => Ok((Kind::Connect, false)),
        '1' => Ok((Kind::Disconnect, false)),
        '2' => Ok((Kind::Event, false)),
        '3' => Ok((Kind::Ack, false)),
        '4' => Ok((Kind::ConnectError, false)),
        '5' => Ok((Kind::Event, true)),
        '6' => Ok((Kind::Ack, true)),
        _ => Err(DecodeError::UnknownType),
    }
}

fn attachments(text: &str, count_max: usize) -> Result<(usize, &str), DecodeError> {
    let (digits, rest) = split_digits(text);
    let rest = rest.strip_prefix('-').ok_or(DecodeError::Attachments)?;
    match digits.parse() {
        Ok(count) if (1..=count_max).contains(&count) => Ok((count, rest)),
        _ => Err(DecodeError::Attachments),
    }
}

/// A namespace goes to the next comma or to the end: its name cannot have one.
fn namespace(text: &str) -> Result<(&str, &str), DecodeError> {
    if !text.starts_with('/') {
        return Ok(("/", text));
    }
    let (name, rest) = text.split_once(',').unwrap_or((text, ""));
    if name.len() > NAMESPACE_BYTES_MAX {
        return Err(NameError::TooLong.into());
    }
    Ok((name, rest))
}

/// In protocol 5 a question mark is a character like others.
fn split_query(name: &str, revision: Revision) -> (&str, Option<&str>) {
    match (revision, name.split_once('?')) {
        (Revision::V3, Some((name, query))) => (name, Some(query)),
        _ => (name, None),
    }
}

fn ack(text: &str) -> Result<(Option<u64>, &str), DecodeError> {
    match split_digits(text) {
        ("", rest) => Ok((None, rest)),
        (digits, rest) => match digits.parse() {
            Ok(ack) => Ok((Some(ack), rest)),
            Err(_) => Err(DecodeError::AckId),
        },
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}

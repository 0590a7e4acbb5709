//! Reads packets.

use super::MESSAGE;
use crate::data::Data;
use crate::decoder::{DecodeError, array, event_name};
use crate::json::Json;
use crate::json::scanner::{Scanner, Token, unquote};
use crate::name::NamespaceName;
use crate::packet::{ConnectPayload, Packet, PacketBody};

/// A packet, taken apart.
struct Parts<'a> {
    kind: Kind,
    number: Option<Number>,
    endpoint: &'a str,
    data: &'a str,
}

/// Types, without those that belong to the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ack,
    Connect,
    Disconnect,
    Error,
    Event,
    Json,
    Text,
}

/// What stands where a packet is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    /// The application answers.
    Question(u64),
    /// That it came is answer enough.
    Receipt(u64),
}

/// Reads a packet. `None` for what has no effect: an event whose name is a call-back of today,
/// which was no offence then, and an answer to nothing.
///
/// # Errors
/// [`DecodeError`]; end the session.
pub(crate) fn read(text: &str) -> Result<Option<Packet>, DecodeError> {
    let parts = Parts::of(text)?;
    let body = match parts.kind {
        Kind::Ack => ack(parts.data)?,
        Kind::Connect => Some(PacketBody::Connect(query(parts.data))),
        Kind::Disconnect => Some(PacketBody::Disconnect),
        Kind::Error => return Err(DecodeError::ConnectError),
        Kind::Event => event(&parts)?,
        Kind::Json => Some(parts.message(&json(parts.data)?)),
        Kind::Text => Some(parts.message(&Json::text(parts.data))),
    };
    let namespace = namespace(parts.endpoint)?;
    Ok(body.map(|body| Packet { namespace, body }))
}

/// The receipt that a packet asks for.
pub(crate) fn receipt(text: &str) -> Option<String> {
    let Parts {
        kind,
        number,
        endpoint,
        ..
    } = Parts::of(text).ok()?;
    match (kind, number?) {
        (Kind::Event | Kind::Json | Kind::Text, Number::Receipt(number)) => {
            Some(format!("6::{endpoint}:{number}"))
        }
        _ => None,
    }
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, DecodeError> {
        let (kind, rest) = split(text);
        let (number, rest) = split(rest);
        let (endpoint, data) = split(rest);
        Ok(Self {
            kind: Kind::of(kind)?,
            number: Number::of(number)?,
            endpoint,
            data,
        })
    }

    fn message(&self, argument: &Json<'_>) -> PacketBody {
        let name = Json::text(MESSAGE);
        let data = Json::assembled(format!("[{name},{argument}]"));
        self.event(MESSAGE.into(), data)
    }

    /// An event; `data` is its name and its arguments.
    fn event(&self, name: Box<str>, data: Json<'static>) -> PacketBody {
        PacketBody::Event {
            ack: match self.number {
                Some(Number::Question(number)) => Some(number),
                Some(Number::Receipt(_)) | None => None,
            },
            name,
            data: Data::checked(data, Vec::new()),
        }
    }
}

/// What is before the next colon, and what is behind it.
fn split(text: &str) -> (&str, &str) {
    text.split_once(':').unwrap_or((text, ""))
}

impl Kind {
    fn of(written: &str) -> Result<Self, DecodeError> {
        match written {
            "0" => Ok(Self::Disconnect),
            "1" => Ok(Self::Connect),
            "3" => Ok(Self::Text),
            "4" => Ok(Self::Json),
            "5" => Ok(Self::Event),
            "6" => Ok(Self::Ack),
            "7" => Ok(Self::Error),
            _ => Err(DecodeError::UnknownType),
        }
    }
}

impl Number {
    fn of(written: &str) -> Result<Option<Self>, DecodeError> {
        let (digits, make): (_, fn(u64) -> Self) = match written.strip_suffix('+') {
            Some(digits) => (digits, Self::Question),
            None => (written, Self::Receipt),
        };
        match digits {
            "" => Ok(None),
            digits => Ok(Some(make(number(digits)?))),
        }
    }
}

fn number(digits: &str) -> Result<u64, DecodeError> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number);
    number.ok_or(DecodeError::AckId)
}

fn namespace(endpoint: &str) -> Result<NamespaceName, DecodeError> {
    match endpoint {
        "" => Ok(NamespaceName::MAIN),
        name => Ok(NamespaceName::parse(name)?),
    }
}

fn query(data: &str) -> ConnectPayload {
    match data.strip_prefix('?').unwrap_or(data) {
        "" => ConnectPayload::Absent,
        query => ConnectPayload::Query(query.into()),
    }
}

/// Nothing at all is what JavaScript writes for `undefined`.
fn json(data: &str) -> Result<Json<'_>, DecodeError> {
    match data {
        "" => Ok(Json::part("null")),
        data => Ok(Json::parse(data)?),
    }
}

/// `{"name":…,"args":[…]}`, in any order, `args` only if there are some. Other keys do not matter,
/// and of equal ones the last counts, as in JavaScript.
fn event(parts: &Parts<'_>) -> Result<Option<PacketBody>, DecodeError> {
    let json = Json::parse(parts.data)?;
    let mut scanner = Scanner::new(json.as_str());
    if scanner.next()? != Some(Token::ObjectStart) {
        return Err(DecodeError::Payload);
    }
    let (mut name, mut arguments) = ("", "[]");
    while let Some(Token::Key(key)) = scanner.next()? {
        let value = scanner.skip_value()?.ok_or(DecodeError::Payload)?;
        match unquote(key).as_deref() {
            Some("name") => name = value,
            Some("args") => arguments = value,
            _ => {}
        }
    }
    let inside = match arguments {
        "null" => "",
        list => list
            .strip_prefix('[')
            .and_then(|list| list.strip_suffix(']'))
            .ok_or(DecodeError::Payload)?
            .trim_ascii(),
    };
    if name.is_empty() {
        return Err(DecodeError::EventName);
    }
    let comma = if inside.is_empty() { "" } else { "," };
    let data = Json::assembled(format!("[{name}{comma}{inside}]"));
    match event_name(&data) {
        Ok(name) => Ok(Some(parts.event(name, data))),
        Err(DecodeError::ReservedEvent) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `1` or `1+[…]`.
fn ack(data: &str) -> Result<Option<PacketBody>, DecodeError> {
    let (digits, arguments) = data.split_once('+').unwrap_or((data, ""));
    if digits.is_empty() {
        return Ok(None);
    }
    let json = match arguments {
        "" => Json::part("[]"),
        arguments => Json::parse(arguments)?.into_owned(),
    };
    array(&json)?;
    Ok(Some(PacketBody::Ack {
        ack: number(digits)?,
        data: Data::checked(json, Vec::new()),
    }))
}

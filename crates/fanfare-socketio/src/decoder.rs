//! Socket.IO packets as a server reads them, with the attachments that follow.
//!
//! Source: Socket.IO protocol 5, and what the reference's parser refuses. What clients 0.7 to 0.9
//! send is read by `protocol1`.

mod header;

use bytes::Bytes;

use header::{Header, Kind};

use crate::data::Data;
use crate::engine::Revision;
use crate::engine::session::Received;
use crate::json::scanner::{Token, unquote};
use crate::json::{Json, JsonError};
use crate::limits;
use crate::name::NameError;
use crate::packet::{ConnectPayload, Packet, PacketBody, RESERVED_EVENTS};
use crate::placeholder::{self, PlaceholderError};
use crate::protocol1;

/// Why a message is no packet of a client. The client is at fault; end the session with `forced
/// close`, as the reference does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The number of an acknowledgement is too large for 64 bits, or none.
    #[error("acknowledgement number out of range")]
    AckId,
    /// The number of attachments is missing, zero, or more than allowed.
    #[error("illegal number of attachments")]
    Attachments,
    /// Only servers refuse.
    #[error("a client sent a connect error")]
    ConnectError,
    /// Nothing at all.
    #[error("empty packet")]
    Empty,
    /// The name of an event is neither text nor number, or too long.
    #[error("illegal event name")]
    EventName,
    /// The payload is not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The message is not msgpack, or more than one value of it.
    #[error("malformed msgpack")]
    Msgpack,
    /// The name of a namespace.
    #[error(transparent)]
    NamespaceName(#[from] NameError),
    /// The payload is not what packets of this type carry.
    #[error("payload does not fit the type of the packet")]
    Payload,
    /// A placeholder has no attachment.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderError),
    /// The name of an event is one of [`RESERVED_EVENTS`].
    #[error("reserved event name")]
    ReservedEvent,
    /// The packet and its attachments are too long together.
    #[error("packet with attachments too long")]
    TooLong,
    /// Bytes that no packet waits for.
    #[error("attachment without a packet")]
    UnexpectedBinary,
    /// Text where an attachment has to follow.
    #[error("text where an attachment was expected")]
    UnexpectedText,
    /// No such type.
    #[error("unknown packet type")]
    UnknownType,
}

/// What a mount allows.
#[derive(Clone, Copy, Debug)]
pub struct DecoderSettings {
    /// What the session speaks.
    pub revision: Revision,
    /// See [`limits::ATTACHMENTS_MAX`].
    pub attachments_max: usize,
    /// See [`limits::PACKET_BYTES_MAX`].
    pub packet_bytes_max: usize,
}

impl DecoderSettings {
    /// The defaults.
    pub fn new(revision: Revision) -> Self {
        Self {
            revision,
            attachments_max: limits::ATTACHMENTS_MAX,
            packet_bytes_max: limits::PACKET_BYTES_MAX,
        }
    }
}

/// Reads the messages of one session. One word while no attachment is missing.
#[derive(Debug, Default)]
pub struct Decoder {
    waiting: Option<Box<Waiting>>,
}

/// A packet whose attachments have not all come.
#[derive(Debug)]
struct Waiting {
    header: Header,
    json: Json<'static>,
    attachments: Vec<Bytes>,
    bytes: usize,
}

impl Decoder {
    /// Reads the next message. `None` if attachments are missing, and for an event or
    /// acknowledgement without payload, which the reference lets pass without effect.
    ///
    /// # Errors
    /// [`DecodeError`]; end the session.
    ///
    /// # Limits
    /// Attachments and their bytes by [`DecoderSettings`], the rest by [`limits`].
    pub fn decode(
        &mut self,
        message: Received,
        settings: &DecoderSettings,
    ) -> Result<Option<Packet>, DecodeError> {
        match message {
            Received::Text(text) => self.text(&text, settings),
            Received::Binary(bytes) => self.binary(bytes, settings),
        }
    }

    /// True while attachments are missing. How long that may last is the caller's to decide.
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    fn text(
        &mut self,
        text: &str,
        settings: &DecoderSettings,
    ) -> Result<Option<Packet>, DecodeError> {
        if self.waiting.is_some() {
            return Err(DecodeError::UnexpectedText);
        }
        if text.len() > settings.packet_bytes_max {
            return Err(DecodeError::TooLong);
        }
        if settings.revision == Revision::V1 {
            return protocol1::read(text);
        }
        let (header, rest) = Header::parse(text, settings)?;
        let json = match rest {
            "" => None,
            text => Some(Json::parse(text)?),
        };
        match header.attachments {
            0 => header.finish(json.map(Json::into_owned), Vec::new()),
            count => {
                let json = json.ok_or(DecodeError::Payload)?.into_owned();
                // Before a byte of theirs is kept: most of what is wrong shows now.
                placeholder::check(&json, count)?;
                header.check(&json)?;
                self.waiting = Some(Box::new(Waiting {
                    header,
                    json,
                    attachments: Vec::new(),
                    bytes: text.len(),
                }));
                Ok(None)
            }
        }
    }

    fn binary(
        &mut self,
        bytes: Bytes,
        settings: &DecoderSettings,
    ) -> Result<Option<Packet>, DecodeError> {
        let mut waiting = self.waiting.take().ok_or(DecodeError::UnexpectedBinary)?;
        waiting.bytes = waiting.bytes.saturating_add(bytes.len());
        if waiting.bytes > settings.packet_bytes_max {
            return Err(DecodeError::TooLong);
        }
        waiting.attachments.push(bytes);
        if waiting.attachments.len() < waiting.header.attachments {
            self.waiting = Some(waiting);
            return Ok(None);
        }
        let Waiting {
            header,
            json,
            attachments,
            ..
        } = *waiting;
        header.finish(Some(json), attachments)
    }
}

impl Header {
    /// Checks that the payload of an event or an acknowledgement is one.
    fn check(&self, json: &Json<'_>) -> Result<(), DecodeError> {
        match self.kind {
            Kind::Event => event_name(json).map(drop),
            _ => array(json),
        }
    }

    fn finish(
        self,
        json: Option<Json<'static>>,
        attachments: Vec<Bytes>,
    ) -> Result<Option<Packet>, DecodeError> {
        let body = match (self.kind, json) {
            (Kind::Connect, json) => PacketBody::Connect(auth(json, self.query)?),
            (Kind::ConnectError, _) => return Err(DecodeError::ConnectError),
            (Kind::Disconnect, None) => PacketBody::Disconnect,
            (Kind::Disconnect, Some(_)) => return Err(DecodeError::Payload),
            (Kind::Event | Kind::Ack, None) => return Ok(None),
            (Kind::Event, Some(json)) => PacketBody::Event {
                ack: self.ack,
                name: event_name(&json)?,
                data: Data::checked(json, attachments),
            },
            (Kind::Ack, Some(json)) => {
                array(&json)?;
                // One without a number answers nothing.
                let Some(ack) = self.ack else {
                    return Ok(None);
                };
                let data = Data::checked(json, attachments);
                PacketBody::Ack { ack, data }
            }
        };
        Ok(Some(Packet {
            namespace: self.namespace,
            body,
        }))
    }
}

pub(crate) fn auth(
    json: Option<Json<'static>>,
    query: Option<Box<str>>,
) -> Result<ConnectPayload, DecodeError> {
    match (json, query) {
        (None, None) => Ok(ConnectPayload::Absent),
        (None, Some(query)) => Ok(ConnectPayload::Query(query)),
        (Some(json), _) => match json.first() {
            Some(Token::ObjectStart) => Ok(ConnectPayload::Object(json)),
            _ => Err(DecodeError::Payload),
        },
    }
}

pub(crate) fn array(json: &Json<'_>) -> Result<(), DecodeError> {
    match json.first() {
        Some(Token::ArrayStart) => Ok(()),
        _ => Err(DecodeError::Payload),
    }
}

/// The first element of an event's array.
pub(crate) fn event_name(json: &Json<'_>) -> Result<Box<str>, DecodeError> {
    array(json)?;
    let name = match json.second() {
        Some(Token::String(written)) => unquote(written).ok_or(DecodeError::EventName)?,
        Some(Token::Number(written)) => written.to_owned(),
        Some(Token::ArrayEnd) | None => return Err(DecodeError::Payload),
        Some(_) => return Err(DecodeError::EventName),
    };
    if RESERVED_EVENTS.contains(&name.as_str()) {
        return Err(DecodeError::ReservedEvent);
    }
    if name.len() > limits::EVENT_NAME_BYTES_MAX {
        return Err(DecodeError::EventName);
    }
    Ok(name.into())
}

//! Packets in msgpack instead of JSON: one binary message each, with bytes in their places.
//!
//! Both sides have to agree beforehand. Inside of this crate data stays the JSON text with
//! attachments that it is everywhere, so that clients of both kinds hear the same broadcast.
//!
//! Source: `socket.io-msgpack-parser` 3.0 and `notepack.io` 2.2, which it writes with; the msgpack
//! specification.

mod date;
mod reader;
mod shape;
mod text;
mod writer;

use bytes::Bytes;

use reader::{Reader, Token};
use text::Text;
use writer::Writer;

use crate::data::Data;
use crate::data::attachments::Attachments;
use crate::decoder::{self, DecodeError, DecoderSettings};
use crate::engine::session::Received;
use crate::engine::{Encoded, Revision};
use crate::json::Json;
use crate::name::NamespaceName;
use crate::packet::{ConnectPayload, Packet, PacketBody};

/// Writes a packet. Numbers are written as JavaScript would: whole ones as integers.
///
/// # Limits
/// Placeholders that repeat an attachment are expanded, all of them to at most
/// [`PACKET_BYTES_MAX`](crate::limits::PACKET_BYTES_MAX) more bytes; from there on nil stands in
/// their places.
pub fn encode(packet: &Packet) -> Encoded {
    let (kind, ack, payload) = parts(&packet.body);
    let mut writer = Writer::default();
    writer.map(2 + usize::from(ack.is_some()) + usize::from(payload.is_some()));
    writer.text("type");
    writer.unsigned(kind);
    if let Some((json, attachments)) = payload {
        writer.text("data");
        writer.json(json, &Attachments::new(attachments));
    }
    if let Some(ack) = ack {
        writer.text("id");
        writer.unsigned(ack);
    }
    writer.text("nsp");
    match &packet.body {
        PacketBody::Connect(ConnectPayload::Query(query)) => {
            writer.text(&format!("{}?{query}", packet.namespace));
        }
        _ => writer.text(packet.namespace.as_str()),
    }
    Encoded::Binary(writer.into_bytes())
}

type Payload<'a> = (&'a Json<'static>, &'a [Bytes]);

fn parts(body: &PacketBody) -> (u64, Option<u64>, Option<Payload<'_>>) {
    match body {
        PacketBody::Connect(ConnectPayload::Object(json)) => (0, None, Some((json, &[]))),
        PacketBody::Connect(_) => (0, None, None),
        PacketBody::Disconnect => (1, None, None),
        PacketBody::Event { ack, data, .. } => (2, *ack, Some((data.json(), data.attachments()))),
        PacketBody::Ack { ack, data } => (3, Some(*ack), Some((data.json(), data.attachments()))),
        PacketBody::ConnectError(json) => (4, None, Some((json, &[]))),
    }
}

/// Reads the packet of a client. `None` for an acknowledgement without a number, which answers
/// nothing.
///
/// What JSON has no word for becomes the nearest that it has: dates their ISO text, numbers that
/// are infinite or none `null`, keys of maps their text, broken UTF-8 replacement characters,
/// extensions `null`.
///
/// # Errors
/// [`DecodeError`]; end the session. [`DecodeError::Placeholder`] also for an object that is no
/// placeholder here, but would be one beside bytes for everybody else.
///
/// # Limits
/// The message, and separately the JSON text of its payload, by
/// [`DecoderSettings::packet_bytes_max`]; bytes in it by their number; nesting as in JSON.
pub fn decode(
    message: Received,
    settings: &DecoderSettings,
) -> Result<Option<Packet>, DecodeError> {
    let Received::Binary(message) = message else {
        return Err(DecodeError::Msgpack);
    };
    if message.len() > settings.packet_bytes_max {
        return Err(DecodeError::TooLong);
    }
    Fields::read(&message, settings)?.packet(settings)
}

/// A packet as it is written: whatever is not there may be there too as nil.
#[derive(Default)]
struct Fields {
    kind: Option<u64>,
    data: Option<Data>,
    ack: Option<u64>,
    namespace: Option<String>,
}

impl Fields {
    fn read(message: &Bytes, settings: &DecoderSettings) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(message);
        let Token::Map(count) = reader.next()? else {
            return Err(DecodeError::Msgpack);
        };
        let mut fields = Self::default();
        for _ in 0..count {
            let key = reader.next()?;
            fields.read_value(&key, &mut reader, message, settings)?;
        }
        match reader.is_at_end() {
            true => Ok(fields),
            false => Err(DecodeError::Msgpack),
        }
    }

    fn read_value(
        &mut self,
        key: &Token<'_>,
        reader: &mut Reader<'_>,
        message: &Bytes,
        settings: &DecoderSettings,
    ) -> Result<(), DecodeError> {
        match key {
            Token::Text(b"type") => match reader.next()? {
                Token::Unsigned(kind) => self.kind = Some(kind),
                _ => return Err(DecodeError::UnknownType),
            },
            Token::Text(b"id") => match reader.next()? {
                Token::Unsigned(ack) => self.ack = Some(ack),
                Token::Nil => self.ack = None,
                _ => return Err(DecodeError::AckId),
            },
            Token::Text(b"nsp") => match reader.next()? {
                Token::Text(name) => self.namespace = Some(text::lossy(name)),
                _ => return Err(DecodeError::Payload),
            },
            Token::Text(b"data") => self.data = Text::read(reader, message, settings)?,
            // Clients of version 4 write their `options` too.
            Token::Text(_) => drop(Text::read(reader, message, settings)?),
            _ => return Err(DecodeError::Msgpack),
        }
        Ok(())
    }

    fn packet(self, settings: &DecoderSettings) -> Result<Option<Packet>, DecodeError> {
        let kind = self.kind.ok_or(DecodeError::UnknownType)?;
        let name = self.namespace.ok_or(DecodeError::Payload)?;
        // In protocol 5 a question mark is a character like others.
        let (name, query) = match (settings.revision, name.split_once('?')) {
            (Revision::V3, Some((name, query))) => (name, Some(query.into())),
            _ => (name.as_str(), None),
        };
        let namespace = NamespaceName::parse(name)?;
        let body = match (kind, self.data, self.ack) {
            (0, data, _) => PacketBody::Connect(connect(data, query)?),
            (1, None, _) => PacketBody::Disconnect,
            (1, Some(_), _) => return Err(DecodeError::Payload),
            (2, Some(data), ack) => PacketBody::Event {
                ack,
                name: decoder::event_name(data.json())?,
                data,
            },
            (3, Some(data), ack) => {
                decoder::array(data.json())?;
                let Some(ack) = ack else {
                    return Ok(None);
                };
                PacketBody::Ack { ack, data }
            }
            (2 | 3, None, _) => return Err(DecodeError::Payload),
            (4, ..) => return Err(DecodeError::ConnectError),
            _ => return Err(DecodeError::UnknownType),
        };
        Ok(Some(Packet { namespace, body }))
    }
}

fn connect(data: Option<Data>, query: Option<Box<str>>) -> Result<ConnectPayload, DecodeError> {
    match &data {
        Some(data) if !data.attachments().is_empty() => Err(DecodeError::Payload),
        _ => decoder::auth(data.map(|data| data.json().clone()), query),
    }
}

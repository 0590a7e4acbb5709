//! Writes packets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::MESSAGE;
use crate::data::Data;
use crate::json::Json;
use crate::json::scanner::unquote;
use crate::packet::{ConnectPayload, Packet, PacketBody};
use crate::value::Value;

/// Writes a packet.
pub(crate) fn write(packet: &Packet) -> String {
    let namespace = &packet.namespace;
    let endpoint = match namespace.is_main() {
        true => "",
        false => namespace.as_str(),
    };
    match &packet.body {
        PacketBody::Connect(ConnectPayload::Query(query)) => format!("1::{endpoint}:?{query}"),
        PacketBody::Connect(_) => format!("1::{endpoint}"),
        PacketBody::Disconnect => format!("0::{endpoint}"),
        PacketBody::Event { ack, data, .. } => event(endpoint, *ack, data),
        PacketBody::Ack { ack, data } => match &arguments(data)[..] {
            [] => format!("6::{endpoint}:{ack}"),
            values => format!("6::{endpoint}:{ack}+[{}]", values.join(",")),
        },
        // "Unauthorized", with which the client gives up the namespace. There are no words.
        PacketBody::ConnectError(_) => format!("7::{endpoint}:2"),
    }
}

fn event(endpoint: &str, ack: Option<u64>, data: &Data) -> String {
    let number = ack.map_or_else(String::new, |ack| format!("{ack}+"));
    let values = arguments(data);
    let (name, arguments) = match &values[..] {
        [name, arguments @ ..] => (&**name, arguments),
        [] => ("\"\"", &[][..]),
    };
    if let [argument] = arguments
        && unquote(name).as_deref() == Some(MESSAGE)
    {
        return match unquote(argument) {
            Some(text) => format!("3:{number}:{endpoint}:{text}"),
            None => format!("4:{number}:{endpoint}:{argument}"),
        };
    }
    match arguments {
        [] => format!("5:{number}:{endpoint}:{{\"name\":{name}}}"),
        arguments => {
            let arguments = arguments.join(",");
            format!("5:{number}:{endpoint}:{{\"name\":{name},\"args\":[{arguments}]}}")
        }
    }
}

/// Each argument as it is written.
fn arguments(data: &Data) -> Vec<String> {
    // Data that was read or written here has its attachments.
    let values = data.values().unwrap_or_default();
    let write = |value: &Value<'_>| {
        let mut text = String::new();
        append(value, &mut text);
        text
    };
    values.iter().map(write).collect()
}

/// As deep as JSON may be, which is what bounds a value.
fn append(value: &Value<'_>, text: &mut String) {
    match value {
        Value::Json(json) => text.push_str(json.as_str()),
        Value::Binary(bytes) => {
            text.push_str(Json::text(&STANDARD.encode(bytes)).as_str());
        }
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                append(value, text);
            }
            text.push(']');
        }
        Value::Object(entries) => {
            text.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                text.push_str(key.as_str());
                text.push(':');
                append(value, text);
            }
            text.push('}');
        }
    }
}

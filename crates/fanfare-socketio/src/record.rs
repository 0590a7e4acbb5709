//! An event as it is kept in a log.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::data::Data;
use crate::json::Json;
use crate::rooms::Selection;

/// The first line of a record, as JSON. After it come the text and the attachments, whose lengths
/// it names.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rooms: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    except: Vec<Box<str>>,
    /// Bytes of the text.
    text: usize,
    /// Bytes of each attachment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<usize>,
}

impl Record {
    pub(crate) fn write(selection: &Selection, data: &Data) -> Vec<u8> {
        let text = data.json().as_str();
        let head = Self {
            rooms: selection.rooms.clone(),
            except: selection.except.clone(),
            text: text.len(),
            attachments: data.attachments().iter().map(Bytes::len).collect(),
        };
        let mut record = serde_json::to_vec(&head).expect("texts and numbers can be written");
        record.push(b'\n');
        record.extend_from_slice(text.as_bytes());
        for attachment in data.attachments() {
            record.extend_from_slice(attachment);
        }
        record
    }

    /// None for what is no record.
    pub(crate) fn read(record: &Bytes) -> Option<(Selection, Data)> {
        let line = record.iter().position(|&byte| byte == b'\n')?;
        let head: Self = serde_json::from_slice(&record[..line]).ok()?;
        let mut rest = record.slice(line + 1..);
        let mut take = |length: usize| (length <= rest.len()).then(|| rest.split_to(length));
        let text = take(head.text)?;
        let attachments = head
            .attachments
            .into_iter()
            .map(take)
            .collect::<Option<_>>()?;
        let json = Json::parse(std::str::from_utf8(&text).ok()?)
            .ok()?
            .into_owned();
        let selection = Selection {
            rooms: head.rooms,
            except: head.except,
        };
        Some((selection, Data::new(json, attachments).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn what_is_written_is_read() {
        let text = Value::Json(Json::parse(r#"["a\nb",1.50]"#).unwrap());
        let data = Data::of(&[
            text,
            Value::Binary(Bytes::from_static(b"\n\0")),
            Value::Binary(Bytes::new()),
        ]);
        let selection = Selection {
            rooms: vec!["r\n1".into()],
            except: vec![],
        };
        let record = Bytes::from(Record::write(&selection, &data));
        assert_eq!(Record::read(&record), Some((selection, data)));
        for length in 0..record.len() {
            assert_eq!(
                Record::read(&record.slice(..length)),
                None,
                "{length} bytes of it"
            );
        }
    }
}

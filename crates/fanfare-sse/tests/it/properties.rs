//! What holds for any text, any bytes and any cuts.

use std::time::Duration;

use fanfare_sse::{Decoder, Event, MessageEvent, last_event_id, write_fields};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{Seen, read, read_whole};

/// An event by its parts, any of which may be missing.
#[derive(Clone, Debug)]
struct Parts {
    comment: Option<String>,
    id: Option<String>,
    name: Option<String>,
    retry_ms: Option<u64>,
    data: Option<String>,
}

impl Parts {
    fn event(&self) -> Event {
        let mut event = self.data.as_ref().map_or_else(Event::new, Event::data);
        if let Some(comment) = &self.comment {
            event = event.comment(comment);
        }
        if let Some(id) = &self.id {
            event = event.id(id).expect("a fine id");
        }
        if let Some(name) = &self.name {
            event = event.event(name).expect("a fine name");
        }
        if let Some(ms) = self.retry_ms {
            event = event.retry(Duration::from_millis(ms));
        }
        event
    }

    /// Says to `seen` what an ideal wire would.
    fn tell(&self, seen: &mut Seen) {
        if let Some(id) = &self.id {
            seen.last_event_id.clone_from(id);
        }
        if let Some(ms) = self.retry_ms {
            seen.retry = Some(Duration::from_millis(ms));
        }
        if let Some(data) = &self.data {
            let name = self.name.clone().unwrap_or_default();
            seen.events.push(MessageEvent {
                event_type: if name.is_empty() {
                    "message".into()
                } else {
                    name.into()
                },
                data: normalised(data),
                last_event_id: seen.last_event_id.clone(),
            });
        }
    }
}

fn normalised(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Pieces of text at which the encoder or the decoder takes a turn.
const TURNS: [&str; 12] = [
    "\r", "\n", "\r\n", ":", " ", "\0", "\u{feff}", "data: ", "id:", "event", "retry:1", "\n\n",
];

/// Any text, with more turns than chance would give.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![select(&TURNS[..]).prop_map(str::to_owned), ".{0,40}"];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn parts() -> impl Strategy<Value = Parts> {
    let id = "([!-~\u{a0}-\u{2fff}]( *[!-~])*)?";
    let id = id.prop_filter("within the limit", |id| id.len() <= 128);
    let name = "[^\\x00-\\x1f\\x7f]{0,40}";
    let parts = (
        option::of(text()),
        option::of(id),
        option::of(name),
        option::of(any::<u64>()),
        option::of(text()),
    );
    parts.prop_map(|(comment, id, name, retry_ms, data)| Parts {
        comment,
        id,
        name,
        retry_ms,
        data,
    })
}

/// Any bytes, with more turns than chance would give.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let turn = select(&TURNS[..]).prop_map(|text| text.as_bytes().to_vec());
    let half_a_mark = Just(b"\xEF\xBB".to_vec());
    let piece = prop_oneof![6 => turn, 1 => half_a_mark, 3 => vec(any::<u8>(), 0..8)];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Cuts `stream` into pieces of these lengths, over and over.
fn pieces<'a>(mut stream: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for length in lengths.iter().cycle() {
        let (piece, rest) = stream.split_at(stream.len().min(*length));
        pieces.push(piece);
        stream = rest;
        if stream.is_empty() {
            break;
        }
    }
    pieces
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    vec(1..40usize, 1..8)
}

proptest! {
    #[test]
    fn events_arrive_as_they_were_meant(parts in vec(parts(), 0..8), lengths in lengths()) {
        let mut stream = Vec::new();
        let mut expected = Seen::default();
        for part in &parts {
            part.event().encode_into(&mut stream);
            part.tell(&mut expected);
        }
        let seen = read(&mut Decoder::default(), pieces(&stream, &lengths)).unwrap();
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn shared_blocks_arrive_as_they_were_meant(data in text(), lengths in lengths()) {
        let mut stream = Vec::new();
        write_fields(&mut stream, "1:0", Some("x"), data.as_bytes()).unwrap();
        let seen = read(&mut Decoder::default(), pieces(&stream, &lengths)).unwrap();
        prop_assert_eq!(seen.events, [crate::event("x", &normalised(&data), "1:0")]);
    }

    #[test]
    fn bytes_that_are_no_text_arrive_as_the_receiver_would_read_them(data in vec(any::<u8>(), 0..60)) {
        let mut stream = Vec::new();
        write_fields(&mut stream, "1:0", None, &data).unwrap();
        let text = normalised(&String::from_utf8_lossy(&data));
        prop_assert_eq!(read_whole(&stream).events, [crate::event("message", &text, "1:0")]);
    }

    #[test]
    fn fields_are_refused_or_arrive(id in text(), name in text()) {
        let mut stream = Vec::new();
        if write_fields(&mut stream, &id, Some(&name), b"x").is_ok() {
            let events = read_whole(&stream).events;
            prop_assert_eq!(events.len(), 1);
            prop_assert_eq!(&events[0].last_event_id, &id);
            let name = if name.is_empty() { "message" } else { &name };
            prop_assert_eq!(events[0].event_type.as_ref(), name);
        } else {
            prop_assert!(stream.is_empty());
        }
    }

    #[test]
    fn cuts_change_nothing(stream in stream(), lengths in lengths()) {
        let cut = read(&mut Decoder::default(), pieces(&stream, &lengths)).unwrap();
        prop_assert_eq!(cut, read_whole(&stream));
    }

    #[test]
    fn any_bytes_stay_within_the_limit(
        stream in stream(),
        lengths in lengths(),
        bytes_max in 0..64usize,
    ) {
        let mut decoder = Decoder::new(bytes_max);
        for mut input in pieces(&stream, &lengths) {
            loop {
                let decoded = decoder.decode(&mut input);
                prop_assert!(decoder.buffered_bytes() <= bytes_max);
                match decoded {
                    Ok(Some(event)) => prop_assert!(event.data.len() <= bytes_max),
                    Ok(None) => break,
                    Err(_) => return Ok(()),
                }
            }
        }
    }

    #[test]
    fn cuts_do_not_change_what_is_too_large(stream in stream(), lengths in lengths(), bytes_max in 0..64usize) {
        let whole = read(&mut Decoder::new(bytes_max), [&stream[..]]);
        let cut = read(&mut Decoder::new(bytes_max), pieces(&stream, &lengths));
        prop_assert_eq!(whole, cut);
    }

    #[test]
    fn any_cursor_is_read_or_refused(
        header in option::of(vec(any::<u8>(), 0..20)),
        query in option::of("(last_event_id|lastEventId|x)=([a-z%+&=]|%[0-9a-f]{2}|.){0,20}"),
    ) {
        if let Ok(Some(id)) = last_event_id(header.as_deref(), query.as_deref()) {
            let mut stream = Vec::new();
            write_fields(&mut stream, &id, None, b"x").unwrap();
            prop_assert_eq!(&read_whole(&stream).last_event_id, &*id);
        }
    }
}

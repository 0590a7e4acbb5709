//! Any path segment, query and header values: read or refused, never a panic, and what was read
//! as a cursor can be written and read again.

#![no_main]

use fanfare_hub::Start;
use fanfare_relay::{Query, channels, cursor, read_draft, read_starts};
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

const HEADERS: [&str; 9] = [
    "accept",
    "content-type",
    "etag",
    "fanfare-ttl",
    "idempotency-key",
    "if-modified-since",
    "if-none-match",
    "last-event-id",
    "x-eventsource-event",
];

fuzz_target!(|data: &[u8]| {
    let mut fields = data.split(|byte| *byte == 0);
    let text = |field: Option<&[u8]>| String::from_utf8_lossy(field.unwrap_or_default()).into_owned();
    let (segment, query) = (text(fields.next()), text(fields.next()));
    let mut headers = HeaderMap::new();
    for (name, value) in HEADERS.iter().zip(fields) {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(*name, value);
        }
    }
    let names = channels::split(&segment).unwrap_or_default();
    let query = Query::new(&query);
    let _ = read_draft(&headers, query, Default::default());
    let Ok(starts) = read_starts(&headers, query, names.len().max(1), Start::Oldest) else {
        return;
    };
    let cursors: Vec<_> = starts
        .iter()
        .map(|start| match start {
            Start::After(id) => Some(*id),
            _ => None,
        })
        .collect();
    if cursors.iter().all(Option::is_some) {
        assert_eq!(cursor::read(&cursor::write(cursors.iter().copied()), cursors.len()), Some(cursors));
    }
});

//! The crate seen from outside: the codec, bytes in and events out and the other way round; streams
//! as bodies; and both over real connections.

#![allow(
    clippy::unwrap_used,
    reason = "clippy's allowance for tests does not reach the functions that tests call"
)]

use std::time::Duration;

use fanfare_sse::{DecodeError, Decoder, MessageEvent};

mod bodies;
#[cfg(feature = "client")]
mod client;
mod cursors;
mod decoding;
mod encoding;
mod injection;
mod payloads;
mod properties;
mod requests;
mod rig;
mod senders;
mod serving;
mod size;
#[cfg(feature = "hub")]
mod subscribing;

/// What somebody knows who has read a stream to its end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    events: Vec<MessageEvent>,
    last_event_id: String,
    retry: Option<Duration>,
}

/// Feeds `pieces` to `decoder` and ends the stream.
fn read<'a>(
    decoder: &mut Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Seen, DecodeError> {
    let mut events = Vec::new();
    for mut input in pieces {
        while let Some(event) = decoder.decode(&mut input)? {
            events.push(event);
        }
        assert!(input.is_empty(), "`None` means that everything was taken");
    }
    decoder.end_of_stream();
    Ok(Seen {
        events,
        last_event_id: decoder.last_event_id().to_owned(),
        retry: decoder.retry(),
    })
}

/// Reads `stream` whole.
fn read_whole(stream: &[u8]) -> Seen {
    read(&mut Decoder::default(), [stream]).expect("the stream is small")
}

/// Reads `stream` whole, in single bytes, and in two pieces cut at each place, and holds all of
/// them to the same result.
fn read_every_way(stream: &[u8]) -> Seen {
    let seen = read_whole(stream);
    let bytewise = read(&mut Decoder::default(), stream.chunks(1)).expect("the stream is small");
    assert_eq!(bytewise, seen, "in single bytes");
    for at in 0..=stream.len() {
        let (head, tail) = stream.split_at(at);
        let halves = read(&mut Decoder::default(), [head, tail]).expect("the stream is small");
        assert_eq!(halves, seen, "cut at {at}");
    }
    seen
}

fn event(event_type: &'static str, data: &str, last_event_id: &str) -> MessageEvent {
    MessageEvent {
        event_type: event_type.into(),
        data: data.to_owned(),
        last_event_id: last_event_id.to_owned(),
    }
}

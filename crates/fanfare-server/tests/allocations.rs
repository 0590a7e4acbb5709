//! What an idle subscriber allocates, counted by the allocator: each transport, parked in a shard.
//!
//! A binary of its own, because the counting allocator is that of the whole process. The same from
//! outside, with kernel and real sockets, is in `tests/it/memory.rs`.

use std::alloc::System;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{
    Admission, ChannelName, Hub, Inbox, MemoryEngine, MemoryLimits, Start, Timestamp, Wake,
};
use fanfare_link::{
    Framing, Front, Hold, Laggard, LinkLimits, Now, Protocol, Shard, Socket, Tick, Verdict, Via,
};
use fanfare_relay::{PollMode, Profile, Validators};
use fanfare_server::adapters::{
    Ndjson, Poll, PollSettings, SocketSettings, Sse, SseSettings, SubscriberSocket,
};
use http::Response;
use http::request::Parts;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The budget of the design, tables with room to grow included.
const BYTES_PER_SUBSCRIBER_MAX: usize = 512;

const SUBSCRIBERS: usize = 5_000;

const MINUTE: Duration = Duration::from_secs(60);

/// Takes everything and says nothing.
struct Silent;

impl Socket for Silent {
    fn receive(&mut self, _into: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn send(&mut self, piece: &Bytes, offset: usize) -> io::Result<usize> {
        Ok(piece.len() - offset)
    }

    fn send_all(&mut self, pieces: &[Bytes], offset: usize) -> io::Result<usize> {
        Ok(pieces.iter().map(Bytes::len).sum::<usize>() - offset)
    }
}

struct Closed;

impl Front for Closed {
    fn route(&self, _request: &Parts, _via: Via) -> Verdict {
        Verdict::Pass
    }
}

struct Unheard;

impl Wake for Unheard {
    fn wake(&self) {}
}

fn hold(protocol: Box<dyn Protocol>) -> Hold {
    Hold {
        head: Some(Response::new(())),
        protocol,
        places: vec![(ChannelName::new("news").expect("a name"), Start::Newest)],
        admission: Admission::Broadcast,
        refusal: Box::new(|_| Response::new(Bytes::new())),
        laggard: Laggard::Tell,
    }
}

/// Bytes that each of many subscribers has allocated while it waits.
#[expect(
    clippy::print_stdout,
    reason = "the figure is for whoever asks with `--nocapture`"
)]
fn check(transport: &str, make: impl Fn() -> Box<dyn Protocol>) {
    let now = Now {
        tick: Tick(1),
        wall: Timestamp::from_seconds(1_700_000_000),
    };
    let engine = MemoryEngine::new(MemoryLimits::default(), now.wall);
    let hub = Hub::new(Arc::new(engine), 0);
    let inbox = Inbox::new(Box::new(Unheard));
    let mut shard = Shard::new(hub, Arc::new(Closed), inbox, LinkLimits::default(), 1, now);
    let region = Region::new(GLOBAL);
    for _ in 0..SUBSCRIBERS {
        shard.adopt(Silent, hold(make()), now);
        while shard.turn(now) {}
    }
    let change = region.change();
    let grown = change.bytes_allocated as isize + change.bytes_reallocated
        - change.bytes_deallocated as isize;
    let each = usize::try_from(grown).unwrap_or(0) / SUBSCRIBERS;
    println!("{transport}: {each} bytes allocated for each of {SUBSCRIBERS} subscribers");
    assert!(
        each > 0 && each <= BYTES_PER_SUBSCRIBER_MAX,
        "{transport}: {each} bytes for each"
    );
    assert_eq!(shard.len(), SUBSCRIBERS);
}

// One test, because what other tests allocate at the same time would be counted too.
#[test]
fn idle_subscribers_are_small_on_every_transport() {
    let framing = Framing::Chunked;
    check("event stream", || {
        let settings = SseSettings {
            keep_alive: MINUTE,
            retry: MINUTE,
            tells_place: false,
        };
        Box::new(Sse::new(framing, settings))
    });
    check("lines of JSON", || Box::new(Ndjson::new(framing, MINUTE)));
    check("WebSocket", || {
        let settings = SocketSettings {
            message_bytes_max: 1 << 20,
            deflate: None,
            ping: MINUTE,
        };
        Box::new(SubscriberSocket::new(settings, true))
    });
    check("long-poll", || {
        Box::new(Poll::new(PollSettings {
            profile: Profile::Relay,
            mode: PollMode::Long,
            timeout: Some(MINUTE),
            echo: Validators::default(),
            tells_place: true,
            origin: None,
        }))
    });
}

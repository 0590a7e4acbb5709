//! Each adapter in a shard, between a hub in memory and a socket in memory: what goes out is
//! compared byte for byte, and time moves by hand.

mod multipart;
mod multiplex;
mod ndjson;
mod poll;
mod raw_stream;
mod sse;
mod websocket;

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use fanfare_hub::{
    Admission, ChannelName, Deletion, Draft, HistoryLimits, Hub, Inbox, MemoryEngine, MemoryLimits,
    MessageId, Pending, Start, Timestamp, Wake,
};
use fanfare_link::{
    Framing, Front, Hold, Key, Laggard, LinkLimits, Now, Protocol, Shard, Socket, Tick, Verdict,
    Via,
};
use http::request::Parts;
use http::{Response, StatusCode};

use super::*;

/// The second in which every test begins: Thu, 20 Nov 2025 23:06:40 GMT.
const BEGIN: u64 = 1_763_680_000;

/// So many messages at once overflow the inbox: the shard has to read on from the engine.
const INBOX_ITEMS: usize = 8;

const DATE: &str = "Thu, 20 Nov 2025 23:06:40 GMT";

/// A hub, a shard, and a clock that stands still.
struct Stage {
    hub: Hub,
    shard: Shard<Wire>,
    holds: Arc<Holds>,
    now: Now,
}

/// The other end of a connection.
#[derive(Clone)]
struct Peer {
    key: Key,
    wire: Wire,
}

/// How a peer asks, and where it begins.
struct Asks<'a> {
    over: Over,
    head: Option<Response<()>>,
    places: &'a [(&'a str, Start)],
    laggard: Laggard,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Http10,
    Http11,
    Http2,
}

#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Line>>);

#[derive(Default)]
struct Line {
    incoming: VecDeque<u8>,
    pieces: Vec<Bytes>,
    response: Option<Response<Bytes>>,
    is_finished: bool,
    is_reset: bool,
}

/// A front that hands out what the test has laid ready.
#[derive(Default)]
struct Holds(Mutex<Vec<Hold>>);

struct NoWake;

impl Stage {
    fn new() -> Self {
        Self::with_history(HistoryLimits::default())
    }

    /// A hub that keeps no messages.
    fn without_history() -> Self {
        Self::with_history(HistoryLimits {
            messages: 0,
            ..HistoryLimits::default()
        })
    }

    fn with_history(history: HistoryLimits) -> Self {
        let limits = MemoryLimits {
            history,
            ..MemoryLimits::default()
        };
        let engine = MemoryEngine::new(limits, Timestamp::from_seconds(BEGIN - 1000));
        let hub = Hub::new(Arc::new(engine), 0);
        let now = Now {
            tick: Tick(100),
            wall: Timestamp::from_seconds(BEGIN),
        };
        let holds = Arc::new(Holds::default());
        let shard = Shard::new(
            hub.clone(),
            Arc::clone(&holds) as _,
            Inbox::bounded(Box::new(NoWake), INBOX_ITEMS, usize::MAX),
            LinkLimits {
                channels_max: 3,
                ..LinkLimits::default()
            },
            1,
            now,
        );
        Self {
            hub,
            shard,
            holds,
            now,
        }
    }

    fn hold(&mut self, protocol: impl Protocol + 'static, asks: Asks<'_>) -> Peer {
        let hold = Hold {
            head: asks.head,
            protocol: Box::new(protocol),
            places: asks
                .places
                .iter()
                .map(|(name, start)| (channel(name), *start))
                .collect(),
            admission: Admission::Broadcast,
            refusal: Box::new(|_| Response::new(Bytes::new())),
            laggard: asks.laggard,
        };
        let wire = Wire::default();
        let key = match asks.over {
            Over::Http2 => self.shard.adopt(wire.clone(), hold, self.now),
            over => {
                self.holds.0.lock().unwrap().push(hold);
                let version = if over == Over::Http10 { "1.0" } else { "1.1" };
                let head = format!("GET / HTTP/{version}\r\nhost: test\r\n\r\n");
                self.shard.accept(wire.clone(), head.as_bytes(), self.now)
            }
        };
        self.settle();
        Peer { key, wire }
    }

    fn publish(&mut self, name: &str, draft: Draft) -> MessageId {
        let published = self.hub.publish(&channel(name), draft, self.now.wall);
        let Pending::Ready(Ok(receipt)) = published else {
            panic!("the engine in memory answers at once: {published:?}");
        };
        self.settle();
        receipt.id
    }

    fn delete(&mut self, name: &str) {
        assert!(matches!(
            self.hub.delete(&channel(name), self.now.wall),
            Pending::Ready(Ok(Deletion { info: Some(_), .. }))
        ));
        self.settle();
    }

    /// Lets a newcomer in who wants the channel for itself.
    fn take_over(&mut self, name: &str) {
        let inbox = Inbox::new(Box::new(NoWake));
        self.hub
            .join(&channel(name), &inbox, Admission::Last, self.now.wall)
            .unwrap();
        self.settle();
    }

    /// Publishes what readers get live, then more than the inbox holds: if nothing is stored, they
    /// are told of a gap.
    fn overflow(&mut self, name: &str) {
        for _ in 0..=INBOX_ITEMS {
            drop(self.hub.publish(&channel(name), draft("x"), self.now.wall));
        }
        self.settle();
    }

    /// Makes every message so far unavailable, as if a reader had been away for too long.
    fn forget(&mut self, name: &str) {
        let nothing = HistoryLimits {
            messages: 0,
            ..HistoryLimits::default()
        };
        // Nobody is told of this one: the history is empty from here on.
        let unheard = Draft {
            history: Some(nothing),
            ..Draft::default()
        };
        drop(self.hub.publish(&channel(name), unheard, self.now.wall));
    }

    fn wait(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now.tick.0 += 1;
            self.now.wall = self.now.wall.plus(Duration::from_secs(1));
            self.shard.tick(self.now);
            self.settle();
        }
    }

    fn say(&mut self, peer: &Peer, bytes: &[u8]) {
        peer.wire.0.borrow_mut().incoming.extend(bytes);
        self.shard.readable(peer.key, self.now);
        self.settle();
    }

    fn shut_down(&mut self) {
        self.shard.drain(usize::MAX, self.now);
    }

    fn settle(&mut self) {
        while self.shard.turn(self.now) {}
    }
}

impl Peer {
    /// What has arrived since the last time.
    fn bytes(&self) -> Vec<u8> {
        std::mem::take(&mut self.wire.0.borrow_mut().pieces).concat()
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }

    /// The same in the pieces in which it was sent.
    fn pieces(&self) -> Vec<Bytes> {
        std::mem::take(&mut self.wire.0.borrow_mut().pieces)
    }

    fn response(&self) -> Option<Response<Bytes>> {
        self.wire.0.borrow_mut().response.take()
    }

    /// Our side of the connection is closed in good order.
    fn is_finished(&self) -> bool {
        self.wire.0.borrow().is_finished
    }

    fn is_reset(&self) -> bool {
        self.wire.0.borrow().is_reset
    }

    fn is_open(&self) -> bool {
        !self.is_finished() && !self.is_reset()
    }
}

impl<'a> Asks<'a> {
    fn over(over: Over, head: Response<()>, places: &'a [(&'a str, Start)]) -> Self {
        Self {
            over,
            head: Some(head),
            places,
            laggard: Laggard::Tell,
        }
    }

    fn http11(head: Response<()>, places: &'a [(&'a str, Start)]) -> Self {
        Self::over(Over::Http11, head, places)
    }

    fn http10(head: Response<()>, places: &'a [(&'a str, Start)]) -> Self {
        Self::over(Over::Http10, head, places)
    }

    fn poll(places: &'a [(&'a str, Start)]) -> Self {
        Self {
            over: Over::Http11,
            head: None,
            places,
            laggard: Laggard::Tell,
        }
    }

    fn upgrade(places: &'a [(&'a str, Start)]) -> Self {
        let mut head = Response::new(());
        *head.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        Self::http11(head, places)
    }
}

impl Socket for Wire {
    fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let incoming = &mut self.0.borrow_mut().incoming;
        if incoming.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        io::Read::read(incoming, into)
    }

    fn send(&mut self, piece: &Bytes, offset: usize) -> io::Result<usize> {
        self.0.borrow_mut().pieces.push(piece.slice(offset..));
        Ok(piece.len() - offset)
    }

    fn send_all(&mut self, pieces: &[Bytes], offset: usize) -> io::Result<usize> {
        assert_eq!(offset, 0, "this socket takes everything");
        self.0.borrow_mut().pieces.extend_from_slice(pieces);
        Ok(pieces.iter().map(Bytes::len).sum())
    }

    fn respond(&mut self, response: Response<Bytes>) {
        self.0.borrow_mut().response = Some(response);
    }

    fn finish(&mut self) {
        self.0.borrow_mut().is_finished = true;
    }

    fn reset(&mut self) {
        self.0.borrow_mut().is_reset = true;
    }
}

impl Front for Holds {
    fn route(&self, _request: &Parts, _via: Via) -> Verdict {
        self.0
            .lock()
            .unwrap()
            .pop()
            .map_or(Verdict::Pass, Verdict::Hold)
    }
}

impl Wake for NoWake {
    fn wake(&self) {}
}

fn channel(name: &str) -> ChannelName {
    ChannelName::new(name).unwrap()
}

fn draft(payload: impl Into<Bytes>) -> Draft {
    Draft::new(payload)
}

fn typed(payload: impl Into<Bytes>, content_type: &str) -> Draft {
    Draft {
        content_type: Some(content_type.into()),
        ..Draft::new(payload)
    }
}

fn named(payload: impl Into<Bytes>, event: &str) -> Draft {
    Draft {
        event: Some(event.into()),
        ..Draft::new(payload)
    }
}

/// A chunk as it stands on the wire.
fn chunked(frame: &str) -> String {
    format!("{:x}\r\n{frame}\r\n", frame.len())
}

#[test]
fn an_idle_subscriber_costs_little() {
    for (name, bytes) in [
        ("Sse", size_of::<Sse>()),
        ("Ndjson", size_of::<Ndjson>()),
        ("RawStream", size_of::<RawStream>()),
        ("SubscriberSocket", size_of::<SubscriberSocket>()),
        ("Poll", size_of::<Poll>()),
    ] {
        assert!(bytes <= 64, "{name} has {bytes} bytes");
    }
    assert!(size_of::<Multipart>() <= 96);
    assert!(size_of::<Multiplex>() <= 192);
}

#[test]
fn kinds_have_numbers_and_names_of_their_own() {
    let numbers: HashSet<u8> = KINDS.iter().map(|(kind, _)| kind.0).collect();
    let names: HashSet<&str> = KINDS.iter().map(|(_, name)| *name).collect();
    assert_eq!((numbers.len(), names.len()), (KINDS.len(), KINDS.len()));
    assert!(
        numbers
            .iter()
            .all(|number| usize::from(*number) < Kind::COUNT)
    );
}

//! The hub against a model that remembers everything.
//!
//! Whatever publishers, readers, operators and the clock do, in any order:
//! - the ids of a channel only grow, across deletion, forgetting and clock steps;
//! - a reader gets messages in the order of their ids and none twice;
//! - a message that a reader did not get lies in a [`Gap`](fanfare_hub::Gap) it was told of;
//! - a reader that missed nothing is told of no gap. Three exceptions, all on the safe side: its
//!   cursor was not given out by this hub in this life, the channel was deleted since, or it was
//!   forgotten since (its first id afterwards may leap over ids of other channels);
//! - every bound holds after every step, and what is counted equals what is there.

mod naive;
mod reader;
mod world;

use std::time::Duration;

use fanfare_hub::{Admission, HistoryLimits, MemoryLimits, MessageId, PageLimit, Start};
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;

use crate::rig::{IDLE, STARTED, id};
use world::World;

const CHANNELS: usize = 3;
const READERS: usize = 3;

#[derive(Clone, Debug)]
enum Operation {
    /// The page that a reader asked for comes, and it reads on from there to the head.
    Answer {
        reader: usize,
    },
    /// A reader asks for a page, which comes later.
    Ask {
        reader: usize,
    },
    /// The clock moves by so many milliseconds, also backwards.
    Clock(i64),
    Collect,
    Create {
        channel: usize,
    },
    Delete {
        channel: usize,
    },
    Join(Join),
    /// A reader goes away and keeps its cursor.
    Leave {
        reader: usize,
    },
    Publish {
        channel: usize,
        post: Post,
    },
    Read {
        channel: usize,
        begin: Begin,
        limit: (usize, usize),
    },
    /// A reader takes what waits in its inbox.
    Take {
        reader: usize,
    },
}

#[derive(Clone, Debug)]
struct Join {
    reader: usize,
    channel: usize,
    admission: Admission,
    begin: Begin,
}

#[derive(Clone, Debug)]
struct Post {
    payload_bytes: usize,
    ttl: Option<u64>,
    history: Option<HistoryLimits>,
    key: Option<u8>,
}

/// Where somebody begins to read.
#[derive(Clone, Copy, Debug)]
enum Begin {
    /// With the cursor it left with, if it has one.
    Back,
    /// With a cursor that an earlier process gave out.
    EarlierLife,
    /// With a cursor that lies ahead of everything.
    Future,
    /// With a cursor that may or may not be an id, so many seconds into this life.
    Near(u64, u32),
    /// Without a cursor.
    Without(Start),
}

impl Begin {
    fn start(self, left: Option<MessageId>) -> Start {
        match self {
            Self::Back => left.map_or(Start::Oldest, Start::After),
            Self::EarlierLife => Start::After(id(STARTED - 500, 1)),
            Self::Future => Start::After(id(STARTED + 1_000_000, 0)),
            Self::Near(seconds, tag) => Start::After(id(STARTED + seconds, tag)),
            Self::Without(start) => start,
        }
    }
}

fn page_limit((messages, bytes): (usize, usize)) -> PageLimit {
    PageLimit { messages, bytes }
}

fn begin() -> impl Strategy<Value = Begin> {
    let seconds = (0u64..40).prop_map(Duration::from_secs);
    prop_oneof![
        4 => Just(Begin::Back),
        1 => Just(Begin::EarlierLife),
        1 => Just(Begin::Future),
        2 => (0u64..60, 0u32..5).prop_map(|(seconds, tag)| Begin::Near(seconds, tag)),
        1 => Just(Begin::Without(Start::Newest)),
        1 => Just(Begin::Without(Start::Oldest)),
        1 => (0usize..5).prop_map(|count| Begin::Without(Start::Last(count))),
        1 => seconds.prop_map(|age| Begin::Without(Start::Within(age))),
    ]
}

fn history() -> impl Strategy<Value = HistoryLimits> {
    (0usize..6, 0u64..40, 0usize..2000).prop_map(|(messages, age, bytes)| HistoryLimits {
        messages,
        age: Duration::from_secs(age),
        bytes,
    })
}

fn post() -> impl Strategy<Value = Post> {
    let key = weighted(0.3, 0u8..4);
    let parts = (0usize..400, of(0u64..20), weighted(0.1, history()), key);
    parts.prop_map(|(payload_bytes, ttl, history, key)| Post {
        payload_bytes,
        ttl,
        history,
        key,
    })
}

fn join() -> impl Strategy<Value = Join> {
    let admission = prop_oneof![
        8 => Just(Admission::Broadcast),
        1 => Just(Admission::First),
        1 => Just(Admission::Last),
    ];
    let parts = (0..READERS, 0..CHANNELS, admission, begin());
    parts.prop_map(|(reader, channel, admission, begin)| Join {
        reader,
        channel,
        admission,
        begin,
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let limit = (0usize..4, 0usize..600);
    prop_oneof![
        3 => (0..READERS).prop_map(|reader| Operation::Answer { reader }),
        3 => (0..READERS).prop_map(|reader| Operation::Ask { reader }),
        4 => (0i64..8000).prop_map(Operation::Clock),
        1 => (-20_000i64..20_000).prop_map(Operation::Clock),
        2 => Just(Operation::Collect),
        1 => (0..CHANNELS).prop_map(|channel| Operation::Create { channel }),
        1 => (0..CHANNELS).prop_map(|channel| Operation::Delete { channel }),
        4 => join().prop_map(Operation::Join),
        1 => (0..READERS).prop_map(|reader| Operation::Leave { reader }),
        12 => (0..CHANNELS, post())
            .prop_map(|(channel, post)| Operation::Publish { channel, post }),
        3 => (0..CHANNELS, begin(), limit)
            .prop_map(|(channel, begin, limit)| Operation::Read { channel, begin, limit }),
        6 => (0..READERS).prop_map(|reader| Operation::Take { reader }),
    ]
}

fn limits() -> impl Strategy<Value = MemoryLimits> {
    let bytes_max = prop_oneof![1 => Just(1 << 20), 2 => 0usize..5000];
    (history(), bytes_max).prop_map(|(history, bytes_max)| MemoryLimits {
        history,
        bytes_max,
        // Readers may make half as many.
        channels_max: 2 * CHANNELS,
        idle: IDLE,
    })
}

proptest! {
    #[test]
    fn agrees_with_a_model_that_remembers_everything(
        limits in limits(),
        operations in vec(operation(), 1..120),
    ) {
        let mut world = World::new(limits);
        for operation in operations {
            world.apply(operation);
            world.check();
        }
        world.finish();
    }
}

//! One cursor for every transport: readers change transports in mid-stream, are cut wherever it
//! happens, and still have the same sequence.

mod hop;

use std::time::Duration;

use fanfare_testkit::dice::Dice;
use fanfare_testkit::server::Server;

use self::hop::{Hop, Seen};
use crate::support::{Id, Publisher, launch};

const MESSAGES: u32 = 10_000;

/// Seeds of the readers. Each has its own order of transports and its own cuts.
const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// How many messages are read over one connection.
const MESSAGES_PER_HOP: std::ops::Range<u64> = 1..400;

/// Of these, at most so many over polls, which take a request each.
const POLLS_PER_HOP: std::ops::Range<u64> = 1..40;

/// Messages published before the readers begin; the rest comes while they read.
const STORED_FIRST: u32 = 2_000;

/// Reads the whole channel, hop by hop.
fn read_all(server: &Server, seed: u64) -> Vec<Seen> {
    let mut dice = Dice::new(seed);
    let mut seen: Vec<Seen> = Vec::new();
    while seen.len() < MESSAGES as usize {
        let transport = *dice.one_of(&Hop::ALL);
        let range = if transport == Hop::Poll {
            POLLS_PER_HOP
        } else {
            MESSAGES_PER_HOP
        };
        let left = MESSAGES as usize - seen.len();
        let count = left.min(dice.within(range) as usize);
        let cursor = seen.last().map(|last| last.id);
        let before = seen.len();
        transport.read(server, "c", cursor, count, &mut seen);
        assert_eq!(
            seen.len(),
            before + count,
            "seed {seed}, {transport:?} after {cursor:?}"
        );
    }
    seen
}

#[test]
fn readers_that_change_transports_miss_nothing_and_hear_nothing_twice() {
    let server = launch()
        .set("limits.history_messages=20000")
        .set("limits.history_bytes=64MiB")
        .life_time_max(Duration::from_mins(5))
        .start();
    let mut publisher = Publisher::connect(&server);
    let mut ids: Vec<Id> = Vec::new();
    let mut publish = |numbers: std::ops::Range<u32>| {
        ids.extend(numbers.map(|number| publisher.publish("c", &number.to_string())));
    };
    publish(0..STORED_FIRST);
    let read: Vec<Vec<Seen>> = std::thread::scope(|scope| {
        let server = &server;
        let readers: Vec<_> = SEEDS
            .map(|seed| scope.spawn(move || read_all(server, seed)))
            .into();
        publish(STORED_FIRST..MESSAGES);
        readers
            .into_iter()
            .map(|reader| reader.join().expect("a reader fails with a reason"))
            .collect()
    });
    for (seen, seed) in read.iter().zip(SEEDS) {
        for (number, (one, id)) in seen.iter().zip(&ids).enumerate() {
            assert_eq!(
                (one.id, &*one.text),
                (*id, &*number.to_string()),
                "seed {seed}"
            );
        }
        assert_eq!(seen.len(), ids.len(), "seed {seed}");
    }
}

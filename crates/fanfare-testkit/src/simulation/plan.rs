//! What a run is made of, drawn from its seed.

use std::time::Duration;

use fanfare_hub::HistoryLimits;
use fanfare_link::LinkLimits;

use crate::dice::Dice;

/// The size of a run, its bounds, and how much goes wrong in its stormy part.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Where everything else comes from.
    pub seed: u64,
    /// Shards on the one hub.
    pub shards: u64,
    /// Channels, beside the one that takes a single reader at a time.
    pub channels: u64,
    /// Readers.
    pub readers: usize,
    /// Connections that come, ask a few things and go.
    pub visitors: u64,
    /// Milliseconds of storm.
    pub storm_millis: u64,
    /// Bounds of connections, small enough to be reached.
    pub limits: LinkLimits,
    /// What a channel keeps, unless a message says otherwise.
    pub history: HistoryLimits,
    /// Bytes that the engine keeps in all.
    pub engine_bytes: usize,
    /// Messages and bytes in a shard's inbox.
    pub inbox: (usize, usize),
    /// Bytes in a connection's send buffer, at most.
    pub send_buffer_max: u64,
    /// Of a hundred calls of the engine so many are late, and so many fail.
    pub engine_trouble: (u64, u64),
    /// Of a hundred thousand steps of a connection so many break it.
    pub cuts: u64,
    /// Of a hundred thousand steps of a connection so many make it fall silent.
    pub silences: u64,
    /// Of a hundred thousand steps of a reader so many make it stall.
    pub stalls: u64,
    /// Channels are deleted, and idle ones are forgotten.
    pub forgets: bool,
    /// The wall clock is set ahead and back.
    pub steps_clock: bool,
    /// Shards are drained and replaced.
    pub replaces_shards: bool,
}

/// The two parts of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Nothing goes wrong of its own accord any more.
    Calm,
    /// Everything goes wrong that may.
    Storm,
}

impl Plan {
    /// The plan of a seed.
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let dice = &mut dice;
        Self {
            seed,
            shards: dice.within(1..4),
            channels: dice.within(1..6),
            readers: usize::try_from(dice.within(2..25)).unwrap_or(2),
            visitors: dice.within(0..4),
            storm_millis: dice.within(10_000..60_000),
            limits: limits(dice),
            history: HistoryLimits {
                messages: *dice.one_of(&[0, 1, 3, 10, 50]),
                age: Duration::from_secs(*dice.one_of(&[2, 10, 3600])),
                bytes: *dice.one_of(&[2000, 20_000, 1 << 20]),
            },
            engine_bytes: *dice.one_of(&[5000, 50_000, 1 << 24]),
            inbox: (
                *dice.one_of(&[1, 4, 16, 1000]),
                *dice.one_of(&[500, 5000, 1 << 20]),
            ),
            send_buffer_max: *dice.one_of(&[100, 1000, 20_000]),
            engine_trouble: *dice.one_of(&[(0, 0), (0, 0), (30, 0), (60, 20), (5, 40)]),
            cuts: *dice.one_of(&[0, 50, 500]),
            silences: *dice.one_of(&[0, 0, 50]),
            stalls: *dice.one_of(&[0, 100, 500]),
            forgets: dice.within(0..3) == 0,
            steps_clock: dice.within(0..3) == 0,
            replaces_shards: dice.within(0..3) == 0,
        }
    }
}

fn limits(dice: &mut Dice) -> LinkLimits {
    LinkLimits {
        head_bytes_max: 400,
        half_open_max: *dice.one_of(&[2, 100]),
        head_time: Duration::from_secs(5),
        keep_alive_time: Duration::from_secs(20),
        backlog_bytes_max: *dice.one_of(&[100, 1000, 100_000]),
        write_time: Duration::from_secs(*dice.one_of(&[3, 10])),
        channels_max: usize::try_from(dice.within(1..6)).unwrap_or(1),
        ..LinkLimits::default()
    }
}

//! Under which a figure was measured.

use std::fmt;
use std::fs;
use std::thread;

use serde::Serialize;

use super::contestant::Starter;
use super::options::Options;

/// Without these a figure means nothing.
#[derive(Debug, Serialize)]
pub(super) struct Conditions {
    pub(super) cores: usize,
    pub(super) processor: String,
    pub(super) kernel: String,
    pub(super) rounds: usize,
    pub(super) is_quick: bool,
    pub(super) shards: usize,
    /// Of the last minute; the bench itself adds up to 2.
    pub(super) load_average_before: String,
    pub(super) load_average_after: String,
    /// The versions of what was compared.
    pub(super) neighbours: String,
}

impl Conditions {
    pub(super) fn now(options: &Options, starter: &Starter) -> Self {
        Self {
            cores: thread::available_parallelism().map_or(0, usize::from),
            processor: processor().unwrap_or_default(),
            kernel: first_word("/proc/sys/kernel/osrelease"),
            rounds: options.rounds,
            is_quick: options.is_quick,
            shards: options.shards,
            load_average_before: first_word("/proc/loadavg"),
            load_average_after: String::new(),
            neighbours: starter.neighbours(),
        }
    }

    pub(super) fn finish(&mut self) {
        self.load_average_after = first_word("/proc/loadavg");
    }

    /// True if there was more to do than cores to do it, before the bench began.
    fn is_busy(&self) -> bool {
        let load: f64 = self.load_average_before.parse().unwrap_or(0.0);
        u32::try_from(self.cores).is_ok_and(|cores| load > f64::from(cores))
    }
}

impl fmt::Display for Conditions {
    /// For a person who reads the figures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cores,
            processor,
            kernel,
            rounds,
            shards,
            load_average_before: before,
            load_average_after: after,
            neighbours,
            ..
        } = self;
        writeln!(
            f,
            "{rounds} rounds; {cores} cores, {processor}, Linux {kernel}; load average {before} \
             before, {after} after; loopback."
        )?;
        if self.is_busy() {
            writeln!(
                f,
                "The machine was busy with other work: times from publish to delivery say little."
            )?;
        }
        writeln!(f, "fanfare: {shards} shard(s). {neighbours}.")?;
        write!(
            f,
            "A ratio is what fanfare takes by what the other, or the better of the others, took in \
             the same round: the median of the rounds' ratios."
        )
    }
}

fn first_word(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .next()
        .unwrap_or("unknown")
        .to_owned()
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

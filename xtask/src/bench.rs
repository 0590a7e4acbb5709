//! `cargo xtask bench`: what the server costs, against the least that could do its work and
//! against Nchan.
//!
//! Everything runs on this machine over loopback: a server ([`contestant`]), and a process that
//! plays all of its clients ([`load`]). Each scenario gets a server of its own, and the servers
//! take turns within each round, so that whatever else the machine does weighs on all of them. The
//! table shows medians over the rounds, and ratios taken within rounds. What a row counts is
//! written at [`row::Row`].
//!
//! A server with one shard is compared, as floor and Nchan have one thread too. So have the servers
//! of Socket.IO that `bench socketio` compares it with.

mod conditions;
mod contestant;
pub(crate) mod floor;
pub(crate) mod load;
mod nchan;
mod options;
mod plan;
mod process;
mod row;
mod scenario;
mod socketio;
mod statistics;
mod table;

use std::env;
use std::fs;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::cargo::output;
use conditions::Conditions;
use contestant::{Contestant, Starter};
use options::Options;
use plan::{Findings, Order};
use scenario::Scenario;
use table::Table;

/// Measures what was asked for, and prints the table; fails if a message was lost, repeated or
/// out of order, or a server could not be measured.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let options = Options::parse(arguments)?;
    let starter = Starter::prepare(&options)?;
    let contestants = starter.contestants();

    let mut conditions = Conditions::now(&options, &starter);
    let mut table = Table::new(&contestants);
    for round in 0..options.rounds {
        for scenario in &options.scenarios {
            for contestant in turns(&contestants, round) {
                let begin = Instant::now();
                let measured = measure(&starter, contestant, *scenario, options.is_quick);
                eprintln!(
                    "round {} of {}: {} on {}, {:.1} s",
                    round + 1,
                    options.rounds,
                    scenario.name(),
                    contestant.name(),
                    begin.elapsed().as_secs_f64(),
                );
                match measured {
                    Ok(findings) => table.add(contestant, round, &findings),
                    Err(error) => table.fail(contestant, *scenario, &error),
                }
            }
        }
    }
    conditions.finish();

    println!("{}", table.write(&conditions, &options));
    if let Some(path) = &options.json {
        fs::write(path, table.json(&conditions)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(if table.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The order of a round; each round begins with another one.
fn turns(contestants: &[Contestant], round: usize) -> Vec<Contestant> {
    let mut turns = contestants.to_vec();
    turns.rotate_left(round % contestants.len().max(1));
    turns
}

/// Runs one scenario against a fresh server.
fn measure(
    starter: &Starter,
    contestant: Contestant,
    scenario: Scenario,
    is_quick: bool,
) -> Result<Findings> {
    let server = starter.start(contestant)?;
    let order = Order {
        address: server.address,
        server: server.processes,
        plan: scenario.plan(is_quick),
    };
    let order = serde_json::to_string(&order)?;
    let program = env::current_exe().context("cannot find this program")?;
    let findings = output(Command::new(program).args(["load", &order]))?;
    serde_json::from_str(&findings).context("the load printed something else than expected")
}

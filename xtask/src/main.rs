//! Tasks of this repository.
//!
//! - `cargo xtask tidy` checks what compilers and lints cannot: who may depend on whom, and that
//!   nothing unfinished or private is left lying about. See [`tidy`].
//! - `cargo xtask api` checks whose types the libraries show. See [`mod@api`].
//! - `cargo xtask bench` measures the server against the least that could do its work, and against
//!   Nchan or other servers of Socket.IO. See [`mod@bench`].
//!
//! `floor` and `load` are parts of the bench that it runs as processes of their own.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tasks speak to a person at a terminal"
)]

mod api;
mod bench;
mod cargo;
mod tidy;

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
Usage:
  cargo xtask tidy
  cargo xtask api
  cargo xtask bench [relay|websocket|sse|poll|latency|slow]… [--libraries] [--quick]
                    [--rounds N] [--shards N] [--server FILE] [--json FILE]
  cargo xtask bench socketio [--quick] [--rounds N] [--server FILE] [--json FILE]";

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some((task, rest)) = arguments.split_first() else {
        bail!("which task?\n{USAGE}");
    };
    match (task.as_str(), rest) {
        ("tidy", []) => tidy::run(),
        ("api", []) => api::run(),
        ("bench", options) => bench::run(options),
        ("floor", []) => bench::floor::run(),
        ("load", [order]) => bench::load::run(order),
        _ => bail!("`{}` is not a task\n{USAGE}", arguments.join(" ")),
    }
}

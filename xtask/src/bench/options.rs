//! What was asked for.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};

use super::scenario::Scenario;

/// Rounds of a whole run; with three a median is not one of two extremes.
const ROUNDS: usize = 3;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) scenarios: Vec<Scenario>,
    /// Compare libraries instead of servers: event streams only.
    pub(super) libraries: bool,
    /// Socket.IO, beside other servers of it.
    pub(super) socketio: bool,
    /// Fewer connections and a single round: whether it works, not how fast.
    pub(super) is_quick: bool,
    pub(super) rounds: usize,
    /// Of our server.
    pub(super) shards: usize,
    /// A server of ours to measure instead of the one that is built from here.
    pub(super) server: Option<PathBuf>,
    /// Where to write the figures for programs.
    pub(super) json: Option<PathBuf>,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            scenarios: Vec::new(),
            libraries: false,
            socketio: false,
            is_quick: false,
            rounds: 0,
            shards: 1,
            server: None,
            json: None,
        };
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .with_context(|| format!("{argument} what?"))
            };
            match argument {
                "--json" => options.json = Some(value()?.into()),
                "--libraries" => options.libraries = true,
                "--quick" => options.is_quick = true,
                "--rounds" => options.rounds = positive(argument, value()?)?,
                "--server" => options.server = Some(value()?.into()),
                "--shards" => options.shards = positive(argument, value()?)?,
                "socketio" => options.socketio = true,
                "relay" => options.scenarios.extend(Scenario::ALL),
                name => options.scenarios.push(scenario(name)?),
            }
        }
        if options.libraries {
            options.scenarios = vec![Scenario::Sse];
        }
        if options.socketio {
            ensure!(
                options.scenarios.is_empty(),
                "socketio is measured beside other servers than the rest, in a run of its own"
            );
            options.scenarios.extend(Scenario::SOCKET_IO);
        }
        if options.scenarios.is_empty() {
            options.scenarios.extend(Scenario::ALL);
        }
        if options.rounds == 0 {
            options.rounds = if options.is_quick { 1 } else { ROUNDS };
        }
        Ok(options)
    }
}

fn scenario(name: &str) -> Result<Scenario> {
    let known = Scenario::ALL.into_iter().find(|it| it.name() == name);
    let Some(scenario) = known else {
        let names = Scenario::ALL.map(Scenario::name).join(", ");
        bail!(
            "`{name}` is not measured; there are socketio, relay (all of the \
             following), {names}"
        );
    };
    Ok(scenario)
}

fn positive(name: &str, value: &str) -> Result<usize> {
    match value.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => bail!("{name} takes a number from 1, not `{value}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options> {
        let arguments: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&arguments)
    }

    #[test]
    fn everything_is_measured_unless_something_is_named() {
        assert_eq!(parse("").unwrap().scenarios, Scenario::ALL);
        assert_eq!(parse("relay").unwrap().scenarios, Scenario::ALL);
        assert_eq!(parse("poll").unwrap().scenarios, [Scenario::Poll]);
        assert_eq!(parse("socketio").unwrap().scenarios, Scenario::SOCKET_IO);
    }

    #[test]
    fn a_quick_run_has_one_round_unless_more_are_asked_for() {
        assert_eq!(parse("").unwrap().rounds, ROUNDS);
        assert_eq!(parse("--quick").unwrap().rounds, 1);
        assert_eq!(parse("--rounds 5 --quick").unwrap().rounds, 5);
    }

    #[test]
    fn mistakes_are_told() {
        for text in [
            "--rounds",
            "--rounds 0",
            "--shards many",
            "carrier-pigeon",
            "poll socketio",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

//! The `fanfare` binary.

use std::io::Write as _;

use clap::Parser as _;
use fanfare_server::cli::{Cli, Command};
use fanfare_server::exit::Exit;
use fanfare_server::{client, run};

fn main() -> Exit {
    let result = match Cli::parse().into_command() {
        Command::Check(args) => {
            run::load(&args.serve.sources()).map(|config| run::check(&config, args.json))
        }
        Command::Publish(args) => client::publish(&args),
        Command::Serve(args) => run::load(&args.sources()).and_then(run::run),
        Command::Subscribe(args) => client::subscribe(&args),
    };
    result.unwrap_or_else(|error| {
        // Nobody reading it is no reason for another exit code.
        let _ = writeln!(std::io::stderr(), "fanfare: {error:#}");
        Exit::of(&error)
    })
}

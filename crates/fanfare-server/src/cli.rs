//! The command line.
//!
//! `fanfare` alone serves; `publish` and `subscribe` speak to a server from a shell; `check` shows
//! what a server would run on. This module only says what was asked for: flags that are settings
//! go on unread as [`Flag`]s, so that the configuration reports what is wrong with them together
//! with everything else.

mod client;
mod publish;
mod subscribe;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{Flag, Sources};
use crate::exit::Exit;

pub use client::ClientArgs;
pub use publish::{Body, PublishArgs};
pub use subscribe::{Since, SinceError, SubscribeArgs, Transport};

const EXAMPLES: &str = "\
Examples:
  fanfare                                     serve on http://127.0.0.1:7474
  fanfare publish news 'Hello, world'         publish a message
  fanfare subscribe news                      hear it
  curl -H 'Content-Type: text/plain' -d 'Hello, world' http://127.0.0.1:7474/pub/news
  curl -H 'Accept: text/event-stream' http://127.0.0.1:7474/sub/news";

const SERVE_EXAMPLES: &str = "\
Examples:
  fanfare                                     everything at its default
  fanfare --listen 127.0.0.1:8080             another port
  fanfare --config fanfare.toml               settings from a file
  fanfare --set limits.history_messages=1000 --set clock.enabled=false
  fanfare --listen 0.0.0.0:7474 --publish-key \"$FANFARE_KEY\" --allow-subscribe everyone

Every setting is also an environment variable, such as FANFARE_SERVER__LISTEN;
`fanfare check` lists them all.";

const CHECK_EXAMPLES: &str = "\
Examples:
  fanfare check                               defaults and environment
  fanfare check --config fanfare.toml         with a file
  fanfare check --json | jq '.settings[] | select(.from.source != \"default\")'";

/// One server for realtime push: publish once, every subscriber hears it.
#[derive(Debug, Parser)]
#[command(
    name = "fanfare",
    version,
    after_help = EXAMPLES,
    after_long_help = long_help(),
    args_conflicts_with_subcommands = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server (the default)
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Publish a message
    #[command(after_help = publish::EXAMPLES)]
    Publish(PublishArgs),
    /// Print the messages of channels as they come
    #[command(after_help = subscribe::EXAMPLES)]
    Subscribe(SubscribeArgs),
    /// Check the configuration; show every value and where it comes from
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
}

/// Where the configuration of a server comes from, beside the environment.
// The doc of a flag is its help, and helps have no full stop.
#[derive(Args, Clone)]
pub struct ServeArgs {
    /// Configuration file (TOML); none is read unless named
    #[arg(
        long,
        value_name = "FILE",
        env = "FANFARE_CONFIG",
        hide_env_values = true
    )]
    config: Option<String>,
    /// Address and port to listen on [default: 127.0.0.1:7474]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Threads that serve connections [default: one per core]
    #[arg(long, value_name = "N")]
    shards: Option<String>,
    /// Key that allows to publish; may be repeated
    #[arg(long, value_name = "KEY")]
    publish_key: Vec<String>,
    /// Who may subscribe
    #[arg(long, value_name = "everyone|nobody")]
    allow_subscribe: Option<String>,
    /// Any setting; may be repeated
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
}

/// What `fanfare check` takes: what `fanfare serve` would be given, and how to print it.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The server's own arguments.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Cli {
    /// What to do: to serve, if nothing else was said.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

impl ServeArgs {
    /// The sources of the configuration: these arguments and this process's environment.
    pub fn sources(&self) -> Sources<'static> {
        Sources::of_process(self.flags(), self.file())
    }

    /// The configuration file; an empty name is none.
    fn file(&self) -> Option<PathBuf> {
        self.config
            .as_ref()
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    }

    /// The flags that are settings, as they were written.
    fn flags(&self) -> Vec<Flag> {
        let single = [
            ("--listen", "server.listen", &self.listen),
            ("--shards", "server.shards", &self.shards),
            (
                "--allow-subscribe",
                "subscribe.allow",
                &self.allow_subscribe,
            ),
        ];
        let mut flags: Vec<Flag> = single
            .into_iter()
            .filter_map(|(name, key, text)| Some(Flag::new(name, key, text.as_ref()?)))
            .collect();
        if !self.publish_key.is_empty() {
            flags.push(Flag::list(
                "--publish-key",
                "publish.keys",
                self.publish_key.clone(),
            ));
        }
        flags.extend(self.set.iter().map(|assignment| Flag::set(assignment)));
        flags
    }
}

impl fmt::Debug for ServeArgs {
    /// Names the flags that were given, not their values: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeArgs")
            .field("file", &self.file())
            .field("flags", &self.flags())
            .finish()
    }
}

fn long_help() -> String {
    let codes = Exit::ALL.map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning()));
    format!("{EXAMPLES}\n\nExit codes:\n{}", codes.join("\n"))
}

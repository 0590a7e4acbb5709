//! What a person sees first.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::config::unit;
use crate::config::{Allow, Config};

/// The address, a line to publish with, a line to read with, and what is kept. The lines work as
/// they stand, in any shell, on the machine of the server.
pub(crate) fn text(config: &Config, address: SocketAddr) -> String {
    let limits = &config.limits;
    format!(
        "
  Fanfare {version} is listening on http://{address}

{lines}
  Kept in memory only: the newest {messages} messages of a channel, {age} and {bytes} at most,
  {total} in all. A restart forgets them, and readers are told.

",
        version = env!("CARGO_PKG_VERSION"),
        lines = lines(config, reachable(address)),
        messages = limits.history_messages,
        age = unit::format_duration(limits.history_age),
        bytes = size(limits.history_bytes),
        total = size(limits.memory_bytes_max),
    )
}

/// URLs are in quotes because the brackets of an IPv6 address are a pattern to `zsh`.
fn lines(config: &Config, address: SocketAddr) -> String {
    let mut lines = format!("  Look       http://{address}/\n");
    // Writing to a string does not fail.
    if config.subscribe.allow != Some(Allow::Nobody) {
        let _ = writeln!(
            lines,
            "  Read       curl -N 'http://{address}/sub/hello?as=sse'"
        );
    }
    let has_keys = !config.publish.keys.is_empty();
    let key = if has_keys {
        " -H \"Authorization: Bearer $FANFARE_KEY\""
    } else {
        ""
    };
    let _ = writeln!(
        lines,
        "  Publish    curl{key} -H 'Content-Type: text/plain' --data-raw 'Hello, world' 'http://{address}/pub/hello'"
    );
    if let Some(origin) = config.origin("publish.keys").filter(|_| has_keys) {
        let _ = writeln!(
            lines,
            "             where FANFARE_KEY is a key from {origin}"
        );
    }
    lines
}

/// An address under which this machine reaches a server that listens on all of them.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn size(bytes: usize) -> String {
    unit::format_size(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(toml: &str, address: &str, expected: &str) {
        let config = Config::parse(toml).unwrap();
        let text = text(&config, address.parse().unwrap());
        let head = format!("is listening on http://{address}\n\n{expected}\n  Kept");
        assert!(text.contains(&head), "{text}");
    }

    #[test]
    fn nothing_said_gives_three_lines() {
        check(
            "",
            "127.0.0.1:7474",
            "  Look       http://127.0.0.1:7474/
  Read       curl -N 'http://127.0.0.1:7474/sub/hello?as=sse'
  Publish    curl -H 'Content-Type: text/plain' --data-raw 'Hello, world' 'http://127.0.0.1:7474/pub/hello'
",
        );
    }

    // What it listens on is no address to connect to.
    #[test]
    fn all_addresses_are_reached_by_that_of_this_machine() {
        check(
            "subscribe.allow = 'everyone'",
            "[::]:80",
            "  Look       http://[::1]:80/
  Read       curl -N 'http://[::1]:80/sub/hello?as=sse'
  Publish    curl -H 'Content-Type: text/plain' --data-raw 'Hello, world' 'http://[::1]:80/pub/hello'
",
        );
        let listen = "0.0.0.0:80".parse().unwrap();
        assert_eq!(reachable(listen).to_string(), "127.0.0.1:80");
    }

    #[test]
    fn a_key_comes_from_the_shell_and_it_is_said_which() {
        check(
            "publish.keys = ['correct-horse-battery']",
            "10.0.0.1:80",
            "  Look       http://10.0.0.1:80/
  Read       curl -N 'http://10.0.0.1:80/sub/hello?as=sse'
  Publish    curl -H \"Authorization: Bearer $FANFARE_KEY\" -H 'Content-Type: text/plain' --data-raw 'Hello, world' 'http://10.0.0.1:80/pub/hello'
             where FANFARE_KEY is a key from (text):1:16
",
        );
    }

    #[test]
    fn no_line_is_shown_that_would_be_refused() {
        check(
            "subscribe.allow = 'nobody'",
            "127.0.0.1:80",
            "  Look       http://127.0.0.1:80/
  Publish    curl -H 'Content-Type: text/plain' --data-raw 'Hello, world' 'http://127.0.0.1:80/pub/hello'
",
        );
    }
}

//! What a person sees first.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::config::Config;
use crate::config::unit;

/// The address, a line to publish with, a line to read with, and what is kept.
pub(crate) fn text(config: &Config, address: SocketAddr) -> String {
    let limits = &config.limits;
    let key = if config.publish.keys.is_empty() {
        ""
    } else {
        " -H 'Authorization: Bearer KEY'"
    };
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "
  Fanfare {version} is listening on http://{address}

  Look       http://{address}/
  Read       curl -N 'http://{address}/sub/hello?as=sse'
  Publish    curl{key} -d 'Hello, world' http://{address}/pub/hello

  Kept in memory only: the newest {messages} messages of a channel, {age} and {bytes} at most,
  {total} in all. A restart forgets them, and readers are told.

",
        version = env!("CARGO_PKG_VERSION"),
        messages = limits.history_messages,
        age = unit::format_duration(limits.history_age),
        bytes = size(limits.history_bytes),
        total = size(limits.memory_bytes_max),
    );
    text
}

fn size(bytes: usize) -> String {
    unit::format_size(bytes as u64)
}

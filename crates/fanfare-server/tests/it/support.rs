//! What the tests here share: a server of the binary under test, and clients that show every byte.

pub(crate) mod body;
pub(crate) mod frame;
pub(crate) mod id;
pub(crate) mod multiplex;
pub(crate) mod nginx;
pub(crate) mod publisher;
pub(crate) mod raw;
pub(crate) mod sse;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fanfare_testkit::server::{Launch, Server};

pub(crate) use body::Body;
pub(crate) use id::Id;
pub(crate) use publisher::Publisher;
pub(crate) use raw::{Answer, Raw};

/// Time for anything that should happen at once. It is long because the machine may be busy, and
/// nobody waits for it when all is well.
pub(crate) const SOON: Duration = Duration::from_secs(15);

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_fanfare");

pub(crate) fn launch() -> Launch {
    Launch::new(BINARY)
}

/// A server with nothing but defaults.
pub(crate) fn server() -> Server {
    launch().start()
}

/// The folder of the JavaScript clients.
pub(crate) fn clients() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients")
}

/// Waits until `condition` holds. For what no connection tells, such as a number in the metrics.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !condition() {
        assert!(Instant::now() < deadline, "not within {SOON:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until a channel has so many subscribers.
pub(crate) fn until_held(server: &Server, channel: &str, subscribers: u64) {
    let mut publisher = Publisher::connect(server);
    until(&format!("{subscribers} subscribers of {channel}"), || {
        publisher.subscribers(channel) == subscribers
    });
}

/// A number from `/metrics`, by its name with its labels.
pub(crate) fn metric(server: &Server, name: &str) -> u64 {
    let answer = Raw::connect(server).ask("GET /metrics HTTP/1.1", &["Connection: close"]);
    let text = answer.text();
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let value = value.unwrap_or_else(|| panic!("no {name} in the metrics:\n{text}"));
    value
        .parse()
        .unwrap_or_else(|_| panic!("{name} is {value}"))
}

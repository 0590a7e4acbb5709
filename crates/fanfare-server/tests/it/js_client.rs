//! The JavaScript clients, `clients/js`, in Chromium and in Node.

mod channels;
mod cuts;
mod endings;
mod page;
mod relay;
mod resuming;

use fanfare_testkit::server::Server;

use self::page::Page;
use crate::support::launch;

/// The client's names of its transports, in its order.
const TRANSPORTS: [&str; 4] = ["websocket", "eventsource", "stream", "poll"];

/// A server that keeps what these tests publish.
fn server_with_history() -> Server {
    launch()
        .set("limits.history_messages=100000")
        .set("limits.history_bytes=64MiB")
        .start()
}

/// Both places, each with all transports.
fn places(origin: &str) -> [Page; 2] {
    [Page::chromium(origin), Page::node_like_a_browser()]
}

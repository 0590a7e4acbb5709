//! Input that nobody sends in good faith. The server answers in a sentence or closes; afterwards
//! it lives, serves, and holds nothing of it.

mod frames;
mod heads;
mod noise;
mod readers;

use fanfare_testkit::server::Server;

use crate::support::{Raw, metric, until};

/// The server is as it was: alive, ready, and without anybody.
fn check_unharmed(server: &mut Server) {
    assert!(server.is_running(), "{}", server.log());
    Raw::connect(server)
        .ask("GET /healthz", &[])
        .check(200, "ok\n");
    // The connection that asks is one, the one before may not be gone yet.
    until("all connections are gone", || {
        metric(server, "fanfare_connections") <= 1
    });
    assert_eq!(metric(server, "fanfare_subscriptions"), 0);
    assert_eq!(metric(server, "fanfare_memory_bytes{kind=\"backlog\"}"), 0);
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}

/// Sends bytes and returns the status of the one answer that comes before the end.
#[track_caller]
fn refused(server: &Server, bytes: impl AsRef<[u8]>) -> u16 {
    let mut raw = Raw::connect(server);
    raw.send_in_vain(bytes);
    let status = raw.answer().status;
    raw.check_closed();
    status
}

//! The worked exchanges of the HTTP Push Relay Protocol, byte for byte where it fixes bytes.
//!
//! Names like `e5` are those of the exchanges; R and D those of requirements and decisions in the
//! protocol's reference.

mod conflicts;
mod cursors;
mod nchan;
mod publisher;
mod settings;
mod subscriber;

use fanfare_testkit::server::Server;

use crate::support::{Answer, Raw, launch};

/// A location for each behaviour that a profile can have.
const PROFILES: &str = r#"
[[profile]]
prefix = "/nchan"
kind = "nchan"

[[profile]]
prefix = "/nchan-brief"
kind = "nchan"
poll_time = "1s"

[[profile]]
prefix = "/brief"
poll_time = "1s"

[[profile]]
prefix = "/first"
concurrency = "first"

[[profile]]
prefix = "/last"
concurrency = "last"

[[profile]]
prefix = "/known"
existing_channels_only = true

[[profile]]
prefix = "/unstored"
store = false

[[profile]]
prefix = "/three"
history_messages = 3
"#;

fn relay_server() -> Server {
    launch().config(PROFILES).start()
}

/// The text form of channel information in the relay profile.
fn info(messages: u32, requested: i32, subscribers: u32) -> String {
    format!(
        "queued messages: {messages}\r\n\
         last requested: {requested} sec. ago (-1=never)\r\n\
         active subscribers: {subscribers}"
    )
}

/// A request that is held: its connection, and proof that nothing has come yet is up to the test.
fn held(server: &Server, line: &str, headers: &[&str]) -> Raw {
    let mut raw = Raw::connect(server);
    raw.begin(line, headers);
    raw
}

/// What every answer of a subscriber location has (D13).
#[track_caller]
fn check_vary(answer: &Answer) {
    let vary = answer.list("vary");
    for name in ["if-none-match", "if-modified-since"] {
        assert!(
            vary.iter().any(|member| member == name),
            "Vary of {answer:?}"
        );
    }
}

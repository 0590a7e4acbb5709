//! The contract as a process, and the folder of its clients.

use std::path::PathBuf;
use std::time::Duration;

use fanfare_testkit::server::{Launch, Server};

/// Time for anything that should happen at once. It is long because the machine may be busy, and
/// nobody waits for it when all is well.
pub const SOON: Duration = Duration::from_secs(20);

/// All cases of a client take half a minute; this is for a machine that does much else.
const LIFE_TIME_MAX: Duration = Duration::from_mins(8);

/// The contract on a free port.
pub fn start() -> Server {
    // It knows no arguments.
    Launch::bare("env")
        .arg("PORT=0")
        .arg(env!("CARGO_BIN_EXE_socketio-contract"))
        .life_time_max(LIFE_TIME_MAX)
        .start()
}

/// Where the packages of other people's clients are.
pub fn packages() -> PathBuf {
    root().join("crates/fanfare-server/tests/it/clients")
}

/// A script of ours.
pub fn script(file: &str) -> String {
    let path = root().join("examples/socketio-contract/tests/it/clients");
    path.join(file).display().to_string()
}

fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    here.canonicalize().expect("this repository")
}

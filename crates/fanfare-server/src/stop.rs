//! The signals that end the server.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Number of SIGHUP in the sets of signals that the kernel shows.
const HANGUP_BIT: u64 = 1;

/// What tells the server to stop: a person at the terminal, whoever started it, and the terminal
/// when it goes away.
#[derive(Debug)]
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    /// `None` under `nohup`, which wants the server to outlive its terminal.
    hang_up: Option<Signal>,
}

impl Stop {
    /// Begins to listen. Call it before anything else listens, so that no signal is lost.
    ///
    /// # Errors
    /// When the system does not let a process listen to signals.
    pub(crate) fn listen() -> io::Result<Self> {
        let hang_up = if ignores_hang_up() {
            None
        } else {
            Some(signal(SignalKind::hangup())?)
        };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up,
        })
    }

    /// The next signal.
    ///
    /// # Cancel safety
    /// No signal is lost between two calls.
    pub(crate) async fn told(&mut self) {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hang_up => {}
        }
    }
}

/// Whether this process was started with SIGHUP ignored. Where the kernel does not say it is not.
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    ignored.is_some_and(|set| set & HANGUP_BIT != 0)
}

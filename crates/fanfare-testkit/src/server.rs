//! The server as its users have it: a process of its own.
//!
//! A server lives for a limited time. A test that waits for ever on one therefore loses it and
//! fails, whatever it waits for.

use std::ffi::OsStr;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, kill_process};

pub use rustix::process::Signal;

use crate::lines::Lines;

/// Time in which a server must have said where it listens. It takes milliseconds; this is for a
/// machine that does much else.
const START_TIME_MAX: Duration = Duration::from_secs(20);

/// Time a server lives at most, unless a test asks for another one.
const LIFE_TIME_MAX: Duration = Duration::from_mins(2);

/// Pause between two looks at a child that is about to end.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// A server about to be started.
#[derive(Debug)]
pub struct Launch {
    command: Command,
    config: Option<String>,
    life_time_max: Duration,
}

impl Launch {
    /// `fanfare serve` on a free port of this machine, with nothing else said.
    pub fn new(binary: impl AsRef<Path>) -> Self {
        Self::bare(binary)
            .arg("serve")
            .arg("--listen")
            .arg("127.0.0.1:0")
    }

    /// The binary without any argument. What the environment says of Fanfare is kept away from it.
    pub fn bare(binary: impl AsRef<Path>) -> Self {
        let mut command = Command::new(binary.as_ref());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("FANFARE_") {
                command.env_remove(name);
            }
        }
        Self {
            command,
            config: None,
            life_time_max: LIFE_TIME_MAX,
        }
    }

    /// One more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// One setting: `limits.head_time=1s`.
    #[must_use]
    pub fn set(self, assignment: &str) -> Self {
        self.arg("--set").arg(assignment)
    }

    /// A configuration file with this text.
    #[must_use]
    pub fn config(mut self, toml: &str) -> Self {
        self.config = Some(toml.to_owned());
        // Given through a pipe: no file to name, and none to clean up.
        self.arg("--config").arg("/dev/stdin")
    }

    /// Lets it live for longer than two minutes, or for less.
    #[must_use]
    pub fn life_time_max(mut self, time: Duration) -> Self {
        self.life_time_max = time;
        self
    }

    /// Starts it and waits until it says where it listens.
    ///
    /// # Panics
    /// If it does not.
    pub fn start(self) -> Server {
        let begun = Instant::now();
        let life_time_max = self.life_time_max;
        let (child, output, log) = self.spawn();
        let mut server = Server {
            _watch: watch(Pid::from_child(&child), life_time_max),
            child,
            output,
            log,
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
            start_time: Duration::ZERO,
        };
        let found = server
            .output
            .wait_for(0, START_TIME_MAX, |line| address_in(line).is_some());
        let line = found
            .map(|(_, line)| line)
            .unwrap_or_else(|said| panic!("the server did not start:\n{said}\n{}", server.log()));
        server.start_time = begun.elapsed();
        server.address = address_in(&line).expect("this line was chosen for its address");
        server
    }

    /// Runs it to its end: what it said on both streams, and how it ended.
    ///
    /// # Panics
    /// If it does not end within `time_max`.
    pub fn run(self, time_max: Duration) -> Ended {
        let (mut child, output, log) = self.spawn();
        let status = wait(&mut child, time_max).unwrap_or_else(|| {
            // It may have ended by itself just now; then there is nothing to kill.
            let _ = child.kill();
            panic!(
                "still running after {time_max:?}:\n{}\n{}",
                output.so_far(),
                log.so_far()
            )
        });
        // The pipes end with the process; the threads that read them need a moment to see it.
        let _ = output.wait_for(0, START_TIME_MAX, |_| false);
        let _ = log.wait_for(0, START_TIME_MAX, |_| false);
        Ended {
            code: status.code(),
            output: output.so_far(),
            log: log.so_far(),
        }
    }

    fn spawn(mut self) -> (Child, Lines, Lines) {
        let stdin = if self.config.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        };
        self.command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap_or_else(|error| {
            panic!(
                "cannot start {}: {error}",
                self.command.get_program().display()
            )
        });
        if let (Some(config), Some(mut stdin)) = (self.config, child.stdin.take()) {
            stdin
                .write_all(config.as_bytes())
                .expect("a new process reads its configuration");
        }
        let output = Lines::read(child.stdout.take().expect("it was asked for"));
        let log = Lines::read(child.stderr.take().expect("it was asked for"));
        (child, output, log)
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub log: String,
}

/// A server that runs, until it is dropped.
#[derive(Debug)]
pub struct Server {
    /// Tells the thread that ends the server, when dropped, that there is nothing to end.
    _watch: mpsc::Sender<()>,
    child: Child,
    output: Lines,
    log: Lines,
    address: SocketAddr,
    start_time: Duration,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From its start as a process until it said where it listens.
    pub fn start_time(&self) -> Duration {
        self.start_time
    }

    /// What it said on standard output.
    pub fn output(&self) -> &Lines {
        &self.output
    }

    /// What it said on standard error.
    pub fn log(&self) -> String {
        self.log.so_far()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// True while the process runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// If it has ended already.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the server runs");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If that does not come within `time_max`.
    pub fn wait(&mut self, time_max: Duration) -> ExitStatus {
        wait(&mut self.child, time_max)
            .unwrap_or_else(|| panic!("still running after {time_max:?}:\n{}", self.log()))
    }

    /// Anonymous memory of the process, in bytes: what it has on its heap and stacks, without the
    /// binary, which depends on how it was built.
    ///
    /// # Panics
    /// If the kernel does not say.
    pub fn anonymous_bytes(&self) -> u64 {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = std::fs::read_to_string(&path).expect("the kernel knows the process");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("Anonymous:"));
        let kibibytes = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kibibytes.unwrap_or_else(|| panic!("no `Anonymous: N kB` in {path}")) * 1024
    }
}

impl Drop for Server {
    #[expect(
        clippy::print_stderr,
        reason = "the test runner shows it with the failure"
    )]
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("what the server logged:\n{}", self.log());
        }
    }
}

/// Ends a process after a time, unless the sender is dropped before.
fn watch(id: Pid, time_max: Duration) -> mpsc::Sender<()> {
    let (watched, end) = mpsc::channel();
    std::thread::spawn(move || {
        if end.recv_timeout(time_max) == Err(mpsc::RecvTimeoutError::Timeout) {
            // It may have ended by itself.
            let _ = kill_process(id, Signal::KILL);
        }
    });
    watched
}

/// The address in the first line of the banner.
fn address_in(line: &str) -> Option<SocketAddr> {
    line.split_once("is listening on http://")?
        .1
        .trim()
        .parse()
        .ok()
}

fn wait(child: &mut Child, time_max: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + time_max;
    loop {
        if let Some(status) = child.try_wait().expect("the child is ours") {
            return Some(status);
        }
        if Instant::now() > deadline {
            return None;
        }
        std::thread::sleep(LOOK_INTERVAL);
    }
}
